/** Errors by code, and how the threshold has moved. */

import { number } from "../../format";
import { Ago, Card, Empty, Loaded } from "../../ui";
import type { Resource } from "../../use";
import { type History, type LimitChange, sum } from "./history";
import { useText } from "./text";

const MOST_CODES = 8;
const MOST_CHANGES = 10;

export function ErrorsCard({ history }: { history: History }) {
  const t = useText();
  const codes = Object.entries(history.by_code)
    .map(([code, column]) => ({ code, count: sum(column) }))
    .filter((each) => each.count)
    .sort((one, other) => other.count - one.count);
  const most = codes[0]?.count ?? 1;
  return (
    <Card title={t.errors.title} note={codes.length ? t.errors.note : undefined}>
      {codes.length === 0 && <p class="quiet-note">{t.errors.none}</p>}
      <ul class="shares">
        {codes.slice(0, MOST_CODES).map(({ code, count }) => (
          <li key={code}>
            <code>{code}</code>
            <b>{number(count)}</b>
            <span class="share" aria-hidden="true" style={{ width: `${(100 * count) / most}%` }} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function ChangesCard({ of }: { of: Resource<{ changes: LimitChange[] }> }) {
  const t = useText();
  return (
    <Card title={t.changes.title}>
      <Loaded of={of} lines={4}>
        {({ changes }) =>
          changes.length ? (
            <ol class="changes">
              {changes.slice(0, MOST_CHANGES).map((each) => (
                <ChangeView key={each.at + (each.account ?? "")} of={each} />
              ))}
            </ol>
          ) : (
            <Empty title={t.changes.none} />
          )
        }
      </Loaded>
    </Card>
  );
}

function ChangeView({ of }: { of: LimitChange }) {
  const t = useText();
  const falls = of.old !== null && of.new < of.old;
  return (
    <li data-tone={falls ? "bad" : "good"}>
      <span class="change-step">
        {of.old !== null && <>{number(of.old)} </>}
        <span class="change-arrow" aria-hidden="true">
          {falls ? "↘" : "↗"}
        </span>{" "}
        <b>{number(of.new)}</b>
      </span>
      <span class="change-cause">
        {t.changes.causes[of.cause] ?? of.cause}
        {of.account && <span class="muted"> · {of.account}</span>}
      </span>
      <span class="muted">
        <Ago at={of.at} />
      </span>
    </li>
  );
}
