/** How plots look: colours from the stylesheet, axes, cursors; said once for all of them. */

import uPlot from "uplot";

import { dated, number } from "../format";

export type Colours = (name: string) => string;

/** Return the colours of the theme of the moment, by the end of their names in the stylesheet. */
export function coloursNow(): Colours {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--plot-${name}`).trim();
}

const FONT = '11px -apple-system, BlinkMacSystemFont, "Segoe UI", "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif';

/** All plots of a page move one cursor. */
const SYNC = uPlot.sync("time");

/** Return what all plots over time have in common; `name` says what stands at the left. */
export function overTime(colours: Colours, name: (value: number) => string = number): BaseOptions {
  const axis = { stroke: colours("axis"), font: FONT, ticks: { show: false } };
  return {
    legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: { sync: { key: SYNC.key, setSeries: false }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 64, values: (_, at, __, ___, step) => at.map(clock(step)) },
      {
        ...axis,
        grid: { stroke: colours("grid"), width: 1 },
        size: 46,
        gap: 6,
        space: 34,
        values: (_, at) => at.map((each) => name(each)),
      },
    ],
  };
}

type BaseOptions = Required<Pick<uPlot.Options, "legend" | "padding" | "cursor" | "axes">>;

function clock(stepSeconds: number): (at: number) => string {
  if (stepSeconds >= 86_400) return (at) => dated(at * 1000, "day", { month: "short", day: "numeric" });
  return (at) => dated(at * 1000, "minute", { hour: "2-digit", minute: "2-digit", hour12: false });
}

/** A scale of whole things that begins at nothing and has room for its name. */
export function fromZero(least: number): uPlot.Scale {
  return { range: (_, __, most) => [0, Math.max(least, (most ?? 0) * 1.12)] };
}

/** Only whole numbers at the left. */
export const wholeSteps: uPlot.Axis.Incrs = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000];

/** Steps that are round in seconds, minutes and hours. */
export const timeSteps: uPlot.Axis.Incrs = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600, 86_400];

export const stepped = uPlot.paths.stepped?.({ align: 1 });
export const bars = uPlot.paths.bars?.({ size: [0.72, 28], align: 1, gap: 1 });
