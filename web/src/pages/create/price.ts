/** What it may cost, as far as the price table says. */

import type { Version } from "../models";
import { type Draft, referencesOf, secondsOf } from "./draft";

interface Row {
  resolution?: string;
  audio?: boolean;
  off_peak?: boolean;
  references?: boolean;
  scene_type?: string;
  price: string;
}

export interface Price {
  currency: string;
  least: string | null;
  most: string | null;
  least_seconds: number | null;
  assumed_seconds: number | null;
  elsewise: string | null;
  rows: Row[];
}

export type Estimate =
  | { kind: "amount"; amount: number; currency: string }
  | { kind: "between"; least: string; most: string; currency: string }
  | { kind: "elsewise" }
  | { kind: "unknown" };

export function estimate(draft: Draft, version: Version): Estimate {
  const price = version.price as Price | null | undefined;
  if (!price) return { kind: "unknown" };
  if (price.elsewise) return { kind: "elsewise" };
  const seconds = secondsOf(draft, version) ?? price.assumed_seconds;
  const row = rowOf(price.rows ?? [], draft, version);
  if (row && seconds) {
    const amount = Number(row.price) * Math.max(seconds, price.least_seconds ?? 0);
    return { kind: "amount", amount, currency: price.currency };
  }
  const { least, most, currency } = price;
  return least && most ? { kind: "between", least, most, currency } : { kind: "unknown" };
}

/** Of several that fit, the one that says most. */
function rowOf(rows: readonly Row[], draft: Draft, version: Version): Row | undefined {
  const facts: Omit<Row, "price"> = {
    resolution: (draft.resolution || (version.resolutions?.default ?? "")).toLowerCase(),
    audio: draft.audio,
    off_peak: draft.offPeak,
    references: referencesOf(draft).length > 0,
    scene_type: draft.scene.toLowerCase(),
  };
  const said = (row: Row) => Object.entries(row).filter(([name]) => name in facts);
  const fits = (row: Row) =>
    said(row).every(([name, value]) => facts[name as keyof typeof facts] === folded(value)) &&
    (!draft.scene || row.scene_type !== undefined);
  return [...rows].filter(fits).sort((one, other) => said(other).length - said(one).length)[0];
}

const folded = (value: unknown) => (typeof value === "string" ? value.toLowerCase() : value);
