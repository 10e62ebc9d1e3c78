/** Sends what is asked for; errors come back by the name of their field. */

import { post } from "../../api/client";
import { ApiError } from "../../api/problem";
import type { Model, Version } from "../models";
import { type Draft, type Wrong, bodyOf, isFile } from "./draft";

/** A name for one request, so that sending it again makes no second video. Not randomUUID: that wants HTTPS. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Return the id of the task. A picture of one's own goes by the door that takes files. */
export async function send(draft: Draft, model: Model, version: Version, key: string): Promise<string> {
  const body = bodyOf(draft, model, version);
  const headers = { "Idempotency-Key": key };
  if (!isFile(draft)) return (await post<{ task_id: string }>("/aigc/create", body, { headers })).task_id;
  const { model_name, model_version, ...input } = body;
  const version_id = `${String(model_name)}-${String(model_version)}`.toLowerCase();
  return (await post<{ id: string }>("/v1/predictions", { version: version_id, input }, { headers })).id;
}

/** Return what the server finds wrong, by field; empty: it is about something else. */
export function wrongBy(error: unknown): Wrong {
  if (!(error instanceof ApiError) || error.status !== 422) return {};
  const told = (error.problem.errors ?? []).map(({ field, message, allowed }) => {
    const name = field.replace(/^input\./, "").split(".")[0] ?? field;
    const words = allowed?.length ? `${message} (${allowed.map(String).join(", ")})` : message;
    return [name, words] as const;
  });
  return Object.fromEntries(told);
}
