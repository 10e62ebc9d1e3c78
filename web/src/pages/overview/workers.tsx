/** Who works, on what; and the vendor as workers saw it last. */

import type { Worker } from "../../api/operate";
import type { Health, QueueInfo } from "../../api/types";
import { duration } from "../../format";
import { to } from "../../router";
import { Ago, Badge, Card, Empty, Loaded, type Tone } from "../../ui";
import type { Resource } from "../../use";
import { useText } from "./text";

const MOST_HELD = 6;

export function WorkersCard({ of }: { of: Resource<{ workers: Worker[] }> }) {
  const t = useText();
  return (
    <Card title={t.workers.title} aside={of.data && aliveOf(of.data.workers)}>
      <Loaded of={of} lines={4}>
        {({ workers }) =>
          workers.length ? (
            <ul class="workers">
              {workers.map((each) => (
                <WorkerView key={each.consumer} of={each} />
              ))}
            </ul>
          ) : (
            <Empty title={t.workers.none} text={t.workers.noneText} />
          )
        }
      </Loaded>
    </Card>
  );
}

function aliveOf(workers: readonly Worker[]): string {
  return `${workers.filter((each) => each.alive).length} / ${workers.length}`;
}

export function WorkerBadge({ of }: { of: Worker }) {
  const t = useText();
  if (!of.alive) return <Badge tone="bad">{t.workers.silent}</Badge>;
  return of.draining ? <Badge tone="warn">{t.workers.draining}</Badge> : <Badge tone="good">{t.workers.alive}</Badge>;
}

function WorkerView({ of }: { of: Worker }) {
  const t = useText();
  return (
    <li>
      <div class="worker-head">
        <code class="worker-name">{of.consumer}</code>
        <WorkerBadge of={of} />
      </div>
      <p class="muted">
        {t.workers.holds(of.holds.length)} · {t.workers.beat} <Ago at={of.last_beat_at} />
      </p>
      <div class="held">
        {of.holds.slice(0, MOST_HELD).map((each) => (
          <a key={each.task_id} href={to(`tasks/${each.task_id}`)} title={each.task_id}>
            {each.task_id.slice(0, 8)}
            {each.since && <span class="muted"> {duration((Date.now() - Date.parse(each.since)) / 1000)}</span>}
          </a>
        ))}
        {of.holds.length > MOST_HELD && <span class="muted">+{of.holds.length - MOST_HELD}</span>}
      </div>
    </li>
  );
}

export function VendorCard(props: { health: Health | null; info: QueueInfo | undefined }) {
  const t = useText();
  const vendor = props.health?.vendor;
  const limits = Object.entries(props.info?.model_limits ?? {});
  const heard = vendor?.seconds_ago == null ? null : Date.now() - vendor.seconds_ago * 1000;
  const [tone, word] = answers(t, vendor?.reachable);
  return (
    <Card title={t.vendor.title} aside={vendor?.simulated ? t.vendor.simulated : t.vendor.real}>
      <dl class="facts">
        <div>
          <dt>{t.vendor.last}</dt>
          <dd>
            <Badge tone={tone}>{word}</Badge> {heard !== null && <Ago at={heard} />}
          </dd>
        </div>
        {vendor?.error && (
          <div class="facts-long">
            <dt>{t.vendor.error}</dt>
            <dd lang="en">{vendor.error}</dd>
          </div>
        )}
        {props.health?.paused && (
          <div class="facts-long">
            <dt>{t.vendor.paused}</dt>
            <dd>{props.health.pause_reason}</dd>
          </div>
        )}
        {limits.length > 0 && (
          <div>
            <dt>{t.vendor.models}</dt>
            <dd>{limits.map(([model, most]) => `${model} ${most}`).join(" · ")}</dd>
          </div>
        )}
        {props.health?.accounts.map((each) => (
          <div key={each.name}>
            <dt>{each.name}</dt>
            <dd>{each.detail ?? each.status}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function answers(t: ReturnType<typeof useText>, reachable: boolean | null | undefined): [Tone, string] {
  if (reachable == null) return ["neutral", t.vendor.unknown];
  return reachable ? ["good", t.vendor.reachable] : ["bad", t.vendor.unreachable];
}
