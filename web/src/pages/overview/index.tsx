/** In five seconds: do videos flow, why not, and what to do. */

import { useState } from "preact/hooks";

import type { QueueInfo } from "../../api/types";
import { health } from "../../service";
import { useText as useShell } from "../../text";
import { Failed, Loading, PageHeader, Segments } from "../../ui";
import { ChangesCard, ErrorsCard } from "./cards";
import { useChanges, useHistory, useInfo, useWorkers } from "./data";
import { Figures } from "./figures";
import { Findings } from "./findings";
import { type History, type LimitChange, RANGES, type Range } from "./history";
import { BacklogPlot, ConcurrencyPlot, SecondsPlot, ThroughputPlot } from "./plots";
import { useText } from "./text";
import { VendorCard, WorkersCard } from "./workers";

export function Overview() {
  const t = useText();
  const shell = useShell();
  const [range, setRange] = useState<Range>(RANGES[0] as Range);
  const info = useInfo();
  const history = useHistory(range);
  const workers = useWorkers();
  const changes = useChanges();
  const ranges = RANGES.map((each) => ({ value: each.name, label: t.ranges[each.name] }));
  return (
    <div class="overview">
      <PageHeader title={shell.pages.overview}>
        <Segments
          label={t.range}
          value={range.name}
          options={ranges}
          onChange={(name) => setRange(RANGES.find((each) => each.name === name) ?? range)}
        />
      </PageHeader>
      <Findings health={health.value} info={info.data} />
      <Figures info={info.data} history={history.data} />
      {history.data ? (
        <Plots history={history.data} range={range} now={info.data} changes={changes.data?.changes ?? NONE} />
      ) : (
        <div class="card overview-wide">
          {history.error ? <Failed error={history.error} retry={history.reload} /> : <Loading lines={8} />}
        </div>
      )}
      <div class="stack">
        <WorkersCard of={workers} />
        {history.data && <ErrorsCard history={history.data} />}
      </div>
      <div class="stack">
        <VendorCard health={health.value} info={info.data} />
        <ChangesCard of={changes} />
      </div>
    </div>
  );
}

const NONE: readonly LimitChange[] = [];

interface PlotsProps {
  history: History;
  range: Range;
  now: QueueInfo | undefined;
  changes: readonly LimitChange[];
}

function Plots({ history, range, now, changes }: PlotsProps) {
  const t = useText();
  return (
    <>
      <div class="card overview-wide">
        <ConcurrencyPlot history={history} now={now} changes={changes} />
        <BacklogPlot history={history} now={now} />
      </div>
      <div class="card overview-wide overview-thirds">
        <ThroughputPlot history={history} range={range} />
        <SecondsPlot title={t.plots.wait} of={history.wait_seconds} history={history} range={range} />
        <SecondsPlot title={t.plots.generation} of={history.generation_seconds} history={history} range={range} />
      </div>
    </>
  );
}
