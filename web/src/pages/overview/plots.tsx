/** The plots of the overview. */

import { useCallback, useMemo, useRef } from "preact/hooks";
import type uPlot from "uplot";

import type { QueueInfo } from "../../api/types";
import { duration, number, span } from "../../format";
import { bars, type Colours, fromZero, overTime, stepped, timeSteps, wholeSteps } from "../../plot/look";
import { drawMarks, type Mark } from "../../plot/marks";
import { type Line, Plot } from "../../plot/plot";
import { FigureTable } from "./figure-table";
import {
  binned, type Column, type Histogram, type History, type LimitChange, overall, quantiles, type Range, sum, thinned,
} from "./history";
import { refusals, thresholds } from "./refusals";
import { useText } from "./text";

interface Levels {
  history: History;
  now: QueueInfo | undefined;
}

/** Return a column with what is now at its end. */
function upToNow(column: Column, now: number | undefined): Column {
  return now === undefined ? column : [...column.slice(0, -1), now, now];
}

/** The moments of the steps; and the present one, where the lines end. */
function times({ history, now }: Levels): number[] {
  return now ? [...history.at, Math.max(Date.now() / 1000, (history.at.at(-1) ?? 0) + 1)] : history.at;
}

function at(column: Column | number[], index: number | null): number | null {
  return (index === null ? column.at(-1) : column[index]) ?? null;
}

function most(column: Column): number {
  return Math.max(0, ...column.map((each) => each ?? 0));
}

export function ConcurrencyPlot(props: Levels & { changes: readonly LimitChange[] }) {
  const t = useText();
  const { history, now, changes } = props;
  const columns = useMemo(() => {
    const live = upToNow(history.live.max, now?.active_count);
    const threshold = upToNow(thresholds(history, changes), now?.max_concurrency);
    return { at: times(props), live, threshold };
  }, [history, changes, now?.active_count, now?.max_concurrency]);
  const marks = useRef<Mark[]>([]);
  marks.current = refusals(history, changes, columns.threshold);
  const data = useMemo(() => [columns.at, columns.live, columns.threshold] as uPlot.AlignedData, [columns]);
  const make = useCallback((colours: Colours) => concurrency(colours, () => marks.current), []);
  const refused = sum(history.refused);
  const lines: Line[] = [
    { label: t.plots.live, mark: "area", colour: "live", value: (i) => number(at(columns.live, i)) },
    { label: t.plots.threshold, mark: "line", colour: "threshold", value: (i) => number(at(columns.threshold, i)) },
    {
      label: t.plots.refused,
      mark: "triangle",
      colour: "refused",
      value: (i) => t.plots.refusedCount(i === null ? refused : (history.refused[i] ?? 0)),
    },
  ];
  return (
    <Plot
      title={t.plots.concurrency}
      summary={t.say.concurrency(number(most(columns.live)), number(most(columns.threshold)), refused)}
      height={250}
      lines={lines}
      data={data}
      make={make}
      table={() => (
        <FigureTable
          caption={t.plots.concurrency}
          at={history.at}
          columns={[
            { name: t.columns.live, column: history.live.max },
            { name: t.columns.threshold, column: history.threshold.max },
            { name: t.columns.refused, column: history.refused },
          ]}
        />
      )}
    />
  );
}

function concurrency(colours: Colours, marks: () => readonly Mark[]): Omit<uPlot.Options, "width" | "height"> {
  const base = overTime(colours);
  return {
    ...base,
    axes: [base.axes[0] ?? {}, { ...base.axes[1], incrs: wholeSteps }],
    padding: [14, 16, 0, 0],
    scales: { y: fromZero(4) },
    series: [
      {},
      { stroke: colours("live"), fill: colours("live-fill"), width: 1.5, paths: stepped, points: { show: false } },
      { stroke: colours("threshold"), width: 1.75, paths: stepped, points: { show: false } },
    ],
    hooks: { draw: [drawMarks(marks, colours)] },
  };
}

export function BacklogPlot(props: Levels) {
  const t = useText();
  const { history, now } = props;
  const columns = useMemo(() => {
    const queued = upToNow(history.queued.max, now?.queue_length);
    const waiting = upToNow(history.waiting.max, now?.waiting);
    return { at: times(props), queued, waiting };
  }, [history, now?.queue_length, now?.waiting]);
  const data = useMemo(() => [columns.at, columns.queued, columns.waiting] as uPlot.AlignedData, [columns]);
  const make = useCallback((colours: Colours) => backlog(colours), []);
  return (
    <Plot
      title={t.plots.backlog}
      summary={t.say.backlog(number(most(columns.queued)))}
      height={120}
      lines={[
        { label: t.plots.queued, mark: "area", colour: "queued", value: (i) => number(at(columns.queued, i)) },
        { label: t.plots.waiting, mark: "dash", colour: "p90", value: (i) => number(at(columns.waiting, i)) },
      ]}
      data={data}
      make={make}
      table={() => (
        <FigureTable
          caption={t.plots.backlog}
          at={history.at}
          columns={[
            { name: t.plots.queued, column: history.queued.max },
            { name: t.plots.waiting, column: history.waiting.max },
          ]}
        />
      )}
    />
  );
}

