/** The one stream of events of the page, and who wants to hear of them. */

import { signal } from "@preact/signals";

import type { QueueEvent, TaskEvent } from "./api/types";
import { type Connection, listen } from "./sse";

export type Live =
  | { kind: "task"; event: TaskEvent }
  | { kind: "queue"; event: QueueEvent }
  /** Something was missed, or we are connected again: read anew what is shown. */
  | { kind: "reload" };

export const connection = signal<Connection>("connecting");

const hearers = new Set<(live: Live) => void>();

/** Hear of every event; returns how to stop. */
export function onLive(hear: (live: Live) => void): () => void {
  hearers.add(hear);
  return () => hearers.delete(hear);
}

function tell(live: Live): void {
  for (const hear of [...hearers]) hear(live);
}

function heard(name: string, data: unknown): void {
  if (name === "task") tell({ kind: "task", event: data as TaskEvent });
  else if (name === "queue") tell({ kind: "queue", event: data as QueueEvent });
  else if (name === "reload") tell({ kind: "reload" });
}

function connected(state: Connection): void {
  const wasLost = connection.value === "lost" || lostBefore;
  lostBefore = state === "lost" || (state === "connecting" && wasLost);
  connection.value = state;
  if (state === "live" && wasLost) tell({ kind: "reload" });
}

let lostBefore = false;
let stream: AbortController | null = null;

/** Listen anew: with another key, or because the server is back. */
export function restartLive(): void {
  lostBefore ||= connection.value === "lost";
  stream?.abort();
  stream = null;
  startLive();
}

/** Listen, unless we do; a page nobody looks at for a minute stops, and goes on when it is looked at. */
export function startLive(): void {
  if (stream && connection.value !== "refused") return;
  stream = new AbortController();
  void listen("/aigc/events", { onEvent: heard, onConnection: connected }, stream.signal);
}

function stopLive(): void {
  stream?.abort();
  stream = null;
  connected("lost");
}

const HIDDEN_MS = 60_000;
let leaving: ReturnType<typeof setTimeout> | undefined;

document.addEventListener("visibilitychange", () => {
  clearTimeout(leaving);
  if (document.hidden) leaving = setTimeout(stopLive, HIDDEN_MS);
  else startLive();
});
