/** The API key, and asking for one: whoever is refused with 401 waits here until a key was given or declined. */

import { signal } from "@preact/signals";

import { forget, remember, remembered } from "../store";

export const key = signal<string>(remembered("key") ?? "");

/** Why the dialog is open: no key was given yet, or the one that was is not accepted; null: it is closed. */
export const asking = signal<"missing" | "refused" | "change" | null>(null);

let waiting: ((given: boolean) => void)[] = [];

/** Who has closed the dialog is not asked again by what is read now and then, only by a button. */
let declined = false;

/** Ask for a key because a call was refused; resolve to whether one was given. */
export function needKey(why: "missing" | "refused"): Promise<boolean> {
  return declined ? Promise.resolve(false) : askForKey(why);
}

/** Open the dialog unless it is open; resolve to whether a key was given. */
export function askForKey(why: "missing" | "refused" | "change"): Promise<boolean> {
  asking.value ??= why;
  return new Promise((resolve) => waiting.push(resolve));
}

export function giveKey(given: string, lasting: boolean): void {
  declined = false;
  key.value = given.trim();
  remember("key", key.value, lasting);
  close(true);
}

export function declineKey(): void {
  declined = true;
  close(false);
}

export function forgetKey(): void {
  declined = false;
  key.value = "";
  forget("key");
}

function close(given: boolean): void {
  asking.value = null;
  const told = waiting;
  waiting = [];
  for (const resolve of told) resolve(given);
}
