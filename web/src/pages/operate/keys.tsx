/** API keys: made, shown once, rotated, revoked. */

import { useState } from "preact/hooks";

import { ApiError } from "../../api/problem";
import { type Key, type KeyMade, readKeys } from "../../api/operate";
import { Ago, Badge, Button, Card, type Column, Copy, Empty, Loaded, Table } from "../../ui";
import { useResource } from "../../use";
import { useText } from "./access-text";
import { KeyMadeDialog, NewKeyDialog, RevokeDialog, RotateDialog } from "./key-dialogs";

type Open = { kind: "new" } | { kind: "made"; key: KeyMade } | { kind: "rotate" | "revoke"; key: Key };

const TONES = { active: "good", expired: "neutral", revoked: "bad" } as const;

/** With it the first key is made, which no call may make. */
const FIRST = 'aigcq keys create --scope admin --name "console"';

export function Keys() {
  const t = useText().keys;
  const keys = useResource(readKeys, []);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const made = (key: KeyMade) => {
    setOpen({ kind: "made", key });
    keys.reload();
  };
  if (keys.error instanceof ApiError && keys.error.code === "first_key") return <FirstKey />;
  return (
    <Card title={t.text} aside={<Button onClick={() => setOpen({ kind: "new" })}>{t.create}</Button>}>
      <Loaded of={keys} lines={5}>
        {({ keys: rows }) => <KeyTable rows={rows} open={setOpen} />}
      </Loaded>
      {open?.kind === "new" && <NewKeyDialog onClose={close} made={made} />}
      {open?.kind === "made" && <KeyMadeDialog made={open.key} onClose={close} />}
      {open?.kind === "rotate" && <RotateDialog of={open.key} onClose={close} made={made} />}
      {open?.kind === "revoke" && <RevokeDialog of={open.key} onClose={close} done={() => (close(), keys.reload())} />}
    </Card>
  );
}

function FirstKey() {
  const t = useText().keys;
  return (
    <Card>
      <Empty title={t.openTitle} text={t.openText}>
        <p class="command">
          <code>{FIRST}</code>
          <Copy text={FIRST} />
        </p>
      </Empty>
    </Card>
  );
}

function KeyTable(props: { rows: readonly Key[]; open: (open: Open) => void }) {
  const t = useText().keys;
  const columns: Column<Key>[] = [
    {
      name: t.name,
      heads: true,
      cell: (each) => (
        <>
          {each.name || t.unnamed} <code class="muted">{each.id}</code>
        </>
      ),
    },
    { name: t.state, cell: (each) => <Badge tone={TONES[each.state]}>{t.states[each.state]}</Badge> },
    { name: t.scopes, cell: (each) => each.scopes.join(", ") },
    { name: t.tenant, cell: (each) => each.tenant },
    { name: t.used, cell: (each) => <Ago at={each.last_used_at} /> },
    { name: t.expires, cell: (each) => <Expires at={each.expires_at} /> },
    {
      name: t.action,
      class: "cell-act",
      cell: (each) =>
        each.state === "active" && (
          <span class="row cell-actions">
            <Button size="small" onClick={() => props.open({ kind: "rotate", key: each })}>
              {t.rotate}
            </Button>
            <Button size="small" kind="danger" onClick={() => props.open({ kind: "revoke", key: each })}>
              {t.revoke}
            </Button>
          </span>
        ),
    },
  ];
  return <Table caption={t.text} columns={columns} rows={props.rows} id={(each) => each.id} />;
}

function Expires({ at }: { at: string | null }) {
  const t = useText().keys;
  return at ? <time dateTime={at}>{at.slice(0, 10)}</time> : <span class="muted">{t.lives.never}</span>;
}
