/** Reads the API server's answers. What they say never shows up in an error, but for the server's own message. */
import { ApiError, type StatusBody, TransportError } from "./errors.ts";
import type { HttpResponse } from "./transport.ts";

export type Answer = HttpResponse & { readonly text: string };

/** Whoever asks for more, by mistake or in distress, must not blind us for longer. */
const MAX_RETRY_AFTER_MS = 60_000;

const pauseOf = (ms: number): number => Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);

/**
 * The pause that a `Retry-After` header asks for, in milliseconds, at most a minute: whole seconds or an HTTP date.
 * @param now wall clock, milliseconds
 */
export const parseRetryAfter = (header: string | undefined, now: number): number | undefined => {
  const value = header?.trim();
  if (!value) return undefined;
  if (/^\d{1,9}$/.test(value)) return pauseOf(Number(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) || !/[a-z]/i.test(value) ? undefined : pauseOf(date - now);
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const tryParse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isJson = (contentType: string): boolean => /^application\/json\b/i.test(contentType);

/** A `Status` that the API server sent; `undefined` for anything else, such as a proxy's error page. */
const statusBody = ({ contentType, text }: Answer): StatusBody | undefined => {
  const body = isJson(contentType) ? tryParse(text) : undefined;
  return isObject(body) && body["kind"] === "Status" ? (body as StatusBody) : undefined;
};

/** The error for an answer that is not 2xx. */
export const refusal = (title: string, answer: Answer, now: number): ApiError => {
  const body = statusBody(answer);
  const seconds: unknown = body?.details?.retryAfterSeconds;
  const inBody = typeof seconds === "number" ? pauseOf(seconds * 1000) : undefined;
  return new ApiError(title, answer.status, body, parseRetryAfter(answer.retryAfter, now) ?? inBody);
};

/** Whether a value is an object of the API, as far as everybody relies on it. */
export const isNamedObject = (value: unknown): boolean =>
  hasMetadata(value) && typeof value.metadata["name"] === "string";

export const hasMetadata = (value: unknown): value is { readonly metadata: Readonly<Record<string, unknown>> } =>
  isObject(value) && isObject(value["metadata"]);

/**
 * The object in a 2xx answer.
 * @throws TransportError if it is none: a login page, or half of one
 */
export const objectIn = (title: string, { contentType, text }: Answer): unknown => {
  const body = isJson(contentType) ? tryParse(text) : undefined;
  if (isObject(body)) return body;
  throw new TransportError(
    title,
    new Error(`the answer is no JSON object (${contentType || "no type"}, ${text.length} characters)`),
  );
};
