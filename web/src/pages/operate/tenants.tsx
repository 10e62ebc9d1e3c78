/** What each tenant may take. */

import { useState } from "preact/hooks";

import { putTenant, readTenants, removeTenant, type Tenant, type TenantSettings } from "../../api/operate";
import { number } from "../../format";
import { Ask, Button, Card, type Column, Empty, Input, Loaded, Table, toast } from "../../ui";
import { useResource } from "../../use";
import { useText } from "./access-text";

const DEFAULTS: Tenant = {
  name: "",
  weight: 1,
  max_live: 0,
  backlog_limit: 0,
  requests_per_minute: 0,
  budget_day: 0,
  budget_month: 0,
};
const LIMITS = ["max_live", "backlog_limit", "requests_per_minute", "budget_day", "budget_month"] as const;

type Open = { kind: "edit" | "remove"; tenant: Tenant };

export function Tenants() {
  const t = useText().tenants;
  const tenants = useResource(readTenants, []);
  const [open, setOpen] = useState<Open | null>(null);
  const done = () => {
    setOpen(null);
    tenants.reload();
  };
  return (
    <Card
      title={t.text}
      aside={<Button onClick={() => setOpen({ kind: "edit", tenant: DEFAULTS })}>{t.add}</Button>}
    >
      <Loaded of={tenants} lines={4}>
        {({ tenants: rows }) => (rows.length ? <TenantTable rows={rows} open={setOpen} /> : <Empty title={t.none} />)}
      </Loaded>
      {open?.kind === "edit" && <TenantDialog of={open.tenant} onClose={() => setOpen(null)} done={done} />}
      {open?.kind === "remove" && <RemoveDialog of={open.tenant} onClose={() => setOpen(null)} done={done} />}
    </Card>
  );
}

function TenantTable(props: { rows: readonly Tenant[]; open: (open: Open) => void }) {
  const t = useText().tenants;
  const columns: Column<Tenant>[] = [
    { name: t.name, heads: true, cell: (each) => each.name },
    { name: t.weight, numeric: true, cell: (each) => number(each.weight, 2) },
    ...LIMITS.map((limit) => ({
      name: t[limit],
      numeric: true,
      cell: (each: Tenant) => (each[limit] ? number(each[limit], 2) : t.unlimited),
    })),
    {
      name: t.action,
      class: "cell-act",
      cell: (each) => (
        <span class="row cell-actions">
          <Button size="small" onClick={() => props.open({ kind: "edit", tenant: each })}>
            {t.edit}
          </Button>
          <Button size="small" kind="quiet" onClick={() => props.open({ kind: "remove", tenant: each })}>
            {t.remove}
          </Button>
        </span>
      ),
    },
  ];
  return <Table caption={t.text} columns={columns} rows={props.rows} id={(each) => each.name} />;
}

interface DialogProps {
  of: Tenant;
  onClose: () => void;
  done: () => void;
}

type Texts = Record<keyof Tenant, string>;

function TenantDialog({ of, onClose, done }: DialogProps) {
  const t = useText().tenants;
  const [given, setGiven] = useState<Texts>(textsOf(of));
  const set = (name: keyof Tenant) => (value: string) => setGiven((before) => ({ ...before, [name]: value }));
  const run = async () => {
    await putTenant(given.name.trim(), settingsOf(given));
    toast(t.saved);
    done();
  };
  return (
    <Ask title={t.title} act={t.save} disabled={!given.name.trim()} wide onClose={onClose} run={run}>
      <Input
        label={t.name}
        hint={of.name ? undefined : t.nameHint}
        value={given.name}
        onInput={set("name")}
        readOnly={Boolean(of.name)}
        required
        spellcheck={false}
      />
      <div class="fields">
        <Input label={t.weight} hint={t.weightHint} inputMode="decimal" value={given.weight} onInput={set("weight")} />
        {LIMITS.map((limit) => (
          <Input
            key={limit}
            label={t[limit]}
            hint={t.noLimit}
            inputMode="decimal"
            value={given[limit]}
            onInput={set(limit)}
          />
        ))}
      </div>
    </Ask>
  );
}

function textsOf(tenant: Tenant): Texts {
  return Object.fromEntries(Object.entries(tenant).map(([name, value]) => [name, String(value)])) as Texts;
}

function settingsOf(given: Texts): TenantSettings {
  const { name: _, ...rest } = given;
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, Number(value || 0)]),
  ) as unknown as TenantSettings;
}

function RemoveDialog({ of, onClose, done }: DialogProps) {
  const t = useText().tenants;
  const run = async () => {
    await removeTenant(of.name);
    toast(t.removed);
    done();
  };
  return (
    <Ask title={t.removeTitle} act={t.removeAct} onClose={onClose} run={run}>
      <p>{t.removeText(of.name)}</p>
    </Ask>
  );
}
