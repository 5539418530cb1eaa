/** What the API server, or the way to it, answered instead of success. The class carries how to treat it. */

/** The `Status` object in the body of a refused request. */
export type StatusBody = {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly causes?: readonly { readonly message?: string; readonly field?: string; readonly reason?: string }[];
    readonly retryAfterSeconds?: number;
  };
};

/**
 * An HTTP answer that is not 2xx. `code` is the HTTP status; `reason` the API's word for it, such as `AlreadyExists`.
 * Without a `body` it did not come from an API server that knows the kind: a proxy answered, or the kind is not served.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: number;
  readonly reason: string;
  /** From the `Retry-After` header or the body, if the server asked for a pause; at most a minute. */
  readonly retryAfterMs: number | undefined;
  readonly body: StatusBody | undefined;

  constructor(request: string, code: number, body?: StatusBody, retryAfterMs?: number) {
    const reason = body?.reason ? ` ${body.reason}` : "";
    const message = body?.message ? `: ${body.message}` : "";
    super(`${request}: ${code}${reason}${message}`);
    this.code = code;
    this.reason = body?.reason ?? "";
    this.retryAfterMs = retryAfterMs;
    this.body = body;
  }
}

/** What went wrong, in words; the errors of happy eyeballs have only a code. */
const describe = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || String((cause as NodeJS.ErrnoException).code ?? cause.name);
};

/** No answer: refused, reset, timed out, or an answer that is not JSON. Retry with back-off. */
export class TransportError extends Error {
  override readonly name = "TransportError";

  constructor(request: string, cause: unknown) {
    super(`${request}: ${describe(cause)}`, { cause });
  }
}

/** The cause of a watch that ended because nothing came for too long. */
export class StreamSilent extends Error {
  override readonly name = "StreamSilent";

  constructor(ms: number) {
    super(`not a byte for ${ms} ms`);
  }
}

export const isSilent = (error: unknown): boolean =>
  error instanceof TransportError && error.cause instanceof StreamSilent;

/** Only the API server's own word counts: a proxy's 404 must not pass for "there is no such object". */
const hasCode = (error: unknown, code: number): error is ApiError =>
  error instanceof ApiError && error.code === code && error.body !== undefined;

export const isNotFound = (error: unknown): boolean => hasCode(error, 404);
/** The kind itself is not served (its CRD is missing or not yet established), or a proxy does not know the path. */
export const isNotServed = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 404 && error.body === undefined;
export const isAlreadyExists = (error: unknown): boolean => hasCode(error, 409) && error.reason === "AlreadyExists";
/** The object moved on since it was read: read it again and start over. */
export const isConflict = (error: unknown): boolean => hasCode(error, 409) && error.reason !== "AlreadyExists";
/** The resource version is too old to list or watch from. */
export const isGone = (error: unknown): boolean => hasCode(error, 410);
export const isForbidden = (error: unknown): boolean => hasCode(error, 403);
/** The object, or a `test` of a JSON Patch, was refused. */
export const isInvalid = (error: unknown): boolean => hasCode(error, 422);
/** A `test` of a JSON Patch was refused: unlike a refused object it comes without causes. */
export const isFailedTest = (error: unknown): boolean =>
  hasCode(error, 422) && (error.body?.details?.causes ?? []).length === 0;
