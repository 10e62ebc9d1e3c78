/** The figures of this moment; the first of them as slots, taken and free. */

import type { QueueInfo } from "../../api/types";
import { duration, number } from "../../format";
import { Stat } from "../../ui";
import { type History, overall, perMinute } from "./history";
import { useText } from "./text";

const LAST_MINUTES = 10;

export function Figures(props: { info: QueueInfo | undefined; history: History | undefined }) {
  const t = useText();
  const { info, history } = props;
  const done = history && perMinute(history, history.completed, LAST_MINUTES);
  const failed = history && perMinute(history, history.failed, LAST_MINUTES);
  return (
    <dl class="card figures overview-wide" aria-label={t.figures.label}>
      <Stat
        label={t.figures.live}
        value={<Slots live={info?.active_count} threshold={info?.max_concurrency} />}
        note={info && t.figures.liveNote(info.max_concurrency)}
      />
      <Stat label={t.figures.backlog} value={number(info && info.queue_length + info.waiting)} note={backlogNote(t, info)} />
      <Stat label={t.figures.done} value={number(done, 1)} note={history && t.figures.doneNote(number(failed, 1))} />
      <Seconds label={t.figures.wait} history={history} of="wait_seconds" />
      <Seconds label={t.figures.generation} history={history} of="generation_seconds" />
      <NewTask info={info} />
    </dl>
  );
}

function backlogNote(t: ReturnType<typeof useText>, info: QueueInfo | undefined): string | undefined {
  if (!info) return undefined;
  const oldest = info.oldest_queued_seconds;
  return oldest && !info.waiting ? t.figures.oldest(duration(oldest)) : t.figures.backlogNote(info.waiting);
}

function Seconds(props: { label: string; history: History | undefined; of: "wait_seconds" | "generation_seconds" }) {
  const t = useText();
  const histogram = props.history?.[props.of];
  const p50 = histogram && overall(histogram, 0.5);
  const p90 = histogram && overall(histogram, 0.9);
  return <Stat label={props.label} value={duration(p50)} note={histogram && t.figures.p90(duration(p90))} />;
}

function NewTask({ info }: { info: QueueInfo | undefined }) {
  const t = useText();
  const eta = info?.eta;
  const why = eta?.reason && t.figures.etaUnknown[eta.reason];
  const note = why ?? (eta ? t.figures.etaNote(duration(eta.p90_seconds)) : undefined);
  return <Stat label={t.figures.eta} value={duration(eta?.p50_seconds)} note={note} />;
}

/** More than so many are not told apart: the figure says it. */
const MOST_SLOTS = 24;

function Slots(props: { live: number | undefined; threshold: number | undefined }) {
  const { live, threshold } = props;
  if (live === undefined || threshold === undefined) return <>{number(undefined)}</>;
  const slots = Math.max(live, threshold);
  return (
    <span class="slots">
      <span>
        {number(live)}
        <span class="slots-of"> / {number(threshold)}</span>
      </span>
      {slots <= MOST_SLOTS && (
        <span class="slots-row" aria-hidden="true">
          {Array.from({ length: slots }, (_, at) => (
            <span key={at} class="slot" data-state={at >= threshold ? "over" : at < live ? "live" : "free"} />
          ))}
        </span>
      )}
    </span>
  );
}
