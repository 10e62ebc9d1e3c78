/** The dead letters: looked at, chosen, run again. */

import { useState } from "preact/hooks";

import { type Account, type DeadLetter, readDead, requeueDead } from "../../api/operate";
import { go, route, to } from "../../router";
import {
  Ago, Ask, Badge, Button, Card, Check, type Column, Empty, Loaded, More, Select, Table, toast, toastError, usePages,
} from "../../ui";
import { useText } from "./text";

export function Dead({ account }: { account: Account }) {
  const t = useText().dead;
  const code = route.value.query.get("code") ?? "";
  const letters = usePages((cursor, signal) => readDead(code, account, cursor, signal), [code, account]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const shown = letters.data ?? [];
  const picked = shown.filter((each) => chosen.has(each.task_id));
  const done = () => {
    setAsking(false);
    setChosen(new Set());
    letters.reload();
  };
  return (
    <Card note={t.text}>
      <div class="toolbar">
        <CodeFilter code={code} letters={shown} />
        <div class="row">
          {picked.length > 0 && <span role="status">{t.selected(picked.length)}</span>}
          <Button kind="primary" disabled={!picked.length} onClick={() => setAsking(true)}>
            {t.requeue}
          </Button>
        </div>
      </div>
      <Loaded of={letters} lines={6}>
        {(rows) =>
          rows.length ? (
            <Letters rows={rows} chosen={chosen} choose={setChosen} />
          ) : (
            <Empty title={t.none} text={letters.next ? undefined : t.noneText} />
          )
        }
      </Loaded>
      <More of={letters} />
      {asking && <RequeueDialog letters={picked} onClose={() => setAsking(false)} done={done} />}
    </Card>
  );
}

function CodeFilter(props: { code: string; letters: readonly DeadLetter[] }) {
  const t = useText().dead;
  const codes = new Set([props.code, ...props.letters.map((each) => each.error.code)].filter(Boolean));
  const options = [{ value: "", label: t.anyCode }, ...[...codes].sort().map((each) => ({ value: each, label: each }))];
  return (
    <Select
      label={t.code}
      value={props.code}
      options={options}
      onChange={(code) => go("operate/dead", { code }, true)}
    />
  );
}

interface LettersProps {
  rows: readonly DeadLetter[];
  chosen: ReadonlySet<string>;
  choose: (chosen: ReadonlySet<string>) => void;
}

function Letters({ rows, chosen, choose }: LettersProps) {
  const t = useText().dead;
  const all = rows.every((each) => chosen.has(each.task_id));
  const toggle = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    choose(next);
  };
  const columns: Column<DeadLetter>[] = [
    { name: t.task, heads: true, cell: (each) => <Chosen of={each} on={chosen.has(each.task_id)} toggle={toggle} /> },
    { name: t.error, class: "cell-long", cell: (each) => <Cause of={each} /> },
    { name: t.tenant, cell: (each) => each.tenant },
    { name: t.attempts, numeric: true, cell: (each) => each.attempt },
    { name: t.failed, cell: (each) => <Ago at={each.ended_at} /> },
  ];
  return (
    <>
      <Check
        label={t.selectAll}
        checked={all}
        onChange={(on) => choose(new Set(on ? rows.map((each) => each.task_id) : []))}
      />
      <Table caption={t.text} columns={columns} rows={rows} id={(each) => each.task_id} />
    </>
  );
}

function Chosen(props: { of: DeadLetter; on: boolean; toggle: (id: string, on: boolean) => void }) {
  const t = useText().dead;
  const id = props.of.task_id;
  return (
    <span class="chosen">
      <input
        type="checkbox"
        aria-label={t.select(id.slice(0, 8))}
        checked={props.on}
        onChange={(event) => props.toggle(id, event.currentTarget.checked)}
      />
      <a href={to(`tasks/${id}`)} title={id}>
        <code>{id.slice(0, 8)}</code>
      </a>
      <span class="muted">{props.of.model}</span>
    </span>
  );
}

function Cause({ of }: { of: DeadLetter }) {
  const t = useText().dead;
  return (
    <>
      <code>{of.error.code}</code> {of.uncertain && <Badge tone="warn">{t.uncertain}</Badge>}
      <span class="cause-text" lang="en">
        {of.error.message}
      </span>
    </>
  );
}

/** The API takes so many at once. */
const AT_ONCE = 100;

function RequeueDialog(props: { letters: readonly DeadLetter[]; onClose: () => void; done: () => void }) {
  const t = useText().dead;
  const [force, setForce] = useState(false);
  const uncertain = props.letters.filter((each) => each.uncertain).length;
  const wanted = props.letters.filter((each) => force || !each.uncertain).map((each) => each.task_id);
  const run = async () => {
    let requeued = 0;
    for (let from = 0; from < wanted.length; from += AT_ONCE) {
      const answer = await requeueDead(wanted.slice(from, from + AT_ONCE), force);
      requeued += answer.requeued;
      const refused = answer.tasks.find((each) => each.problem)?.problem;
      if (refused) toastError(new Error(refused.detail));
    }
    toast(t.done(requeued, props.letters.length));
    props.done();
  };
  return (
    <Ask
      title={t.title(props.letters.length)}
      act={t.act}
      danger={uncertain > 0}
      disabled={!wanted.length}
      onClose={props.onClose}
      run={run}
    >
      <p>{t.price}</p>
      {uncertain > 0 && (
        <>
          <p class="warning">{t.uncertainText(uncertain)}</p>
          <Check label={t.force} checked={force} onChange={setForce} />
        </>
      )}
    </Ask>
  );
}