function backlog(colours: Colours): Omit<uPlot.Options, "width" | "height"> {
  const base = overTime(colours);
  return {
    ...base,
    axes: [base.axes[0] ?? {}, { ...base.axes[1], incrs: wholeSteps }],
    scales: { y: fromZero(4) },
    series: [
      {},
      { stroke: colours("queued"), fill: colours("queued-fill"), width: 1.5, paths: stepped, points: { show: false } },
      { stroke: colours("p90"), width: 1.5, dash: [4, 3], paths: stepped, points: { show: false } },
    ],
  };
}

interface Spans {
  history: History;
  range: Range;
}

/** Failed stand on completed: the second column is their sum, drawn first. */
export function ThroughputPlot({ history, range }: Spans) {
  const t = useText();
  const columns = useMemo(() => {
    const [completed, failed] = [binned(history.completed, range.together), binned(history.failed, range.together)];
    const both = completed.map((each, index) => (each === null ? null : each + (failed[index] ?? 0)));
    return { at: thinned(history.at, range.together), completed, failed, both };
  }, [history]);
  const data = useMemo(() => [columns.at, columns.both, columns.completed] as uPlot.AlignedData, [columns]);
  const make = useCallback((colours: Colours) => throughput(colours), []);
  const [completed, failed] = [sum(history.completed), sum(history.failed)];
  const value = (column: Column, all: number) => (i: number | null) => number(i === null ? all : at(column, i));
  return (
    <Plot
      title={
        <>
          {t.plots.throughput} <small>{t.plots.perBar(duration(history.step_seconds * range.together))}</small>
        </>
      }
      summary={t.say.throughput(completed, failed)}
      height={150}
      lines={[
        { label: t.plots.completed, mark: "bar", colour: "completed", value: value(columns.completed, completed) },
        { label: t.plots.failed, mark: "bar", colour: "failed", value: value(columns.failed, failed) },
      ]}
      data={data}
      make={make}
      table={() => (
        <FigureTable
          caption={t.plots.throughput}
          at={columns.at}
          columns={[
            { name: t.plots.completed, column: columns.completed },
            { name: t.plots.failed, column: columns.failed },
          ]}
        />
      )}
    />
  );
}

function throughput(colours: Colours): Omit<uPlot.Options, "width" | "height"> {
  const base = overTime(colours);
  const bar = (name: string) => ({ fill: colours(name), width: 0, paths: bars, points: { show: false } });
  return {
    ...base,
    axes: [base.axes[0] ?? {}, { ...base.axes[1], incrs: wholeSteps }],
    scales: { y: fromZero(4) },
    series: [{}, bar("failed"), bar("completed")],
  };
}

export function SecondsPlot({ title, of, history, range }: Spans & { title: string; of: Histogram }) {
  const t = useText();
  const columns = useMemo(() => {
    const together = range.together;
    const [p50, p90] = [quantiles(of, together, 0.5), quantiles(of, together, 0.9)];
    return { at: thinned(history.at, together), p50, p90 };
  }, [of]);
  const data = useMemo(() => [columns.at, columns.p90, columns.p50] as uPlot.AlignedData, [columns]);
  const make = useCallback((colours: Colours) => seconds(colours), []);
  const [p50, p90] = [duration(overall(of, 0.5)), duration(overall(of, 0.9))];
  const value = (column: Column, all: string) => (i: number | null) => (i === null ? all : duration(at(column, i)));
  return (
    <Plot
      title={title}
      summary={t.say.seconds(p50, p90)}
      height={150}
      lines={[
        { label: t.plots.p50, mark: "line", colour: "p50", value: value(columns.p50, p50) },
        { label: t.plots.p90, mark: "dash", colour: "p90", value: value(columns.p90, p90) },
      ]}
      data={data}
      make={make}
      table={() => (
        <FigureTable
          caption={title}
          at={columns.at}
          show={duration}
          columns={[
            { name: t.plots.p50, column: columns.p50 },
            { name: t.plots.p90, column: columns.p90 },
          ]}
        />
      )}
    />
  );
}

function seconds(colours: Colours): Omit<uPlot.Options, "width" | "height"> {
  const point = { show: true, size: 3.5, width: 0 };
  const line = (name: string) => ({ stroke: colours(name), points: { ...point, fill: colours(name) }, spanGaps: true });
  const base = overTime(colours, span);
  return {
    ...base,
    axes: [base.axes[0] ?? {}, { ...base.axes[1], incrs: timeSteps }],
    scales: { y: fromZero(10) },
    series: [{}, { ...line("p90"), width: 1.25, dash: [4, 3] }, { ...line("p50"), width: 1.75 }],
  };
}
