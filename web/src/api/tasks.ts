/** Calls about tasks, and what they answer; named as in the OpenAPI document. */

import { get, post, remove } from "./client";
import type { Status, TaskError } from "./types";

export interface VideoResult {
  video_url?: string;
  source_url?: string;
  thumbnail_url?: string;
  expires_at?: string;
  duration?: number;
  width?: number;
  height?: number;
  bytes?: number;
  output_seconds?: number;
  stored?: { bytes?: number };
}

export interface ListedTask {
  task_id: string;
  status: Status;
  result: VideoResult | null;
  error: TaskError | null;
  phase: string | null;
  progress: number;
  model: string;
  attempt: number;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  run_after: string | null;
  cancel_requested: boolean;
  metadata: Record<string, unknown>;
  prompt?: string;
  tenant?: string | null;
  account?: string | null;
}

export interface TaskPage {
  tasks: ListedTask[];
  next_cursor: string | null;
}

export interface Eta {
  p50_seconds: number | null;
  p90_seconds: number | null;
  samples: number;
  reason: "paused" | "no_worker" | "not_measured" | "longer_than_ever" | null;
}

export interface Cost {
  currency: string;
  estimated: string | number | null;
  final: string | number | null;
  billed_seconds: number | null;
}

export interface TaskStatus extends ListedTask {
  position: number | null;
  vendor_task_id: string | null;
  session_id: string | null;
  eta: Eta | null;
  cost: Cost | null;
  request: Record<string, unknown> | null;
}

export interface TimelineEvent {
  at: string;
  event: string;
  status: Status | null;
  phase: string | null;
  cause: string | null;
  code: string | null;
  progress: number | null;
  priority?: number | null;
  attempt: number | null;
  vendor_task_id: string | null;
  session_id: string | null;
  consumer: string | null;
}

export interface Attempt {
  attempt: number;
  session_id: string | null;
  vendor_task_id: string | null;
  begun_at: string | null;
  ended_at: string | null;
  outcome: string | null;
  code?: string | null;
}

export interface Timeline {
  task_id: string;
  events: TimelineEvent[];
  attempts: Attempt[];
  complete: boolean;
}

export interface Cancelled {
  result: "cancelled" | "cancel_requested" | "too_late";
  billed: "no" | "yes" | "unknown";
}

export interface TaskQuery {
  status?: readonly string[];
  model?: string;
  tenant?: string;
  created_after?: string;
  created_before?: string;
  /** Labels: `order=A-1`. */
  labels?: Record<string, string>;
}

const LOOKS = 6;

/** A page of tasks. A call may find none although there are more behind: then it is asked again, a few times. */
export async function listTasks(asked: TaskQuery, limit: number, cursor: string, signal: AbortSignal): Promise<TaskPage> {
  const { labels = {}, ...rest } = asked;
  const named = Object.fromEntries(Object.entries(labels).map(([name, value]) => [`metadata.${name}`, value]));
  let page: TaskPage = { tasks: [], next_cursor: cursor };
  for (let look = 0; look < LOOKS; look += 1) {
    page = await get<TaskPage>("/aigc/tasks", { ...rest, ...named, limit, cursor: page.next_cursor }, signal);
    if (page.tasks.length || !page.next_cursor) break;
  }
  return page;
}

export const readTask = (id: string, signal?: AbortSignal) => get<TaskStatus>(`/aigc/status/${id}`, {}, signal);

export const readTimeline = (id: string, signal?: AbortSignal) =>
  get<Timeline>(`/aigc/tasks/${id}/timeline`, {}, signal);

export const cancelTask = (id: string) => post<Cancelled>(`/aigc/tasks/${id}/cancel`);

export const requeueTask = (id: string, force: boolean) =>
  post<{ attempt: number; position: number | null }>(`/aigc/tasks/${id}/requeue`, { force });

export const moveTask = (id: string, priority: number) =>
  post<{ priority: number; position: number | null }>(`/aigc/tasks/${id}/priority`, { priority });

export const eraseTask = (id: string) => remove<void>(`/aigc/tasks/${id}`);

/**
 * Return an address as this page can use it: files of ours are signed for their path, and may be told with another
 * name of the host than the one that this page came by.
 */
export function fileAddress(url: string | undefined | null): string | undefined {
  if (!url) return undefined;
  try {
    const parts = new URL(url, location.href);
    return parts.pathname.startsWith("/aigc/videos/") ? parts.pathname + parts.search : url;
  } catch {
    return undefined;
  }
}

export const isOpen = (status: Status): boolean => status === "queued" || status === "processing";

/** What people see instead of 36 characters. */
export const shortId = (id: string): string => id.slice(0, 8);
