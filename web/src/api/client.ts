/** Calls of the API. Whatever goes wrong is an ApiError. */

import { key, needKey } from "./key";
import { isAbort, problemOf, unreachable } from "./problem";

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

export interface Ask {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Statuses besides 2xx whose body is an answer: `/health` answers 503 with all that is known. */
  alsoGood?: number[];
}

export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const each of Array.isArray(value) ? value : [value]) search.append(name, String(each));
  }
  const asked = search.toString();
  return asked ? `${path}?${asked}` : path;
}

export async function call<T>(method: string, path: string, ask: Ask = {}): Promise<T> {
  const response = await respond(method, address(path, ask.query), ask);
  if (!response.ok && !ask.alsoGood?.includes(response.status)) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export const get = <T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> =>
  call<T>("GET", path, { query, signal });

export const post = <T>(path: string, body: unknown = {}, ask: Ask = {}): Promise<T> =>
  call<T>("POST", path, { ...ask, body });

export const put = <T>(path: string, body: unknown): Promise<T> => call<T>("PUT", path, { body });

export const remove = <T>(path: string): Promise<T> => call<T>("DELETE", path);

/** Return the response of a call, made again with another key as often as one is given after a 401. */
export async function respond(method: string, url: string, ask: Ask): Promise<Response> {
  for (;;) {
    const sent = key.value;
    const response = await fetched(method, url, ask, sent);
    if (response.status !== 401) return response;
    if (key.value !== sent) continue; // another call has asked meanwhile
    if (!(await needKey(sent ? "refused" : "missing"))) return response;
  }
}

async function fetched(method: string, url: string, ask: Ask, sent: string): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...ask.headers };
  if (sent) headers.Authorization = `Bearer ${sent}`;
  if (ask.body !== undefined) headers["Content-Type"] = "application/json";
  const body = ask.body === undefined ? undefined : JSON.stringify(ask.body);
  try {
    return await fetch(url, { method, headers, body, signal: ask.signal, cache: "no-store" });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw unreachable();
  }
}
