/** What is wrong, the worst first, with what to do; or that all is well. */

import type { Finding, Health, QueueInfo } from "../../api/types";
import { runbook } from "../../docs";
import { language } from "../../i18n";
import { healthError } from "../../service";
import { Badge, Coded } from "../../ui";
import { useCodes } from "./codes";
import { useText } from "./text";

export function Findings(props: { health: Health | null; info: QueueInfo | undefined }) {
  const t = useText();
  if (healthError.value) return null; // the shell says that nobody knows
  const found = findingsOf(props.health);
  if (!found.length) return <Verdict {...props} />;
  return (
    <section class="findings overview-wide" aria-label={t.findings.label}>
      {found.map((each, at) => (
        <FindingView key={each.code + each.detail} of={each} first={at === 0} />
      ))}
    </section>
  );
}

/** A release before this one tells no findings: then what it tells is one. */
function findingsOf(health: Health | null): Finding[] {
  if (!health) return [];
  if (health.findings?.length || health.status === "ok" || !health.detail) return health.findings ?? [];
  const severity = health.status === "unavailable" ? "error" : "warning";
  return [{ code: health.status, severity, detail: health.detail, action: "", docs: "" }];
}

function FindingView({ of, first }: { of: Finding; first: boolean }) {
  const t = useText();
  const known = useCodes()[of.code];
  const chinese = language.value === "zh" && known;
  const action = (chinese && known.action) || of.action;
  const tone = of.severity === "error" ? "bad" : "warn";
  return (
    <details class="finding" data-tone={tone} open={first || of.severity === "error"}>
      <summary>
        <Badge tone={tone}>{t.findings[of.severity]}</Badge>
        <span class="finding-title">{known?.title ?? of.code}</span>
      </summary>
      <p class="finding-detail" lang={chinese ? "en" : undefined}>
        <Coded text={of.detail} />
      </p>
      {action && (
        <p class="finding-action">
          <b>{t.findings.doThis}</b> <Coded text={action} />
        </p>
      )}
      {of.docs && (
        <a class="finding-docs" href={runbook(of.docs)} target="_blank" rel="noreferrer">
          {t.findings.runbook} ↗
        </a>
      )}
    </details>
  );
}

function Verdict({ health, info }: { health: Health | null; info: QueueInfo | undefined }) {
  const t = useText();
  if (!health || !info) return <p class="verdict overview-wide">{t.verdict.unknown}</p>;
  const waits = info.queue_length + info.waiting;
  const busy = waits + info.active_count + info.processing > 0;
  return (
    <p class="verdict overview-wide" data-tone="good">
      <b>{busy ? t.verdict.flowing : t.verdict.idle}</b>
      {busy && <span>{t.verdict.running(info.active_count, info.max_concurrency)}</span>}
      {busy && waits > 0 && <span>{t.verdict.queued(waits)}</span>}
      {info.limited_by && <span>{t.verdict.limitedBy[info.limited_by]}</span>}
    </p>
  );
}
