/** What the overview reads, and when it reads it anew. */

import { get } from "../../api/client";
import { readWorkers } from "../../api/operate";
import type { QueueInfo } from "../../api/types";
import { useCalm, useEvery, useLive, useResource } from "../../use";
import { fromFirst, type History, type LimitChange, type Range } from "./history";

const INFO_CALM_MS = 1000;
const WORKERS_CALM_MS = 3000;

export function useInfo() {
  const info = useResource((signal) => get<QueueInfo>("/aigc/queue/info", {}, signal), []);
  const soon = useCalm(info.reload, INFO_CALM_MS);
  useLive((live) => live.kind === "task" && live.event.event === "progress" || soon());
  useEvery(15, info.reload);
  return info;
}

export function useWorkers() {
  const workers = useResource((signal) => readWorkers("", signal), []);
  const soon = useCalm(workers.reload, WORKERS_CALM_MS);
  useLive((live) => live.kind === "task" && live.event.event === "progress" || soon());
  useEvery(5, workers.reload);
  return workers;
}

/** History of a range, up to now; read at least as often as a bar of it grows. */
export function useHistory(range: Range) {
  const history = useResource(
    (signal) => {
      const step = range.step === "minute" ? 60 : 3600;
      const to = Math.ceil(Date.now() / 1000 / step) * step; // a whole day by the minute is the most that is told
      const asked = { from: to - range.seconds, to, step: range.step };
      return get<History>("/aigc/metrics/history", asked, signal).then((all) => fromFirst(all, range.together));
    },
    [range.name],
  );
  useEvery(range.everySeconds, history.reload);
  useLive((live) => live.kind === "reload" && history.reload());
  return history;
}

const CHANGES = 200;

export function useChanges() {
  const changes = useResource(
    (signal) => get<{ changes: LimitChange[] }>("/aigc/queue/history", { limit: CHANGES, scope: "account" }, signal),
    [],
  );
  useLive((live) => live.kind !== "task" && changes.reload());
  return changes;
}
