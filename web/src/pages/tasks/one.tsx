/** One task: how it stands, its video, and all that happened to it. */

import { type Attempt, type TaskStatus, isOpen } from "../../api/tasks";
import { exactly, moment } from "../../format";
import { to } from "../../router";
import { useText } from "../../text";
import { Card, Copy, Failed, Loaded, Loading } from "../../ui";
import { TaskActions } from "./actions";
import { CodeCard } from "./code";
import { failure } from "./errors";
import { Facts } from "./facts";
import { Player } from "./player";
import { EtaLine, PlaceLine, Progress, StatusBadge } from "./state";
import { Steps } from "./steps";
import { useTask, useTimeline } from "./task";
import { useTaskText } from "./text";
import { AttemptsCard, TimelineCard } from "./timeline";

export function TaskPage({ id }: { id: string }) {
  const t = useTaskText();
  const timeline = useTimeline(id);
  const { task, reload } = useTask(id, timeline.reload);
  return (
    <>
      <p class="back">
        <a href={to("tasks")}>← {t.back}</a>
      </p>
      {task.data === undefined && task.error ? <Failed error={task.error} retry={task.reload} /> : null}
      {task.data === undefined && !task.error ? <Loading lines={6} /> : null}
      {task.data && (
        <>
          <Head task={task.data} reload={reload} />
          <div class="task-grid">
            <div class="stack">
              <Outcome task={task.data} />
              <Card title={t.timeline}>
                <Loaded of={timeline}>{(told) => <TimelineCard timeline={told} />}</Loaded>
              </Card>
              <Card title={t.attempts}>
                <AttemptsCard attempts={timeline.data?.attempts ?? lastAttempt(task.data)} />
              </Card>
            </div>
            <div class="stack">
              <Facts task={task.data} consumer={timeline.data?.events.findLast((each) => each.consumer)?.consumer} />
              <CodeCard task={task.data} />
            </div>
          </div>
        </>
      )}
    </>
  );
}

/** What the status itself knows of attempts, where the timeline cannot be had. */
function lastAttempt(task: TaskStatus): Attempt[] {
  if (!task.session_id) return [];
  const { attempt, session_id, vendor_task_id, started_at, ended_at } = task;
  const outcome = isOpen(task.status) ? null : task.status;
  return [{ attempt, session_id, vendor_task_id, begun_at: started_at, ended_at, outcome }];
}

function Head({ task, reload }: { task: TaskStatus; reload: () => void }) {
  const t = useTaskText();
  const prompt = String(task.request?.prompt ?? "");
  return (
    <header class="task-head">
      <div class="task-title">
        <h1 tabIndex={-1}>{prompt || t.noPrompt}</h1>
        <p class="row task-line">
          <StatusBadge status={task.status} />
          <span>{task.model}</span>
          <time class="muted" dateTime={task.created_at} title={exactly(task.created_at)}>
            {moment(task.created_at)}
          </time>
          <code class="muted task-full-id">{task.task_id}</code>
          <Copy text={task.task_id} label={t.copyId} />
        </p>
      </div>
      <TaskActions task={task} done={reload} />
    </header>
  );
}

/** The video; or how far it is; or why there is none. */
export function Outcome({ task, autoPlay }: { task: TaskStatus; autoPlay?: boolean }) {
  const t = useTaskText();
  if (task.status === "completed") return <Player task={task} autoPlay={autoPlay} />;
  if (isOpen(task.status)) return <Way task={task} />;
  if (task.status === "failed" && task.error) return <Why task={task} />;
  return (
    <Card>
      <p class="muted">{t.cancelled.cancelled}</p>
    </Card>
  );
}

function Way({ task }: { task: TaskStatus }) {
  const t = useTaskText();
  return (
    <Card class="way">
      <Steps task={task} />
      <Progress
        wide
        percent={task.progress}
        note={task.cancel_requested ? t.cancelAsked : task.phase ? (t.phase[task.phase] ?? task.phase) : ""}
      />
      <div aria-live="polite">
        <PlaceLine task={task} />
        <EtaLine task={task} />
      </div>
    </Card>
  );
}

function Why({ task }: { task: TaskStatus }) {
  const t = useTaskText();
  const words = useText();
  const error = task.error;
  if (!error) return null;
  const { title, advice, said } = failure(error);
  return (
    <Card title={t.failed} class="why">
      <p class="why-message">{title}</p>
      {said && <p>{said}</p>}
      {advice && <p>{advice}</p>}
      <p class="row muted">
        <code>{error.code}</code>
        <span>{t.billed[error.billed]}</span>
      </p>
      {(error.vendor_code || error.request_id) && (
        <details>
          <summary>{words.actions.details}</summary>
          <dl class="task-facts">
            {error.vendor_code && <Fact name={t.vendorCode} value={error.vendor_code} />}
            {error.request_id && <Fact name={t.requestId} value={error.request_id} />}
          </dl>
        </details>
      )}
    </Card>
  );
}

function Fact(props: { name: string; value: string }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>
        <code>{props.value}</code> <Copy text={props.value} />
      </dd>
    </div>
  );
}
