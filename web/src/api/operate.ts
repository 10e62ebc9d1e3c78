/** Calls for operators, and what they answer; named as in the OpenAPI document. */

import { call, get, post, put, remove } from "./client";
import type { Problem } from "./problem";
import type { TaskError } from "./types";

/** Empty: all accounts. */
export type Account = string;

export interface Worker {
  consumer: string;
  alive: boolean;
  last_beat_at: string | null;
  seconds_ago: number | null;
  account: string | null;
  draining: boolean;
  holds: { task_id: string; phase: string | null; vendor_task_id: string | null; since: string | null }[];
}

export interface Bounds {
  minimum: number | null;
  maximum: number | null;
}

export interface QueueLimit {
  account: string | null;
  minimum: number;
  maximum: number;
  threshold: number;
  live: number;
  operator: Bounds;
  settings: Bounds;
  accounts: QueueLimit[];
}

export interface DeadLetter {
  task_id: string;
  tenant: string;
  account: string | null;
  model: string;
  attempt: number;
  tries: number;
  session_id: string;
  vendor_task_id: string | null;
  created_at: string;
  ended_at: string;
  error: TaskError;
  uncertain: boolean;
}

export interface RequeuedOne {
  task_id: string;
  requeued: boolean;
  problem: Problem | null;
}

export interface Delivery {
  task_id: string;
  moment: "start" | "end";
  attempt: number;
  at: string;
  status: number | null;
  error: string | null;
  ms: number;
  host: string;
  everyone: boolean;
}

export type Scope = "create" | "read" | "admin";

export interface Key {
  id: string;
  tenant: string;
  name: string;
  scopes: Scope[];
  state: "active" | "expired" | "revoked";
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
}

export interface KeyMade extends Key {
  /** Shown this once. */
  key: string;
}

export interface NewKey {
  tenant: string;
  name: string;
  scopes: Scope[];
  expires_in_seconds: number | null;
}

export interface TenantSettings {
  weight: number;
  max_live: number;
  backlog_limit: number;
  requests_per_minute: number;
  budget_day: number;
  budget_month: number;
}

export interface Tenant extends TenantSettings {
  name: string;
}

export interface Deed {
  id: string;
  at: string;
  who: string;
  name: string;
  key: string;
  tenant: string;
  address: string;
  did: string;
  on: string;
  detail: string;
  result: string;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

type Abort = AbortSignal;
const path = encodeURIComponent;

export const pauseQueue = (reason: string, move: boolean, account: Account) =>
  post("/aigc/queue/pause", move ? { reason, move } : { reason }, { query: { account } });

export const resumeQueue = (account: Account) => call("POST", "/aigc/queue/resume", { query: { account } });

export const readLimit = (account: Account, signal: Abort) => get<QueueLimit>("/aigc/queue/limit", { account }, signal);

export const setLimit = (bounds: Bounds, account: Account) =>
  call<QueueLimit>("PUT", "/aigc/queue/limit", { body: bounds, query: { account } });

export const resetLimit = (account: Account) => call<unknown>("DELETE", "/aigc/queue/limit", { query: { account } });

export const readWorkers = (account: Account, signal: Abort) =>
  get<{ workers: Worker[] }>("/aigc/workers", { account }, signal);

export const drainWorker = (worker: Worker) =>
  call("POST", `/aigc/workers/${path(worker.consumer)}/drain`, { query: { account: worker.account } });

export async function readDead(code: string, account: Account, cursor: string, signal: Abort): Promise<Page<DeadLetter>> {
  type Answer = { tasks: DeadLetter[]; next_cursor: string | null };
  const answer = await get<Answer>("/aigc/dead", { code, account, cursor, limit: 50 }, signal);
  return { items: answer.tasks, next: answer.next_cursor };
}

export const requeueDead = (ids: string[], force: boolean) =>
  post<{ tasks: RequeuedOne[]; requeued: number }>("/aigc/dead/requeue", { task_ids: ids, force });

export async function readDeliveries(cursor: string, signal: Abort): Promise<Page<Delivery>> {
  type Answer = { deliveries: Delivery[]; next_cursor: string | null };
  const answer = await get<Answer>("/aigc/webhooks/deliveries", { cursor }, signal);
  return { items: answer.deliveries, next: answer.next_cursor };
}

export const replayWebhook = (task: string) => call("POST", `/aigc/webhooks/deliveries/${path(task)}/replay`);

export const readKeys = (signal: Abort) => get<{ keys: Key[] }>("/aigc/keys", {}, signal);
export const createKey = (key: NewKey) => post<KeyMade>("/aigc/keys", key);
export const rotateKey = (id: string, overlap: number) =>
  post<KeyMade>(`/aigc/keys/${path(id)}/rotate`, { overlap_seconds: overlap });
export const revokeKey = (id: string) => remove(`/aigc/keys/${path(id)}`);

export const readTenants = (signal: Abort) => get<{ tenants: Tenant[] }>("/aigc/tenants", {}, signal);
export const putTenant = (name: string, settings: TenantSettings) => put<Tenant>(`/aigc/tenants/${path(name)}`, settings);
export const removeTenant = (name: string) => remove(`/aigc/tenants/${path(name)}`);

export async function readAudit(cursor: string, signal: Abort): Promise<Page<Deed>> {
  const answer = await get<{ entries: Deed[]; next_cursor: string | null }>("/aigc/audit", { cursor }, signal);
  return { items: answer.entries, next: answer.next_cursor };
}
