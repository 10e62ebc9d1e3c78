/** The parts of the form; each shows what the chosen version can do, and nothing else. */

import { duration, number } from "../../format";
import { Check, Field, Input, Select } from "../../ui";
import { type Version } from "../models";
import { Chips, Shape } from "./chips";
import { type Draft, type Wrong, secondsOf, startsOf } from "./draft";
import { PictureField } from "./picture";
import { useCreateText } from "./text";

export interface FieldsProps {
  draft: Draft;
  version: Version;
  wrong: Wrong;
  change: (part: Partial<Draft>) => void;
}

export function PromptField({ draft, version, wrong, change }: FieldsProps) {
  const t = useCreateText();
  const count = [...draft.prompt.trim()].length;
  const hint = `${t.promptHint} ${t.chars(number(count), number(version.prompt_max_chars))}`;
  return (
    <Field label={t.prompt} hint={hint} error={wrong.prompt}>
      {(attributes) => (
        <textarea
          {...attributes}
          class="input prompt"
          rows={4}
          placeholder={t.promptPlaceholder}
          value={draft.prompt}
          onInput={(event) => change({ prompt: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

export function StartFields(props: FieldsProps) {
  const { draft, version, wrong, change } = props;
  const t = useCreateText();
  const starts = startsOf(version).map((value) => ({ value, label: t.starts[value] }));
  return (
    <>
      <Chips
        label={t.start}
        value={draft.start}
        options={starts}
        onChange={(start) => change({ start: start as Draft["start"] })}
      />
      {draft.start === "first_frame" && (
        <PictureField value={draft.picture} error={wrong.image_url} onChange={(picture) => change({ picture })} />
      )}
      {draft.start === "first_frame" && version.inputs.last_frame !== false && (
        <Input
          label={t.lastFrame}
          hint={t.lastHint}
          error={wrong.last_frame_url}
          type="url"
          placeholder="https://"
          value={draft.lastFrame}
          onInput={(lastFrame) => change({ lastFrame })}
        />
      )}
      {draft.start === "reference" && <References {...props} />}
    </>
  );
}

function References({ draft, version, wrong, change }: FieldsProps) {
  const t = useCreateText();
  const most = version.max_reference_images ?? 12;
  return (
    <Field label={t.references} hint={t.referencesHint(most)} error={wrong.reference_images}>
      {(attributes) => (
        <textarea
          {...attributes}
          class="input"
          rows={3}
          spellcheck={false}
          placeholder="https://"
          value={draft.references}
          onInput={(event) => change({ references: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

export function ShapeFields({ draft, version, wrong, change }: FieldsProps) {
  const t = useCreateText();
  const { resolutions, aspect_ratios: ratios } = version;
  const auto = { value: "", label: t.auto };
  const shapes = ratios?.applies.includes(draft.start) ? [...ratios.values, ...ratios.on_request] : [];
  const sizes = resolutions ? [...resolutions.values, ...resolutions.on_request] : [];
  return (
    <>
      <DurationField draft={draft} version={version} wrong={wrong} change={change} />
      <Chips
        label={t.resolution}
        value={draft.resolution || (resolutions?.default ?? "")}
        options={sizes.map((value) => ({
          value,
          label: resolutions?.on_request.includes(value) ? `${value} *` : value,
          title: resolutions?.on_request.includes(value) ? t.onRequest : undefined,
        }))}
        error={wrong.resolution}
        onChange={(resolution) => change({ resolution })}
      />
      {shapes.length > 0 && (
        <Chips
          label={t.ratio}
          value={draft.ratio || (ratios?.default ?? "")}
          options={[
            ...(ratios?.default ? [] : [auto]),
            ...shapes.map((value) => ({ value, label: [<Shape key="shape" ratio={value} />, value] })),
          ]}
          error={wrong.aspect_ratio}
          onChange={(ratio) => change({ ratio })}
        />
      )}
    </>
  );
}

const FEW = 6;

function DurationField({ draft, version, wrong, change }: FieldsProps) {
  const t = useCreateText();
  const { durations } = version;
  const seconds = secondsOf(draft, version);
  if (!durations) return null;
  const count = durations.values.length;
  if (count && count <= FEW) {
    return (
      <Chips
        label={t.duration}
        value={String(seconds ?? "")}
        options={durations.values.map((each) => ({ value: String(each), label: duration(each) }))}
        error={wrong.duration}
        onChange={(each) => change({ duration: Number(each) })}
      />
    );
  }
  return (
    <Field label={t.duration} error={wrong.duration}>
      {(attributes) => (
        <span class="range">
          <input
            {...attributes}
            type="range"
            min={durations.min}
            max={durations.max}
            step={1}
            value={seconds ?? durations.min}
            onInput={(event) => change({ duration: Number(event.currentTarget.value) })}
          />
          <output>{duration(seconds)}</output>
        </span>
      )}
    </Field>
  );
}

export function SwitchFields({ draft, version, change }: FieldsProps) {
  const t = useCreateText();
  return (
    <div class="switches">
      {version.audio !== false && <Check label={t.audio} checked={draft.audio} onChange={(audio) => change({ audio })} />}
      <Check label={t.enhance} checked={draft.enhance} onChange={(enhance) => change({ enhance })} />
    </div>
  );
}

export function MoreFields({ draft, version, wrong, change }: FieldsProps) {
  const t = useCreateText();
  const scenes = (version.scene_types ?? []).map((value) => ({ value, label: value }));
  return (
    <>
      <Input label={t.negative} error={wrong.negative_prompt} value={draft.negative} onInput={(negative) => change({ negative })} />
      {scenes.length > 0 && (
        <Select
          label={t.scene}
          error={wrong.scene_type}
          value={draft.scene}
          options={[{ value: "", label: t.none }, ...scenes]}
          onChange={(scene) => change({ scene })}
        />
      )}
      <div class="pair">
        <Input
          label={t.seed}
          hint={t.seedHint}
          error={wrong.seed}
          inputMode="numeric"
          value={draft.seed}
          onInput={(seed) => change({ seed })}
        />
        <Input
          label={t.priority}
          hint="-10 – 10"
          error={wrong.tasks_priority}
          type="number"
          min={-10}
          max={10}
          value={String(draft.priority)}
          onInput={(priority) => change({ priority: Number(priority) })}
        />
      </div>
      <Field label={t.labels} hint={t.labelsHint} error={wrong.metadata}>
        {(attributes) => (
          <textarea
            {...attributes}
            class="input labels-field"
            rows={2}
            spellcheck={false}
            value={draft.labels}
            onInput={(event) => change({ labels: event.currentTarget.value })}
          />
        )}
      </Field>
      <Check label={t.offPeak} hint={t.offPeakHint} checked={draft.offPeak} onChange={(offPeak) => change({ offPeak })} />
      {version.frame_interpolate !== false && (
        <Check label={t.interpolate} checked={draft.interpolate} onChange={(interpolate) => change({ interpolate })} />
      )}
    </>
  );
}
