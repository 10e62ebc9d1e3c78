/** The catalogue of models, read once for all pages. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { key } from "../api/key";
import { get } from "../api/client";

export type Mode = "text" | "first_frame" | "reference";

export interface Choice {
  values: string[];
  on_request: string[];
  default: string | null;
}

export interface Durations {
  values: number[];
  min: number;
  max: number;
  integer: boolean;
  default: number | null;
}

export type Condition = string | boolean | { over: number };

export interface Impossible {
  field: string;
  when: Record<string, Condition>;
  allowed: (string | number)[];
  why: string;
}

export interface Expected {
  p50: number;
  p90: number;
  samples: number;
}

export interface Version {
  version: string;
  default: boolean;
  retired: boolean;
  durations: Durations | null;
  resolutions: Choice | null;
  aspect_ratios: (Choice & { applies: Mode[] }) | null;
  inputs: { text: boolean | null; first_frame: boolean | null; last_frame: boolean | null; reference: boolean | null };
  max_reference_images: number | null;
  audio: boolean | null;
  frame_interpolate: boolean | null;
  scene_types: string[] | null;
  prompt_max_chars: number;
  impossible: Impossible[];
  typical_seconds: number | null;
  notes: string[];
  price?: unknown;
  expected_seconds?: Expected | null;
}

export interface Model {
  name: string;
  title: string;
  retired: boolean;
  default_version: string;
  versions: Version[];
}

export interface Catalogue {
  default_model: string;
  models: Model[];
  prices?: unknown;
}

export const catalogue = signal<Catalogue | null>(null);
export const catalogueError = signal<unknown>(null);

export async function readCatalogue(): Promise<void> {
  try {
    catalogueError.value = null;
    catalogue.value = await get<Catalogue>("/aigc/models");
  } catch (error) {
    catalogueError.value = error;
  }
}

export function useCatalogue(): Catalogue | null {
  useEffect(() => void readCatalogue(), [key.value]);
  return catalogue.value;
}

/** Model and version as tasks are told of them: `Hailuo-2.3`. */
export function useModelNames(): string[] {
  const models = useCatalogue()?.models ?? [];
  return models.flatMap((model) => model.versions.map((version) => `${model.name}-${version.version}`));
}
