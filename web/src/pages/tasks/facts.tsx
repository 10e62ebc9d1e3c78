/** What is known of a task, in pairs. */

import type { ComponentChildren } from "preact";

import type { TaskStatus } from "../../api/tasks";
import { duration, number } from "../../format";
import { to } from "../../router";
import { Ago, Card } from "../../ui";
import { useTaskText } from "./text";

type Pair = [name: string, value: ComponentChildren];

export function Facts({ task, consumer }: { task: TaskStatus; consumer?: string | null }) {
  const t = useTaskText();
  const end = task.ended_at ? Date.parse(task.ended_at) : null;
  const start = task.started_at ? Date.parse(task.started_at) : null;
  const pairs: Pair[] = [
    [t.model, task.model],
    [t.size, sizeOf(task.request)],
    [t.created, <Ago at={task.created_at} />],
    [t.waited, start ? duration((start - Date.parse(task.created_at)) / 1000) : ""],
    [t.ran, start && end ? duration((end - start) / 1000) : ""],
    [t.ended, task.ended_at ? <Ago at={task.ended_at} /> : ""],
    [t.actions.priority, priorityOf(task.request)],
    [t.cost, costOf(task, t.estimated)],
    [t.tenant, task.tenant && task.tenant !== "default" ? task.tenant : ""],
    [t.account, task.account ?? ""],
    [t.worker, consumer ? <code>{consumer}</code> : ""],
  ];
  return (
    <Card title={t.facts}>
      <dl class="task-facts">
        {pairs
          .filter(([, value]) => value !== "")
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      <Labels labels={task.metadata} />
    </Card>
  );
}

function Labels({ labels }: { labels: Record<string, unknown> }) {
  const t = useTaskText();
  const told = Object.entries(labels).map(([name, value]) => `${name}=${String(value)}`);
  if (!told.length) return null;
  return (
    <ul class="row labels" aria-label={t.labels}>
      {told.map((label) => (
        <li key={label}>
          <a href={to("tasks", { label })}>{label}</a>
        </li>
      ))}
    </ul>
  );
}

function sizeOf(request: TaskStatus["request"]): string {
  const { resolution, duration: seconds, aspect_ratio } = request ?? {};
  return [resolution, aspect_ratio, seconds ? duration(Number(seconds)) : ""].filter(Boolean).map(String).join(" · ");
}

function priorityOf(request: TaskStatus["request"]): string {
  return request?.tasks_priority ? number(Number(request.tasks_priority)) : "";
}

function costOf({ cost }: TaskStatus, estimated: string): string {
  if (!cost) return "";
  const amount = cost.final ?? cost.estimated;
  if (amount === null) return "";
  return `${cost.currency} ${amount}${cost.final === null ? ` (${estimated})` : ""}`;
}
