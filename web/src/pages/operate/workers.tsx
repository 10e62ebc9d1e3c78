/** The workers, each of which can be let end. */

import { useState } from "preact/hooks";

import { type Account, drainWorker, readWorkers, type Worker } from "../../api/operate";
import { to } from "../../router";
import { Ago, Ask, Button, Card, type Column, Empty, Loaded, Table, toast } from "../../ui";
import { useCalm, useEvery, useLive, useResource } from "../../use";
import { WorkerBadge } from "../overview/workers";
import { useText } from "./text";

export function Workers({ account }: { account: Account }) {
  const t = useText().workers;
  const workers = useResource((signal) => readWorkers(account, signal), [account]);
  const [chosen, setChosen] = useState<Worker | null>(null);
  useEvery(3, workers.reload);
  useLive(useCalm(workers.reload, 2000));
  const columns: Column<Worker>[] = [
    { name: t.name, heads: true, cell: (each) => <code>{each.consumer}</code> },
    { name: t.state, cell: (each) => <WorkerBadge of={each} /> },
    { name: t.holds, cell: (each) => <Held of={each} /> },
    { name: t.beat, cell: (each) => <Ago at={each.last_beat_at} /> },
    ...(workers.data?.workers.some((each) => each.account)
      ? [{ name: t.account, cell: (each: Worker) => each.account ?? "" }]
      : []),
    {
      name: t.action,
      class: "cell-act",
      cell: (each) =>
        each.alive && !each.draining ? (
          <Button size="small" onClick={() => setChosen(each)}>
            {t.drain}
          </Button>
        ) : null,
    },
  ];
  const drain = async (worker: Worker) => {
    await drainWorker(worker);
    toast(t.drained);
    setChosen(null);
    workers.reload();
  };
  return (
    <Card>
      <Loaded of={workers} lines={5}>
        {({ workers: rows }) =>
          rows.length ? (
            <Table caption={t.name} columns={columns} rows={rows} id={(each) => each.consumer + (each.account ?? "")} />
          ) : (
            <Empty title={t.none} text={t.noneText} />
          )
        }
      </Loaded>
      {chosen && (
        <Ask title={t.drainTitle} act={t.drainAct} danger onClose={() => setChosen(null)} run={() => drain(chosen)}>
          <p>
            <code>{chosen.consumer}</code>
          </p>
          <p>{t.drainText}</p>
        </Ask>
      )}
    </Card>
  );
}

const MOST_HELD = 3;

function Held({ of }: { of: Worker }) {
  const t = useText().workers;
  if (!of.holds.length) return <span class="muted">{t.nothing}</span>;
  if (of.holds.length > MOST_HELD) return <>{t.tasks(of.holds.length)}</>;
  return (
    <span class="held">
      {of.holds.map((each) => (
        <a key={each.task_id} href={to(`tasks/${each.task_id}`)} title={each.task_id}>
          {each.task_id.slice(0, 8)}
        </a>
      ))}
    </span>
  );
}
