/** The two languages. A text that one of them lacks does not compile. */

import { effect, signal } from "@preact/signals";

import { remember, remembered } from "./store";

export type Language = "en" | "zh";

const asked = remembered("language") ?? navigator.language;

export const language = signal<Language>(/^zh/i.test(asked) ? "zh" : "en");

effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
});

export function speak(chosen: Language): void {
  language.value = chosen;
  remember("language", chosen);
}

/** The shape of texts, whatever they say. */
type Shape<T> = T extends (...given: infer G) => string
  ? (...given: G) => string
  : T extends string
    ? string
    : { [K in keyof T]: Shape<T[K]> };

/**
 * Return a function that gives the texts of one area in the language of the moment; a component that calls it is
 * rendered anew when the language changes. `zh` must have all that `en` has, and nothing else.
 */
export function texts<T extends object>(en: T, zh: Shape<NoInfer<T>>): () => Shape<T> {
  return () => (language.value === "zh" ? zh : (en as unknown as Shape<T>));
}

export function locale(): string {
  return language.value === "zh" ? "zh-CN" : "en-GB";
}
