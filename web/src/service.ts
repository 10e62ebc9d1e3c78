/** How the service stands, for the shell and the pages: `/health`, read anew when something happens. */

import { signal } from "@preact/signals";

import { call } from "./api/client";
import type { Health } from "./api/types";
import { onLive, restartLive } from "./live";

export const health = signal<Health | null>(null);

/** Why it is not known, if it is not. */
export const healthError = signal<unknown>(null);

const EVERY_MS = 10_000;
const CALM_MS = 1500;

export async function readHealth(): Promise<void> {
  try {
    health.value = await call<Health>("GET", "/health", { alsoGood: [503] });
    if (healthError.value) restartLive(); // it is back: who waits to connect again need not
    healthError.value = null;
  } catch (error) {
    healthError.value = error;
  }
}

let calm: ReturnType<typeof setTimeout> | undefined;

function soon(): void {
  calm ??= setTimeout(() => {
    calm = undefined;
    void readHealth();
  }, CALM_MS);
}

export function watchHealth(): void {
  void readHealth();
  setInterval(() => !document.hidden && void readHealth(), EVERY_MS);
  onLive((live) => live.kind !== "task" && soon());
  document.addEventListener("visibilitychange", () => !document.hidden && soon());
}
