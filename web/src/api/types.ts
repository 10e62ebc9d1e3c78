/** What the API answers, as far as the console reads it; named as in its OpenAPI document. */

export type Status = "queued" | "processing" | "completed" | "failed" | "cancelled";

export interface Finding {
  code: string;
  severity: "error" | "warning";
  detail: string;
  action: string;
  docs: string;
}

export interface VendorHealth {
  reachable: boolean | null;
  seconds_ago: number | null;
  error: string | null;
  simulated: boolean | null;
}

export type HealthStatus = "ok" | "degraded" | "paused" | "unavailable";

export interface Health {
  status: HealthStatus;
  version: string;
  redis: boolean;
  workers: number | null;
  vendor: VendorHealth | null;
  paused: boolean;
  pause_reason: string | null;
  auth: "open" | "required" | null;
  detail: string | null;
  accounts: { name: string; status: HealthStatus; workers: number | null; detail: string | null }[];
  findings?: Finding[];
}

export interface QueueInfo {
  queue_length: number;
  active_count: number;
  max_concurrency: number;
  limited_by: "vendor" | "MAX_THRESHOLD" | "operator" | null;
  model_limits: Record<string, number>;
  waiting: number;
  processing: number;
  paused: boolean;
  pause_reason: string | null;
  oldest_queued_seconds?: number | null;
  eta?: Eta | null;
  accounts: (Omit<QueueInfo, "limited_by" | "model_limits" | "accounts"> & { name: string })[];
}

export interface Eta {
  p50_seconds: number | null;
  p90_seconds: number | null;
  samples: number;
  reason?: "paused" | "no_worker" | "not_measured" | "longer_than_ever" | null;
}

export interface TaskError {
  code: string;
  message: string;
  advice: string;
  billed: "no" | "unknown" | "yes";
  vendor_code?: string | null;
  request_id?: string | null;
}

export interface TaskEvent {
  task_id: string;
  event: string;
  status: Status;
  at: string;
  phase?: string;
  progress?: number;
  priority?: number;
  code?: string;
}

export interface QueueEvent {
  event: "limit" | "pause" | "resume";
  at: string;
  cause?: string;
  threshold?: number;
  scope?: string;
}
