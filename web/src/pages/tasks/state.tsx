/** How a task stands, in a badge and a few words. */

import type { ListedTask, TaskStatus } from "../../api/tasks";
import type { Status } from "../../api/types";
import { duration, moment } from "../../format";
import { useText } from "../../text";
import { Badge, type Tone } from "../../ui";
import { useTaskText } from "./text";

const TONES: Record<Status, Tone> = {
  queued: "neutral",
  processing: "info",
  completed: "good",
  failed: "bad",
  cancelled: "neutral",
};

export function StatusBadge(props: { status: Status }) {
  const t = useText();
  return <Badge tone={TONES[props.status]}>{t.status[props.status]}</Badge>;
}

/** The badge, and beside it what a list has room for. */
export function TaskState(props: { task: ListedTask }) {
  const { task } = props;
  return (
    <span class="task-state">
      <StatusBadge status={task.status} />
      <StateNote task={task} />
    </span>
  );
}

function StateNote({ task }: { task: ListedTask }) {
  const t = useTaskText();
  if (task.status === "failed" && task.error) return <code class="task-code">{task.error.code}</code>;
  if (task.status === "queued" && task.run_after) {
    return (
      <span class="muted">
        {t.waitingUntil} {moment(task.run_after)}
      </span>
    );
  }
  if (task.status !== "processing") return null;
  if (task.cancel_requested) return <span class="muted">{t.cancelAsked}</span>;
  return <Progress percent={task.progress} note={task.phase ? (t.phase[task.phase] ?? task.phase) : ""} />;
}

export function Progress(props: { percent: number; note?: string; wide?: boolean }) {
  const t = useTaskText();
  const percent = Math.max(0, Math.min(100, Math.round(props.percent)));
  return (
    <span class="progress" data-wide={props.wide}>
      <span
        class="progress-track"
        role="progressbar"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-label={t.progressOf(percent)}
      >
        <span class="progress-done" style={{ width: `${percent}%` }} />
      </span>
      <span class="progress-note">
        {percent > 0 ? `${percent}%` : ""} {props.note}
      </span>
    </span>
  );
}

/** When it will be done, or why nobody can tell. */
export function EtaLine({ task }: { task: TaskStatus }) {
  const t = useTaskText();
  const { eta } = task;
  if (!eta) return null;
  const known = eta.p50_seconds !== null && eta.p90_seconds !== null;
  const told = known
    ? t.eta(duration(eta.p50_seconds), duration(eta.p90_seconds))
    : eta.reason
      ? (t.etaUnknown[eta.reason] ?? eta.reason)
      : "";
  return told ? <p class="muted eta">{told}</p> : null;
}

/** Its place in the line, while it has one. */
export function PlaceLine({ task }: { task: TaskStatus }) {
  const t = useTaskText();
  if (task.status !== "queued" || !task.position) return null;
  return <span>{task.position === 1 ? t.next : t.position(task.position)}</span>;
}
