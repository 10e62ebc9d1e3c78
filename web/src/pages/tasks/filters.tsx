/** The filters of the list; they are its address, so that it can be kept and shared. */

import { useEffect, useState } from "preact/hooks";

import type { TaskQuery } from "../../api/tasks";
import type { Status } from "../../api/types";
import { go } from "../../router";
import { useText } from "../../text";
import { Button, Input, Select } from "../../ui";
import { useModelNames } from "../models";
import { useTaskText } from "./text";

export const STATUSES: readonly Status[] = ["queued", "processing", "completed", "failed", "cancelled"];

const NAMES = ["status", "model", "tenant", "label", "from", "to"] as const;
export type Filters = Record<(typeof NAMES)[number], string>;

export function readFilters(query: URLSearchParams): Filters {
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ""])) as Filters;
}

export const isFiltered = (filters: Filters): boolean => NAMES.some((name) => filters[name]);

/** Return what the API is asked. */
export function asked(filters: Filters): TaskQuery {
  const [name = "", ...value] = filters.label.split("=");
  return {
    status: filters.status ? [filters.status] : [],
    model: filters.model,
    tenant: filters.tenant,
    created_after: moment(filters.from),
    created_before: moment(filters.to),
    labels: name && value.length ? { [name]: value.join("=") } : {},
  };
}

/** From the time of this place, as the browser's field gives it, to that of the API. */
function moment(local: string): string | undefined {
  const at = new Date(local);
  return local && !Number.isNaN(at.getTime()) ? at.toISOString() : undefined;
}

const change = (filters: Filters, part: Partial<Filters>) => go("tasks", { ...filters, ...part }, true);

export function FilterBar(props: { filters: Filters; withTenant: boolean }) {
  const { filters } = props;
  const t = useTaskText();
  const words = useText();
  const few = [filters.model, filters.tenant, filters.label, filters.from, filters.to].filter(Boolean).length;
  const [open, setOpen] = useState(few > 0);
  return (
    <div class="filters">
      <div class="filter-chips" role="group" aria-label={t.statusFilter}>
        {["", ...STATUSES].map((status) => (
          <button
            key={status}
            type="button"
            aria-pressed={filters.status === status}
            onClick={() => change(filters, { status })}
          >
            {status ? words.status[status as Status] : t.all}
          </button>
        ))}
      </div>
      <Button size="small" kind="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t.filters}
        {few > 0 && <span class="filter-count">{few}</span>}
      </Button>
      {open && <MoreFilters filters={filters} withTenant={props.withTenant} />}
    </div>
  );
}

function MoreFilters({ filters, withTenant }: { filters: Filters; withTenant: boolean }) {
  const t = useTaskText();
  const models = useModelNames();
  const anyModel = { value: "", label: t.anyModel };
  const options = [anyModel, ...models.map((name) => ({ value: name, label: name }))];
  const tell = (part: Partial<Filters>) => change(filters, part);
  return (
    <div class="filter-fields">
      <Select label={t.model} value={filters.model} options={options} onChange={(model) => tell({ model })} />
      {withTenant && <Typed label={t.tenant} hint={t.tenantHint} value={filters.tenant} tell={(tenant) => tell({ tenant })} />}
      <Typed
        label={t.label}
        hint={t.labelHint}
        value={filters.label}
        error={(text) => (text && !/^[^=]+=/.test(text) ? t.labelWrong : "")}
        tell={(label) => tell({ label })}
      />
      <Input label={t.after} type="datetime-local" value={filters.from} onInput={(from) => tell({ from })} />
      <Input label={t.before} type="datetime-local" value={filters.to} onInput={(to) => tell({ to })} />
      {isFiltered(filters) && (
        <Button size="small" class="filter-clear" onClick={() => go("tasks", {}, true)}>
          {t.clear}
        </Button>
      )}
    </div>
  );
}

/** A text that filters once the hand rests, or with Enter. */
function Typed(props: {
  label: string;
  hint: string;
  value: string;
  error?: (text: string) => string;
  tell: (text: string) => void;
}) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  const error = props.error?.(text) ?? "";
  useEffect(() => {
    if (text === props.value || error) return;
    const timer = setTimeout(() => props.tell(text), 400);
    return () => clearTimeout(timer);
  }, [text]);
  return <Input label={props.label} hint={props.hint} error={error} value={text} spellcheck={false} onInput={setText} />;
}
