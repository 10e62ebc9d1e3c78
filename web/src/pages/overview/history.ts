/** The queue over time, as the API tells it, and what is reckoned from it. */

export type Column = (number | null)[];

export interface Histogram {
  p50: Column;
  p90: Column;
  bounds: number[];
  counts: number[][];
}

export interface History {
  step_seconds: number;
  from: string;
  to: string;
  at: number[];
  queued: { avg: Column; max: Column };
  waiting: { avg: Column; max: Column };
  live: { avg: Column; max: Column };
  threshold: { min: Column; max: Column };
  created: Column;
  completed: Column;
  failed: Column;
  cancelled: Column;
  refused: Column;
  by_model: Record<string, { created: Column; completed: Column; failed: Column }>;
  by_code: Record<string, Column>;
  wait_seconds: Histogram;
  generation_seconds: Histogram;
}

export interface LimitChange {
  at: string;
  cause: string;
  old: number | null;
  new: number;
  live: number;
  scope: string;
  account?: string | null;
}

export interface Range {
  name: "1h" | "3h" | "24h" | "7d";
  seconds: number;
  step: "minute" | "hour";
  /** Steps that are drawn as one bar. */
  together: number;
  /** How often it is read anew. */
  everySeconds: number;
}

export const RANGES: readonly Range[] = [
  { name: "1h", seconds: 3600, step: "minute", together: 1, everySeconds: 15 },
  { name: "3h", seconds: 3 * 3600, step: "minute", together: 3, everySeconds: 30 },
  { name: "24h", seconds: 86_400, step: "minute", together: 20, everySeconds: 120 },
  { name: "7d", seconds: 7 * 86_400, step: "hour", together: 2, everySeconds: 600 },
];

/** A plot of a young queue is not narrower than so many bars. */
const FEWEST_BARS = 10;

/** Return a history without what was before the queue: a plot begins where something is known. */
export function fromFirst(history: History, together: number): History {
  const steps = history.at.length;
  const known = history.live.max.findIndex((each) => each !== null);
  const first = Math.min(known < 0 ? steps : known, steps - FEWEST_BARS * together);
  return first > 0 ? (cut(history, steps, first - (first % together)) as History) : history;
}

function cut(value: unknown, steps: number, first: number): unknown {
  if (Array.isArray(value)) return value.length === steps ? value.slice(first) : value;
  if (typeof value !== "object" || value === null) return value;
  const whole = Object.entries(value).map(([name, each]) => [name, name === "bounds" ? each : cut(each, steps, first)]);
  return Object.fromEntries(whole);
}

export function sum(column: Column): number {
  return column.reduce<number>((all, each) => all + (each ?? 0), 0);
}

/** Return the sums of every `together` steps; null where nothing is known of any of them. */
export function binned(column: Column, together: number): Column {
  return each(column, together, (some) => (some.every((one) => one === null) ? null : sum(some)));
}

/** Return the first of every `together`. */
export function thinned(at: number[], together: number): number[] {
  return at.filter((_, index) => index % together === 0);
}

function each<T, R>(column: readonly T[], together: number, make: (some: T[]) => R): R[] {
  const made: R[] = [];
  for (let from = 0; from < column.length; from += together) made.push(make(column.slice(from, from + together)));
  return made;
}

/** Return the `share` quantile of every `together` steps. */
export function quantiles(histogram: Histogram, together: number, share: number): Column {
  return each(histogram.counts, together, (some) => quantile(histogram.bounds, added(some), share));
}

/** Return the `share` quantile of all that a histogram has. */
export function overall(histogram: Histogram, share: number): number | null {
  return quantile(histogram.bounds, added(histogram.counts), share);
}

function added(counts: readonly number[][]): number[] {
  const all: number[] = [];
  for (const step of counts) step.forEach((count, at) => (all[at] = (all[at] ?? 0) + count));
  return all;
}

/** As even within the bounds that it lies between; what is beyond the last bound counts as that. */
export function quantile(bounds: readonly number[], counts: readonly number[], share: number): number | null {
  let left = sum([...counts]) * share;
  if (left <= 0) return null;
  for (const [at, count] of counts.entries()) {
    const from = bounds[at - 1] ?? 0;
    const to = bounds[at] ?? from;
    if (count && left <= count) return from + ((to - from) * left) / count;
    left -= count;
  }
  return bounds.at(-1) ?? null;
}

/** How many things a column counted per minute, over its last `minutes`. */
export function perMinute(history: History, column: Column, minutes: number): number {
  const steps = Math.max(1, Math.round((minutes * 60) / history.step_seconds));
  const some = column.slice(-steps);
  return sum(some) / ((some.length * history.step_seconds) / 60 || 1);
}
