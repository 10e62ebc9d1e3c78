/** A plot on a canvas. For who does not see it there are a summary and, on demand, a table of its figures. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

import { language } from "../i18n";
import { useText } from "../text";
import { isDark } from "../theme";
import { type Colours, coloursNow } from "./look";

export interface Line {
  label: string;
  mark: "line" | "area" | "bar" | "dash" | "triangle";
  colour: string;
  /** What it is at the cursor, or last. */
  value: (at: number | null) => string;
}

interface PlotProps {
  title: ComponentChildren;
  /** What it shows, in a sentence with figures. */
  summary: string;
  height: number;
  lines: readonly Line[];
  data: uPlot.AlignedData;
  make: (colours: Colours) => Omit<uPlot.Options, "width" | "height">;
  table: () => ComponentChildren;
  aside?: ComponentChildren;
}

export function Plot(props: PlotProps) {
  const { title, summary, height, lines, data, make, table } = props;
  const t = useText();
  const [at, setAt] = useState<number | null>(null);
  const [opened, setOpened] = useState(false);
  const room = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const shown = room.current;
    if (!shown) return;
    const options = make(coloursNow());
    const hooks = { ...options.hooks, setCursor: [(each: uPlot) => setAt(each.cursor.idx ?? null)] };
    const made = new uPlot({ ...options, hooks, width: shown.clientWidth, height }, latest.current, shown);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: shown.clientWidth, height }));
    resized.observe(shown);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [isDark.value, language.value, height, make]);

  useEffect(() => plot.current?.setData(data), [data]);

  return (
    <figure class="plot">
      <figcaption class="plot-head">
        <h2>{title}</h2>
        <Legend lines={lines} at={at} />
        {props.aside}
      </figcaption>
      <p class="visually-hidden">{summary}</p>
      <div class="plot-room" ref={room} style={{ height: `${height}px` }} aria-hidden="true" />
      <details class="plot-table" onToggle={(event) => setOpened(event.currentTarget.open)}>
        <summary>{t.asTable}</summary>
        {opened && table()}
      </details>
    </figure>
  );
}

function Legend(props: { lines: readonly Line[]; at: number | null }) {
  return (
    <ul class="legend">
      {props.lines.map((each) => (
        <li key={each.label}>
          <span class="legend-mark" data-mark={each.mark} style={{ "--mark": `var(--plot-${each.colour})` }} />
          {each.label} <b>{each.value(props.at)}</b>
        </li>
      ))}
    </ul>
  );
}
