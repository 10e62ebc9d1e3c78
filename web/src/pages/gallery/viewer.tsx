/** A video, large, with what it was made of. */

import type { ListedTask } from "../../api/tasks";
import { exactly } from "../../format";
import { to } from "../../router";
import { useText } from "../../text";
import { Button, Dialog } from "../../ui";
import { Player } from "../tasks/player";
import { useTaskText } from "../tasks/text";
import { useGalleryText } from "./text";

interface ViewerProps {
  task: ListedTask;
  close: () => void;
  /** Null at the ends. */
  before: (() => void) | null;
  after: (() => void) | null;
}

export function Viewer({ task, close, before, after }: ViewerProps) {
  const t = useGalleryText();
  const words = useText();
  const taskWords = useTaskText();
  const prompt = task.prompt || taskWords.noPrompt;
  return (
    <Dialog
      wide
      title={prompt}
      onClose={close}
      footer={
        <>
          <span class="row viewer-steps">
            <Button disabled={!before} onClick={() => before?.()} aria-label={t.previous}>
              ←
            </Button>
            <Button disabled={!after} onClick={() => after?.()} aria-label={t.next}>
              →
            </Button>
          </span>
          <a class="button" data-kind="quiet" href={to("create", { from: task.task_id })}>
            {t.again}
          </a>
          <a class="button" href={to(`tasks/${task.task_id}`)}>
            {t.task}
          </a>
          <Button kind="primary" onClick={close}>
            {words.actions.close}
          </Button>
        </>
      }
    >
      <Player key={task.task_id} task={task} autoPlay />
      <p class="muted viewer-facts">
        {task.model} · {task.ended_at ? exactly(task.ended_at) : ""}
      </p>
    </Dialog>
  );
}
