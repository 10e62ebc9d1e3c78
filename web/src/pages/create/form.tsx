/** The form; it keeps what was typed for as long as the tab lives. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { readTask } from "../../api/tasks";
import { duration } from "../../format";
import { locale } from "../../i18n";
import { route } from "../../router";
import { forget, remember, remembered } from "../../store";
import { Button, Select, toastError } from "../../ui";
import type { Catalogue, Version } from "../models";
import { BLANK, type Draft, type Wrong, chosen, draftOf, fitted, offered, wrongWith } from "./draft";
import { MoreFields, PromptField, ShapeFields, StartFields, SwitchFields } from "./fields";
import { type Estimate, estimate } from "./price";
import { newKey, send, wrongBy } from "./send";
import { useCreateText } from "./text";

const DRAFT = "draft";

function kept(): Draft {
  try {
    return { ...BLANK, ...(JSON.parse(remembered(DRAFT) ?? "{}") as Partial<Draft>) };
  } catch {
    return BLANK;
  }
}

function keep(draft: Draft): void {
  // A file would not fit.
  const small = draft.picture.startsWith("data:") ? { ...draft, picture: "" } : draft;
  remember(DRAFT, JSON.stringify(small), false);
}

function useDraft(): [Draft, (part: Partial<Draft>) => void, () => void] {
  const [draft, setDraft] = useState(kept);
  const from = route.value.query.get("from");
  useEffect(() => {
    if (!from) return;
    readTask(from).then((task) => setDraft(draftOf(task.request ?? {})), toastError);
  }, [from]);
  useEffect(() => keep(draft), [draft]);
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  return [draft, change, () => (forget(DRAFT), setDraft({ ...BLANK, model: draft.model, version: draft.version }))];
}

interface FormProps {
  catalogue: Catalogue;
  prompt: string;
  created: (id: string) => void;
}

export function CreateForm({ catalogue, prompt, created }: FormProps) {
  const t = useCreateText();
  const [typed, change, clear] = useDraft();
  const { model, version } = chosen(catalogue, typed);
  const draft = useMemo(() => fitted(typed, version), [typed, version]);
  const [wrong, setWrong] = useState<Wrong>({});
  const { busy, submit } = useSubmit({ draft, model, version, created, setWrong });
  useEffect(() => {
    if (prompt) change({ prompt });
  }, [prompt]);
  const fields = {
    draft,
    version,
    wrong,
    change: (part: Partial<Draft>) => (setWrong({}), change(part)),
  };
  return (
    <form class="card create-form" noValidate onSubmit={(event) => (event.preventDefault(), void submit())}>
      <ModelFields catalogue={catalogue} version={version} modelName={model.name} wrong={wrong} change={fields.change} />
      <PromptField {...fields} />
      <StartFields {...fields} />
      <ShapeFields {...fields} />
      <SwitchFields {...fields} />
      <details class="more-fields">
        <summary>{t.more}</summary>
        <div class="stack">
          <MoreFields {...fields} />
        </div>
      </details>
      <footer class="create-foot">
        <Terms draft={draft} version={version} />
        <span class="row">
          <Button kind="quiet" onClick={clear}>
            {t.another}
          </Button>
          <Button kind="primary" type="submit" busy={busy}>
            {t.submit}
          </Button>
        </span>
      </footer>
    </form>
  );
}

interface Submit extends ReturnType<typeof chosen> {
  draft: Draft;
  created: (id: string) => void;
  setWrong: (wrong: Wrong) => void;
}

function useSubmit({ draft, model, version, created, setWrong }: Submit) {
  const t = useCreateText();
  const [busy, setBusy] = useState(false);
  const key = useRef(newKey());
  useEffect(() => void (key.current = newKey()), [draft]);
  const submit = async () => {
    const found = wrongWith(draft, version, t);
    setWrong(found);
    if (Object.keys(found).length) return focusWrong();
    setBusy(true);
    try {
      created(await send(draft, model, version, key.current));
      key.current = newKey();
    } catch (error) {
      const told = wrongBy(error);
      setWrong(told);
      focusWrong(() => toastError(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, submit };
}

/** What is wrong is looked at next; `unseen` is called if no field shows it. */
function focusWrong(unseen?: () => void): void {
  requestAnimationFrame(() => {
    const first = document.querySelector<HTMLElement>(".create-form [aria-invalid], .create-form .field-error");
    if (!first) return unseen?.();
    first.closest("details")?.setAttribute("open", "");
    first.scrollIntoView({ block: "center" });
    if (first.matches("[aria-invalid]")) first.focus();
  });
}

function ModelFields(props: {
  catalogue: Catalogue;
  modelName: string;
  version: Version;
  wrong: Wrong;
  change: (part: Partial<Draft>) => void;
}) {
  const t = useCreateText();
  const models = offered(props.catalogue);
  const versions = models.find((each) => each.name === props.modelName)?.versions ?? [];
  return (
    <>
      <div class="pair">
        <Select
          label={t.model}
          value={props.modelName}
          error={props.wrong.model_name}
          options={models.map((each) => ({ value: each.name, label: each.title }))}
          onChange={(model) => props.change({ model, version: "" })}
        />
        <Select
          label={t.version}
          value={props.version.version}
          error={props.wrong.model_version}
          options={versions.map((each) => ({ value: each.version, label: each.version }))}
          onChange={(version) => props.change({ model: props.modelName, version })}
        />
      </div>
      {props.version.notes.length > 0 && <p class="field-hint notes">{props.version.notes.map((note) => t.notes[note] ?? note).join(" ")}</p>}
    </>
  );
}

/** How long it takes, and what it costs, as far as that is known. */
function Terms({ draft, version }: { draft: Draft; version: Version }) {
  const t = useCreateText();
  const { expected_seconds: expected, typical_seconds: typical } = version;
  const time = expected
    ? t.takes(duration(expected.p50), duration(expected.p90))
    : typical && !draft.offPeak
      ? t.typically(duration(typical))
      : "";
  return (
    <p class="terms" aria-live="polite">
      {time && <span>{time}</span>}
      <span>{costOf(estimate(draft, version), t)}</span>
    </p>
  );
}

function costOf(told: Estimate, t: ReturnType<typeof useCreateText>): string {
  const money = (amount: number, currency: string) =>
    amount.toLocaleString(locale(), { style: "currency", currency, maximumFractionDigits: 4 });
  switch (told.kind) {
    case "amount":
      return t.costs(money(told.amount, told.currency));
    case "between":
      return t.costsBetween(money(Number(told.least), told.currency), money(Number(told.most), told.currency));
    case "elsewise":
      return t.elsewise;
    default:
      return t.noPrice;
  }
}
