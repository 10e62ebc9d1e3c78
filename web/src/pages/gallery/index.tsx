/** Gallery: finished videos. */

import "./gallery.css";

import { useCallback } from "preact/hooks";

import { listTasks } from "../../api/tasks";
import { go, route, to } from "../../router";
import { useText } from "../../text";
import { Empty, Failed, Loading, PageHeader } from "../../ui";
import { useCalm, useLive } from "../../use";
import { type Paged, usePaged } from "../paged";
import { More } from "../tasks/list";
import { useTaskText } from "../tasks/text";
import { useGalleryText } from "./text";
import { Tile } from "./tile";
import { Viewer } from "./viewer";

const PAGE = 24;
const CALM_MS = 1500;
const FINISHED = { status: ["completed"] };

export function Gallery() {
  const t = useGalleryText();
  const load = useCallback(
    (limit: number, cursor: string, signal: AbortSignal) => listTasks(FINISHED, limit, cursor, signal),
    [],
  );
  const paged = usePaged(load, PAGE, []);
  const calm = useCalm(paged.reload, CALM_MS);
  useLive((live) => {
    if (live.kind === "reload" || (live.kind === "task" && ["succeed", "erase"].includes(live.event.event))) calm();
  });
  return (
    <>
      <PageHeader title={useText().pages.gallery} note={t.note}>
        <a class="button" data-kind="primary" href={to("create")}>
          {useTaskText().create}
        </a>
      </PageHeader>
      <Videos paged={paged} />
    </>
  );
}

function Videos({ paged }: { paged: Paged }) {
  const t = useGalleryText();
  const words = useTaskText();
  if (!paged.tasks) return paged.error ? <Failed error={paged.error} retry={paged.reload} /> : <Loading lines={6} />;
  if (!paged.tasks.length && !paged.more) {
    return (
      <section class="card">
        <Empty title={t.empty.title} text={t.empty.text}>
          <a class="button" href={to("create")}>
            {words.create}
          </a>
        </Empty>
      </section>
    );
  }
  return (
    <>
      {Boolean(paged.error) && <Failed error={paged.error} retry={paged.reload} />}
      <ul class="gallery" aria-label={t.caption}>
        {paged.tasks.map((task) => (
          <Tile key={task.task_id} task={task} open={() => show(task.task_id)} />
        ))}
      </ul>
      <More paged={paged} />
      <Shown paged={paged} />
    </>
  );
}

/** Which one is large is the address: it can be kept, and "back" closes it. */
const show = (id: string, replace = false) => go("gallery", { video: id }, replace);

function Shown({ paged }: { paged: Paged }) {
  const id = route.value.query.get("video");
  const tasks = paged.tasks ?? [];
  const at = tasks.findIndex((each) => each.task_id === id);
  const task = tasks[at];
  if (!task) return null;
  const step = (by: number) => {
    const other = tasks[at + by];
    return other ? () => show(other.task_id, true) : null;
  };
  return <Viewer task={task} close={() => go("gallery", {}, true)} before={step(-1)} after={step(1)} />;
}
