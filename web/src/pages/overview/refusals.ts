/** Where the threshold was, and where the vendor refused: of both the exact changes know more than the samples. */

import type { Mark } from "../../plot/marks";
import type { Column, History, LimitChange } from "./history";

const REFUSALS: readonly string[] = ["refused", "rate_limited", "failed"];

/** Return the threshold of each step; where nobody has sampled it, as the changes before tell it. */
export function thresholds(history: History, changes: readonly LimitChange[]): Column {
  const known = changes.filter((each) => !each.account).map((each) => ({ at: seconds(each), to: each.new }));
  return history.threshold.max.map((sampled, index) => {
    const end = (history.at[index] ?? 0) + history.step_seconds;
    return sampled ?? known.find((each) => each.at < end)?.to ?? null;
  });
}

/** Return a mark for each change that a refusal caused, and for each step of whose refusals no change tells. */
export function refusals(history: History, changes: readonly LimitChange[], threshold: Column): Mark[] {
  const exact = changes
    .filter((each) => REFUSALS.includes(each.cause) && each.old !== null && !each.account)
    .map((each) => ({ at: seconds(each), y: each.old ?? 0 }));
  const counted = history.at.flatMap((from, index) => {
    const told = exact.some((each) => each.at >= from && each.at < from + history.step_seconds);
    return history.refused[index] && !told ? [{ at: from + history.step_seconds / 2, y: threshold[index] ?? 0 }] : [];
  });
  return [...exact, ...counted];
}

function seconds(change: LimitChange): number {
  return Date.parse(change.at) / 1000;
}
