/** What the server says no with: a `Status`, as the real one words it. */

const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  410: "Expired",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

export type Status = {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: unknown;
};

export const failure = (code: number, message: string, reason?: string, details?: unknown): Status => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  reason: reason ?? REASONS[code] ?? "Unknown",
  ...(details === undefined ? {} : { details }),
  code,
});

export class Refusal extends Error {
  readonly status: Status;
  readonly code: number;

  constructor(code: number, message: string, reason?: string, details?: unknown) {
    super(message);
    this.code = code;
    this.status = failure(code, message, reason, details);
  }
}
