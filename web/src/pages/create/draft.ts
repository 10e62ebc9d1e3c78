/** What is asked for, as the form has it; and what the API is sent. Pure. */

import type { Catalogue, Condition, Mode, Model, Version } from "../models";

export interface Draft {
  model: string;
  version: string;
  prompt: string;
  negative: string;
  start: Mode;
  /** A `data:` URL of a file that was chosen, or an address. */
  picture: string;
  lastFrame: string;
  references: string;
  duration: number | null;
  resolution: string;
  ratio: string;
  audio: boolean;
  offPeak: boolean;
  enhance: boolean;
  interpolate: boolean;
  scene: string;
  seed: string;
  priority: number;
  labels: string;
}

export const BLANK: Draft = {
  model: "",
  version: "",
  prompt: "",
  negative: "",
  start: "text",
  picture: "",
  lastFrame: "",
  references: "",
  duration: null,
  resolution: "",
  ratio: "",
  audio: false,
  offPeak: false,
  enhance: true,
  interpolate: false,
  scene: "",
  seed: "",
  priority: 0,
  labels: "",
};

/** What can be asked for: the vendor no longer makes the others. */
export function offered(catalogue: Catalogue): Model[] {
  return catalogue.models
    .map((model) => ({ ...model, versions: model.versions.filter((version) => !version.retired) }))
    .filter((model) => !model.retired && model.versions.length);
}

export function chosen(catalogue: Catalogue, draft: Draft): { model: Model; version: Version } {
  const models = offered(catalogue);
  const model = models.find((each) => each.name === draft.model) ??
    models.find((each) => each.name === catalogue.default_model) ?? (models[0] as Model);
  const version =
    model.versions.find((each) => each.version === draft.version) ??
    model.versions.find((each) => each.version === model.default_version) ??
    (model.versions[0] as Version);
  return { model, version };
}

/** What the video may start from; where nobody says, the vendor decides. */
export function startsOf(version: Version): Mode[] {
  const { text, first_frame, reference } = version.inputs;
  const starts: [Mode, boolean | null][] = [["text", text], ["first_frame", first_frame], ["reference", reference]];
  return starts.filter(([, able]) => able !== false).map(([mode]) => mode);
}

/** Return the draft without what this version cannot do. */
export function fitted(draft: Draft, version: Version): Draft {
  const starts = startsOf(version);
  const start = starts.includes(draft.start) ? draft.start : (starts[0] ?? "text");
  const { durations, resolutions, aspect_ratios: ratios } = version;
  const known = (word: string, choice: { values: string[]; on_request: string[] } | null) =>
    choice && [...choice.values, ...choice.on_request].includes(word) ? word : "";
  const fits = (seconds: number) =>
    !durations || (durations.values.length ? durations.values.includes(seconds) : seconds >= durations.min && seconds <= durations.max);
  return {
    ...draft,
    start,
    duration: draft.duration !== null && fits(draft.duration) ? draft.duration : null,
    resolution: known(draft.resolution, resolutions),
    ratio: ratios?.applies.includes(start) ? known(draft.ratio, ratios) : "",
    audio: draft.audio && version.audio !== false,
    interpolate: draft.interpolate && version.frame_interpolate !== false,
    scene: version.scene_types?.includes(draft.scene) ? draft.scene : "",
    lastFrame: start === "first_frame" && version.inputs.last_frame !== false ? draft.lastFrame : "",
  };
}

export const secondsOf = (draft: Draft, version: Version): number | null =>
  draft.duration ?? version.durations?.default ?? null;

const lines = (text: string): string[] =>
  text.split("\n").map((line) => line.trim()).filter(Boolean);

export const referencesOf = (draft: Draft): string[] => (draft.start === "reference" ? lines(draft.references) : []);

export const isFile = (draft: Draft): boolean => draft.start === "first_frame" && draft.picture.startsWith("data:");

