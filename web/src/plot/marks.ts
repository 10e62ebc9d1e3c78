/** Marks on a plot where something happened. */

import type uPlot from "uplot";

import type { Colours } from "./look";

export interface Mark {
  at: number;
  /** Where, on the scale of the plot. */
  y: number;
}

const SIZE = 5;

/** Return a hook that draws a triangle, its point on the line, with a faint line down to the axis. */
export function drawMarks(marks: () => readonly Mark[], colours: Colours): (plot: uPlot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.fillStyle = ctx.strokeStyle = colours("refused");
    for (const mark of marks()) {
      const x = plot.valToPos(mark.at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const y = Math.max(plot.valToPos(mark.y, "y", true), bbox.top);
      ctx.globalAlpha = 0.22;
      ctx.fillRect(x - ratio / 2, y, ratio, bbox.top + bbox.height - y);
      ctx.globalAlpha = 1;
      triangle(ctx, x, y - 2 * ratio, SIZE * ratio);
    }
    ctx.restore();
  };
}

function triangle(ctx: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - size, y - size * 1.5);
  ctx.lineTo(x + size, y - size * 1.5);
  ctx.closePath();
  ctx.fill();
}
