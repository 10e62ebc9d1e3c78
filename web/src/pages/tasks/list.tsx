/** The list of tasks: filtered by its address, live. */

import { useCallback } from "preact/hooks";

import { type ListedTask, listTasks, shortId } from "../../api/tasks";
import { duration } from "../../format";
import { route, to } from "../../router";
import { useText } from "../../text";
import { Ago, Button, type Column, Empty, Failed, Loading, PageHeader, Table } from "../../ui";
import { useCalm, useLive } from "../../use";
import { type Paged, usePaged } from "../paged";
import { FilterBar, type Filters, asked, isFiltered, readFilters } from "./filters";
import { TaskState } from "./state";
import { useTaskText } from "./text";

const PAGE = 25;
/** Whose tasks are that no key names a tenant for: where there is no other, it says nothing. */
const DEFAULT = "default";
const CALM_MS = 1200;

export function TaskList() {
  const t = useTaskText();
  const filters = readFilters(route.value.query);
  const paged = useTasks(filters);
  const withTenant = Boolean(filters.tenant || paged.tasks?.some((each) => each.tenant && each.tenant !== DEFAULT));
  return (
    <>
      <PageHeader title={useText().pages.tasks} note={t.note}>
        <a class="button" data-kind="primary" href={to("create")}>
          {t.create}
        </a>
      </PageHeader>
      <FilterBar filters={filters} withTenant={withTenant} />
      <section class="card task-list" aria-busy={paged.loading}>
        <Rows paged={paged} filtered={isFiltered(filters)} withTenant={withTenant} />
      </section>
    </>
  );
}

/** What happens to a task that is shown is shown at once; whatever else has moved is read anew, calmly. */
function useTasks(filters: Filters): Paged {
  const load = useCallback(
    (limit: number, cursor: string, signal: AbortSignal) => listTasks(asked(filters), limit, cursor, signal),
    [JSON.stringify(filters)],
  );
  const paged = usePaged(load, PAGE, [JSON.stringify(filters)]);
  const calm = useCalm(paged.reload, CALM_MS);
  useLive((live) => {
    if (live.kind === "queue") return;
    if (live.kind === "reload") return calm();
    const { task_id, event, status, phase, progress } = live.event;
    const change: Partial<ListedTask> = { status, phase: phase ?? null };
    if (progress !== undefined) change.progress = progress;
    if (event === "progress") paged.patch(task_id, change);
    else if (paged.patch(task_id, change) || event !== "submit") calm();
  });
  return paged;
}

function Rows(props: { paged: Paged; filtered: boolean; withTenant: boolean }) {
  const { paged, filtered } = props;
  const t = useTaskText();
  const columns = useColumns(props.withTenant);
  if (!paged.tasks) return paged.error ? <Failed error={paged.error} retry={paged.reload} /> : <Loading lines={8} />;
  if (!paged.tasks.length && !paged.more) {
    const told = filtered ? t.noMatch : t.empty;
    return (
      <Empty title={told.title} text={told.text}>
        {!filtered && (
          <a class="button" href={to("create")}>
            {t.create}
          </a>
        )}
      </Empty>
    );
  }
  return (
    <>
      {Boolean(paged.error) && <Failed error={paged.error} retry={paged.reload} />}
      <Table caption={t.caption} columns={columns} rows={paged.tasks} id={(each) => each.task_id} />
      <More paged={paged} />
    </>
  );
}

export function More({ paged }: { paged: Paged }) {
  const t = useTaskText();
  const words = useText();
  return (
    <div class="task-more">
      {paged.more ? (
        <Button onClick={paged.more} busy={paged.loading}>
          {words.actions.more}
        </Button>
      ) : (
        <span class="muted">{t.end}</span>
      )}
    </div>
  );
}

function useColumns(withTenant: boolean): Column<ListedTask>[] {
  const t = useTaskText();
  const tenant: Column<ListedTask> = { name: t.column.tenant, cell: (task) => task.tenant ?? "–" };
  return [
    { name: t.column.task, heads: true, class: "task-name", cell: (task) => <TaskName task={task} /> },
    { name: t.column.status, class: "task-status", cell: (task) => <TaskState task={task} /> },
    { name: t.column.model, class: "nowrap", cell: (task) => task.model || "–" },
    ...(withTenant ? [tenant] : []),
    { name: t.column.took, numeric: true, class: "nowrap task-took", cell: (task) => took(task) },
    { name: t.column.created, numeric: true, class: "nowrap muted", cell: (task) => <Ago at={task.created_at} /> },
  ];
}

function TaskName({ task }: { task: ListedTask }) {
  const t = useTaskText();
  return (
    <a class="task-link" href={to(`tasks/${task.task_id}`)}>
      <span class="task-prompt">{task.prompt || <span class="muted">{t.noPrompt}</span>}</span>
      <code class="task-id">{shortId(task.task_id)}</code>
    </a>
  );
}

export function took(task: ListedTask): string {
  if (!task.started_at || !task.ended_at) return "–";
  return duration((Date.parse(task.ended_at) - Date.parse(task.started_at)) / 1000);
}