/** Return the body of `POST /aigc/create`; what was left alone is left to the model. */
export function bodyOf(draft: Draft, model: Model, version: Version): Record<string, unknown> {
  const labels = lines(draft.labels).map((line) => line.split(/=(.*)/s).slice(0, 2).map((part) => part.trim()));
  const framed = draft.start === "first_frame";
  const body: Record<string, unknown> = {
    model_name: model.name,
    model_version: version.version,
    prompt: draft.prompt.trim(),
    negative_prompt: draft.negative.trim(),
    image_url: framed ? draft.picture : "",
    last_frame_url: framed ? draft.lastFrame.trim() : "",
    reference_images: referencesOf(draft),
    duration: draft.duration,
    resolution: draft.resolution,
    aspect_ratio: draft.ratio,
    audio_generation: draft.audio ? "Enabled" : "",
    off_peak: draft.offPeak ? "Enabled" : "",
    enhance_prompt: draft.enhance ? "" : "Disabled",
    frame_interpolate: draft.interpolate ? "Enabled" : "",
    scene_type: draft.scene,
    seed: draft.seed.trim(),
    tasks_priority: draft.priority || "",
    metadata: Object.fromEntries(labels),
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => given(value)));
}

function given(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value && typeof value === "object") return Object.keys(value).length > 0;
  return value !== null && value !== "";
}

/** From a request on record, to make another one like it. */
export function draftOf(request: Record<string, unknown>): Draft {
  const text = (name: string) => String(request[name] ?? "");
  const references = (request.reference_images ?? []) as { url?: string }[];
  const picture = text("image_url");
  return {
    ...BLANK,
    model: text("model_name"),
    version: text("model_version"),
    prompt: text("prompt"),
    negative: text("negative_prompt"),
    start: picture || request.upload ? "first_frame" : references.length ? "reference" : "text",
    picture,
    lastFrame: text("last_frame_url"),
    references: references.map((each) => each.url ?? "").join("\n"),
    duration: request.duration ? Number(request.duration) : null,
    resolution: text("resolution"),
    ratio: text("aspect_ratio"),
    audio: request.audio_generation === "Enabled",
    offPeak: request.off_peak === "Enabled",
    enhance: request.enhance_prompt !== "Disabled",
    interpolate: request.frame_interpolate === "Enabled",
    scene: text("scene_type"),
    seed: text("seed"),
    priority: Number(request.tasks_priority ?? 0),
  };
}

export type Wrong = Record<string, string>;

export interface Words {
  promptMissing: string;
  promptLong: (most: string) => string;
  pictureMissing: string;
  notAllowed: (allowed: string) => string;
}

/** What cannot be, by the field of the body; the server looks again, and has the last word. */
export function wrongWith(draft: Draft, version: Version, t: Words): Wrong {
  const wrong: Wrong = {};
  const prompt = draft.prompt.trim();
  const most = version.prompt_max_chars;
  if (!prompt && draft.start !== "first_frame" && !draft.scene) wrong.prompt = t.promptMissing;
  if ([...prompt].length > most) wrong.prompt = t.promptLong(String(most));
  if (draft.start === "first_frame" && !draft.picture) wrong.image_url = t.pictureMissing;
  if (draft.start === "reference" && !referencesOf(draft).length) wrong.reference_images = t.pictureMissing;
  for (const each of version.impossible) {
    const facts = factsOf(draft, version);
    if (Object.entries(each.when).every(([name, condition]) => holds(condition, facts[name]))) {
      wrong[FIELDS[each.field] ?? each.field] = t.notAllowed(each.allowed.join(", "));
    }
  }
  return wrong;
}

const FIELDS: Record<string, string> = { last_frame: "last_frame_url", first_frame: "image_url" };

function factsOf(draft: Draft, version: Version): Record<string, unknown> {
  const first = draft.start === "first_frame" && Boolean(draft.picture);
  const last = draft.start === "first_frame" && Boolean(draft.lastFrame);
  const references = referencesOf(draft).length;
  return {
    duration: secondsOf(draft, version),
    resolution: draft.resolution || version.resolutions?.default,
    audio_generation: draft.audio ? "Enabled" : "Disabled",
    first_frame: first,
    last_frame: last,
    reference: references > 0,
    images: Number(first) + Number(last) + references,
  };
}

function holds(condition: Condition, fact: unknown): boolean {
  return typeof condition === "object" ? typeof fact === "number" && fact > condition.over : fact === condition;
}
