/** What went wrong, as a value: the API's problem documents, and a server that cannot be reached. */

export interface FieldError {
  field: string;
  message: string;
  allowed?: unknown[];
}

export interface Problem {
  status: number;
  code: string;
  title?: string;
  detail?: string;
  advice?: string;
  errors?: FieldError[];
}

export class ApiError extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(problem.detail ?? problem.title ?? problem.code);
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }
}

/** Nothing answers: the server is down, or there is no network. */
export const UNREACHABLE = "unreachable";

export function unreachable(): ApiError {
  return new ApiError({ status: 0, code: UNREACHABLE });
}

export async function problemOf(response: Response): Promise<ApiError> {
  const after = Number(response.headers.get("retry-after") ?? NaN);
  const seconds = Number.isFinite(after) ? after : null;
  const fallback = { status: response.status, code: `http_${response.status}`, title: response.statusText };
  try {
    const told: unknown = await response.json();
    if (told && typeof told === "object") return new ApiError({ ...fallback, ...told } as Problem, seconds);
  } catch {
    // a proxy's page, or nothing
  }
  return new ApiError(fallback, seconds);
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
