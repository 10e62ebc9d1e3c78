/** What was said to receivers, and saying it again. */

import { useState } from "preact/hooks";

import { type Delivery, readDeliveries, replayWebhook } from "../../api/operate";
import { number } from "../../format";
import { to } from "../../router";
import { Ago, Badge, Button, Card, type Column, Empty, Loaded, More, Table, toast, toastError, usePages } from "../../ui";
import { useText } from "./text";

export function Webhooks() {
  const t = useText().webhooks;
  const deliveries = usePages(readDeliveries, []);
  const columns: Column<Delivery>[] = [
    {
      name: t.task,
      heads: true,
      cell: (each) => (
        <a href={to(`tasks/${each.task_id}`)} title={each.task_id}>
          <code>{each.task_id.slice(0, 8)}</code>
        </a>
      ),
    },
    { name: t.answer, cell: (each) => <Answer of={each} /> },
    {
      name: t.moment,
      cell: (each) => (
        <>
          {t.moments[each.moment]} <span class="muted">{t.attempt(each.attempt)}</span>
        </>
      ),
    },
    {
      name: t.host,
      class: "cell-long",
      cell: (each) => (
        <>
          {each.host} {each.everyone && <span class="muted">{t.everyone}</span>}
        </>
      ),
    },
    { name: t.took, numeric: true, cell: (each) => `${number(each.ms)} ms` },
    { name: t.at, cell: (each) => <Ago at={each.at} /> },
    { name: t.action, class: "cell-act", cell: (each) => <Replay task={each.task_id} done={deliveries.reload} /> },
  ];
  return (
    <Card note={t.text}>
      <Loaded of={deliveries} lines={6}>
        {(rows) =>
          rows.length ? (
            <Table
              caption={t.text}
              columns={columns}
              rows={rows}
              id={(each) => `${each.at}${each.task_id}${each.moment}${each.attempt}${each.everyone}`}
            />
          ) : (
            <Empty title={t.none} text={t.noneText} />
          )
        }
      </Loaded>
      <More of={deliveries} />
    </Card>
  );
}

function Answer({ of }: { of: Delivery }) {
  const good = of.status !== null && of.status < 300;
  return (
    <Badge tone={good ? "good" : "bad"} title={of.error ?? undefined}>
      {of.status ?? of.error ?? "–"}
    </Badge>
  );
}

function Replay(props: { task: string; done: () => void }) {
  const t = useText().webhooks;
  const [busy, setBusy] = useState(false);
  const replay = async () => {
    setBusy(true);
    try {
      await replayWebhook(props.task);
      toast(t.replayed);
      props.done();
    } catch (error) {
      toastError(error);
    }
    setBusy(false);
  };
  return (
    <Button size="small" busy={busy} onClick={() => void replay()}>
      {t.replay}
    </Button>
  );
}
