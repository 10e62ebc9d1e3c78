/** What may be done with a task; each says honestly what came of it. */

import { useState } from "preact/hooks";

import { type TaskStatus, cancelTask, eraseTask, isOpen, moveTask, requeueTask } from "../../api/tasks";
import { ApiError } from "../../api/problem";
import { go, to } from "../../router";
import { Ask, Button, Check, toast } from "../../ui";
import { useTaskText } from "./text";

type Act = "cancel" | "requeue" | "priority" | "erase";

export function TaskActions({ task, done, only }: { task: TaskStatus; done: () => void; only?: Act }) {
  const t = useTaskText();
  const [act, setAct] = useState<Act | null>(null);
  const close = () => setAct(null);
  const end = () => (close(), done());
  const button = (name: Act, kind: "plain" | "danger" | "quiet" = "plain") => (
    <Button kind={kind} onClick={() => setAct(name)}>
      {t.actions[name]}
    </Button>
  );
  const can = (name: Act, able: boolean) => able && (!only || only === name);
  return (
    <div class="row task-actions">
      {task.request && !only && (
        <a class="button" data-kind="quiet" href={to("create", { from: task.task_id })}>
          {t.actions.again}
        </a>
      )}
      {can("priority", task.status === "queued") && button("priority")}
      {can("cancel", isOpen(task.status) && !task.cancel_requested) && button("cancel", "danger")}
      {can("requeue", task.status === "failed") && button("requeue")}
      {can("erase", !isOpen(task.status)) && button("erase", "quiet")}
      {act === "cancel" && <Cancel task={task} close={close} end={end} />}
      {act === "requeue" && <Requeue task={task} close={close} end={end} />}
      {act === "priority" && <Priority task={task} close={close} end={end} />}
      {act === "erase" && <Erase task={task} close={close} />}
    </div>
  );
}

interface ActProps {
  task: TaskStatus;
  close: () => void;
  end: () => void;
}

function Cancel({ task, close, end }: ActProps) {
  const t = useTaskText();
  const run = async () => {
    const { result, billed } = await cancelTask(task.task_id);
    toast(`${t.cancelled[result] ?? result} ${result === "cancel_requested" ? "" : (t.billed[billed] ?? "")}`);
    end();
  };
  return (
    <Ask title={t.cancelTitle} act={t.cancelIt} dismiss={t.keepIt} danger onClose={close} run={run}>
      <p>{task.status === "queued" ? t.cancelText : t.cancelRunning}</p>
    </Ask>
  );
}

/** After these the vendor may have made the video, whatever we know; the server says so if there are others. */
const UNCERTAIN = new Set(["submission_unknown", "expired", "no_video", "poisoned", "internal"]);

function Requeue({ task, close, end }: ActProps) {
  const t = useTaskText();
  const [uncertain, setUncertain] = useState(UNCERTAIN.has(task.error?.code ?? ""));
  const [force, setForce] = useState(false);
  const run = async () => {
    try {
      await requeueTask(task.task_id, force);
    } catch (error) {
      if (error instanceof ApiError && error.code === "may_be_made") setUncertain(true);
      throw error;
    }
    toast(t.requeued);
    end();
  };
  return (
    <Ask title={t.requeueTitle} act={t.actions.requeue} danger={uncertain} disabled={uncertain && !force} onClose={close} run={run}>
      <p>{t.requeueText}</p>
      {uncertain && <Check label={t.requeueForce} checked={force} onChange={setForce} />}
    </Ask>
  );
}

function Priority({ task, close, end }: ActProps) {
  const t = useTaskText();
  const [priority, setPriority] = useState(Number(task.request?.tasks_priority ?? 0));
  const run = async () => {
    const { position } = await moveTask(task.task_id, priority);
    toast(t.moved(position));
    end();
  };
  return (
    <Ask title={t.priorityTitle} act={t.actions.priority} onClose={close} run={run}>
      <p>{t.priorityText}</p>
      <label class="range">
        <input
          type="range"
          min={-10}
          max={10}
          step={1}
          value={priority}
          aria-label={t.actions.priority}
          onInput={(event) => setPriority(Number(event.currentTarget.value))}
        />
        <output>{priority}</output>
      </label>
    </Ask>
  );
}

function Erase({ task, close }: { task: TaskStatus; close: () => void }) {
  const t = useTaskText();
  const run = async () => {
    await eraseTask(task.task_id);
    toast(t.erased);
    go("tasks");
  };
  return (
    <Ask title={t.eraseTitle} act={t.actions.erase} danger onClose={close} run={run}>
      <p>{t.eraseText}</p>
    </Ask>
  );
}
