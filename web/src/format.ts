/** Numbers and times as people read them, in the language of the moment. */

import { language, locale } from "./i18n";

const NOTHING = "–";

/** Formatters are dear to make and cheap to use: each is made once. */
const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function kept<F extends Intl.NumberFormat | Intl.DateTimeFormat>(name: string, make: () => F): F {
  const id = `${locale()} ${name}`;
  const known = made.get(id) ?? make();
  made.set(id, known);
  return known as F;
}

/** Return `at` as `options` say; these are told apart by `name`. */
export function dated(at: When, name: string, options: Intl.DateTimeFormatOptions): string {
  return kept(name, () => new Intl.DateTimeFormat(locale(), options)).format(new Date(at));
}

export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  const options = { maximumFractionDigits: digits };
  return kept(`number ${digits}`, () => new Intl.NumberFormat(locale(), options)).format(value);
}

/** `8 s`, `2 min 5 s`, `1 h 20 min`, `3 d 4 h`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NOTHING;
  const units = language.value === "zh" ? ["天", "小时", "分", "秒"] : ["d", "h", "min", "s"];
  const [days, hours, minutes, rest] = parts(seconds);
  const told = [days, hours, minutes, rest].map((each, at) => (each ? `${each} ${units[at]}` : ""));
  const first = told.findIndex(Boolean);
  if (first < 0) return `${seconds > 0 ? "< 1" : "0"} ${units[3]}`;
  const shown = told.slice(first, first + 2).filter(Boolean);
  return shown.length === 1 && first === 2 && language.value === "zh" ? `${minutes} 分钟` : shown.join(" ");
}

/** In one unit, for an axis: `40 s`, `1.5 min`, `2 h`. */
export function span(seconds: number): string {
  const zh = language.value === "zh";
  if (seconds < 120) return `${number(seconds, 1)} ${zh ? "秒" : "s"}`;
  if (seconds < 7200) return `${number(seconds / 60, 1)} ${zh ? "分" : "min"}`;
  return `${number(seconds / 3600, 1)} ${zh ? "时" : "h"}`;
}

function parts(seconds: number): [number, number, number, number] {
  const whole = Math.round(seconds);
  return [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
}

type When = string | number | Date;

/** `24 Nov 18:30:05`; of today the time only. */
export function moment(when: When, now = Date.now()): string {
  const at = new Date(when);
  const today = at.toDateString() === new Date(now).toDateString();
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false } as const;
  return today ? dated(at, "time", time) : dated(at, "moment", { ...time, month: "short", day: "numeric" });
}

/** The whole of it, for a tooltip: with the date, the year and the zone. */
export function exactly(when: When): string {
  return dated(when, "exactly", { dateStyle: "full", timeStyle: "long" });
}

export function ago(when: When, now = Date.now()): string {
  const seconds = (now - new Date(when).getTime()) / 1000;
  const zh = language.value === "zh";
  if (seconds < 5) return zh ? "刚刚" : "just now";
  const told = duration(coarse(seconds));
  return zh ? `${told}前` : `${told} ago`;
}

/** From a minute on nobody wants seconds, from a day on no minutes. */
function coarse(seconds: number): number {
  const unit = seconds < 60 ? 1 : seconds < 3600 ? 60 : seconds < 86400 ? 600 : 3600;
  return Math.floor(seconds / unit) * unit;
}

export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return `${number(count / 1000 ** power, power ? 1 : 0)} ${units[power]}`;
}
