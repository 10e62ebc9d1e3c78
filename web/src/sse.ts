/** Server-sent events over fetch, so that they carry the key; connected again by themselves from the last event seen. */

import { type EventSourceMessage, createParser } from "eventsource-parser";

import { address, respond, type Query } from "./api/client";
import { ApiError, isAbort, problemOf, unreachable } from "./api/problem";

export type Connection = "connecting" | "live" | "lost" | "refused";

export interface Listener {
  onEvent: (name: string, data: unknown) => void;
  onConnection?: (connection: Connection) => void;
  /** True: it was the last event, do not connect again. */
  isLast?: (name: string) => boolean;
}

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15_000;

/** A connection on which nothing comes for so long is dead: the server sends a comment every 15 s. */
const SILENCE_MS = 40_000;

/** Listen until the last event, or until `signal` aborts. */
export async function listen(path: string, listener: Listener, signal: AbortSignal, query: Query = {}): Promise<void> {
  const seen: Seen = { lastId: "", retryMs: FIRST_RETRY_MS, ended: false };
  let failures = 0;
  while (!signal.aborted && !seen.ended) {
    listener.onConnection?.("connecting");
    try {
      await once(address(path, query), listener, seen, signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      if (isFinal(error)) {
        listener.onConnection?.("refused");
        return;
      }
      failures += 1;
    }
    if (seen.ended || signal.aborted) return;
    listener.onConnection?.("lost");
    await pause(Math.min(seen.retryMs * 2 ** Math.max(0, failures - 1), LONGEST_RETRY_MS), signal);
  }
}

interface Seen {
  lastId: string;
  retryMs: number;
  ended: boolean;
}

/** Waiting changes nothing about these; 429 and 5xx pass. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiError && [401, 403, 404, 422].includes(error.status);
}

async function once(url: string, listener: Listener, seen: Seen, signal: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const both = AbortSignal.any([signal, silence.signal]);
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (seen.lastId) headers["Last-Event-ID"] = seen.lastId;
  const response = await respond("GET", url, { headers, signal: both });
  if (response.status === 204) {
    seen.ended = true;
    return;
  }
  if (!response.ok || !response.body) throw await problemOf(response);
  listener.onConnection?.("live");
  await read(response.body, listener, seen, silence);
}

async function read(body: ReadableStream<Uint8Array>, listener: Listener, seen: Seen, silence: AbortController) {
  const parser = createParser({
    onEvent: (event) => tell(event, listener, seen),
    onRetry: (ms) => (seen.retryMs = ms),
  });
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let alarm = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || seen.ended) return;
      clearTimeout(alarm);
      alarm = setTimeout(() => silence.abort(), SILENCE_MS);
      parser.feed(value);
    }
  } catch (error) {
    throw silence.signal.aborted ? unreachable() : error;
  } finally {
    clearTimeout(alarm);
    await reader.cancel().catch(() => undefined);
  }
}

function tell(event: EventSourceMessage, listener: Listener, seen: Seen): void {
  if (event.id !== undefined) seen.lastId = event.id;
  const name = event.event ?? "message";
  if (listener.isLast?.(name)) seen.ended = true;
  listener.onEvent(name, parsed(event.data));
}

function parsed(data: string): unknown {
  try {
    return data ? JSON.parse(data) : null;
  } catch {
    return data;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
