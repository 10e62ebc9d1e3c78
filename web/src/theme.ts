/** Light, dark, or as the system has it. */

import { computed, effect, signal } from "@preact/signals";

import { forget, remember, remembered } from "./store";

export type Theme = "light" | "dark" | "auto";

const system = matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(system.matches);
system.addEventListener("change", (event) => (systemIsDark.value = event.matches));

const kept = remembered("theme");

export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "auto");

/** For what is drawn on a canvas: there the colours of the stylesheet have to be read anew. */
export const isDark = computed(() => (theme.value === "auto" ? systemIsDark.value : theme.value === "dark"));

effect(() => {
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});

export function wear(chosen: Theme): void {
  theme.value = chosen;
  if (chosen === "auto") forget("theme");
  else remember("theme", chosen);
}
