/** All that happened to a task, and every attempt at the vendor. */

import type { Attempt, Timeline, TimelineEvent } from "../../api/tasks";
import { duration, exactly, moment, number } from "../../format";
import { Badge, type Column, Copy, Table, type Tone } from "../../ui";
import { useTaskText } from "./text";

const TONES: Record<string, Tone> = {
  succeed: "good",
  fail: "bad",
  expire: "bad",
  abort: "warn",
  alarm: "warn",
  retry: "warn",
  reclaim: "warn",
  submit: "info",
};

export function TimelineCard({ timeline }: { timeline: Timeline }) {
  const t = useTaskText();
  if (!timeline.events.length) return <p class="muted">{t.timelineNone}</p>;
  return (
    <>
      {!timeline.complete && <p class="muted card-note">{t.timelineShort}</p>}
      <ol class="timeline">
        {timeline.events.map((event, at) => (
          <Step key={`${event.at}${event.event}${at}`} event={event} before={timeline.events[at - 1]} />
        ))}
      </ol>
    </>
  );
}

function Step({ event, before }: { event: TimelineEvent; before: TimelineEvent | undefined }) {
  const t = useTaskText();
  const since = before ? (Date.parse(event.at) - Date.parse(before.at)) / 1000 : 0;
  return (
    <li data-tone={TONES[event.event] ?? "neutral"}>
      <span class="timeline-mark" aria-hidden="true" />
      <span class="timeline-what">
        {t.events[event.event] ?? event.event}
        <Why event={event} />
      </span>
      <time class="timeline-when" dateTime={event.at} title={exactly(event.at)}>
        {moment(event.at)}
        {since >= 0.5 && <span class="timeline-since">+{duration(since)}</span>}
      </time>
    </li>
  );
}

function Why({ event }: { event: TimelineEvent }) {
  const t = useTaskText();
  const cause = event.cause && event.cause !== event.code ? event.cause : null;
  const phase = event.phase && event.event !== "claim" && event.event !== "submit" ? event.phase : null;
  const told = [
    event.event === "progress" && event.progress ? `${number(event.progress)}%` : "",
    phase ? (t.phase[phase] ?? phase) : "",
    event.priority ? String(event.priority) : "",
    event.consumer ?? "",
  ].filter(Boolean);
  return (
    <span class="timeline-why">
      {told.length > 0 && <span class="muted">{told.join(" · ")}</span>}
      {event.code && <code>{event.code}</code>}
      {cause && <span class="muted">{cause}</span>}
    </span>
  );
}

const OUTCOMES: Record<string, Tone> = { completed: "good", failed: "bad", refused: "warn" };

export function AttemptsCard({ attempts }: { attempts: Attempt[] }) {
  const t = useTaskText();
  if (!attempts.length) return <p class="muted">{t.attemptsNone}</p>;
  const columns: Column<Attempt>[] = [
    { name: t.attempt, heads: true, cell: (each) => `#${number(each.attempt)}` },
    { name: t.outcome, cell: (each) => <End attempt={each} /> },
    { name: t.column.took, cell: (each) => took(each), class: "nowrap" },
    { name: t.session, cell: (each) => <Name text={each.session_id} /> },
    { name: t.vendorTask, cell: (each) => <Name text={each.vendor_task_id} /> },
  ];
  return <Table caption={t.attempts} columns={columns} rows={attempts} id={(each) => String(each.attempt)} />;
}

function End({ attempt }: { attempt: Attempt }) {
  const t = useTaskText();
  const { outcome, code } = attempt;
  return (
    <span class="row">
      <Badge tone={outcome ? (OUTCOMES[outcome] ?? "neutral") : "info"}>
        {outcome ? (t.outcomes[outcome] ?? outcome) : t.running}
      </Badge>
      {code && <code>{code}</code>}
    </span>
  );
}

function Name({ text }: { text: string | null }) {
  if (!text) return <span class="muted">–</span>;
  return (
    <span class="name-copy">
      <code title={text}>{text}</code>
      <Copy text={text} />
    </span>
  );
}

function took({ begun_at, ended_at }: Attempt): string {
  if (!begun_at || !ended_at) return "–";
  return duration((Date.parse(ended_at) - Date.parse(begun_at)) / 1000);
}
