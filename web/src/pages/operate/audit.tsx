/** Who did what. */

import { type Deed, readAudit } from "../../api/operate";
import { Ago, Card, type Column, Empty, Loaded, More, Table, usePages } from "../../ui";
import { useText } from "./access-text";

export function Audit() {
  const t = useText().audit;
  const deeds = usePages(readAudit, []);
  const columns: Column<Deed>[] = [
    { name: t.did, heads: true, cell: (each) => each.did },
    { name: t.on, class: "cell-long", cell: (each) => each.on && <code>{each.on}</code> },
    { name: t.detail, class: "cell-long", cell: (each) => each.detail || null },
    { name: t.result, cell: (each) => each.result },
    { name: t.who, cell: (each) => <Who of={each} /> },
    { name: t.at, cell: (each) => <Ago at={each.at} /> },
  ];
  return (
    <Card note={t.text}>
      <Loaded of={deeds} lines={6}>
        {(rows) =>
          rows.length ? (
            <Table caption={t.text} columns={columns} rows={rows} id={(each) => each.id} />
          ) : (
            <Empty title={t.none} />
          )
        }
      </Loaded>
      <More of={deeds} />
    </Card>
  );
}

function Who({ of }: { of: Deed }) {
  const t = useText().audit;
  return (
    <>
      {of.name || of.key || t.whos[of.who]}
      <span class="muted">
        {" "}
        {of.name && t.whos[of.who]} {of.address}
      </span>
    </>
  );
}
