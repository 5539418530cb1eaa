import { describe, expect, test } from "vitest";
import { objectIn, parseRetryAfter, refusal } from "./answers.ts";
import { isNotFound, isNotServed, TransportError } from "./errors.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

const answer = (status: number, text: string, contentType = "application/json", retryAfter?: string) => ({
  status,
  text,
  contentType,
  retryAfter,
});

const status = (reason: string, details?: object): string =>
  JSON.stringify({ kind: "Status", reason, message: "why", details });

describe("Retry-After", () => {
  test.each([
    ["seconds", "7", 7_000],
    ["seconds with blanks", " 7 ", 7_000],
    ["zero", "0", 0],
    ["a date", "Thu, 01 Jan 2026 00:00:10 GMT", 10_000],
    ["a date that has passed", "Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["an hour as a minute", "3600", 60_000],
    ["more milliseconds than a timer can count as a minute", "3000000", 60_000],
    ["a date far ahead as a minute", "Thu, 01 Jan 2099 00:00:00 GMT", 60_000],
    ["nothing", undefined, undefined],
    ["an empty value", "", undefined],
    ["a negative number", "-3", undefined],
    ["a fraction", "1.5", undefined],
    ["nonsense", "soon", undefined],
  ])("reads %s", (_what, header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(expected);
  });
});

describe("a refusal", () => {
  test("carries the server's reason, message and pause, and says what was tried", () => {
    const error = refusal("PUT v1 pods a/b", answer(409, status("Conflict", { retryAfterSeconds: 2 })), NOW);
    expect(error).toMatchObject({ code: 409, reason: "Conflict", retryAfterMs: 2_000 });
    expect(error.message).toBe("PUT v1 pods a/b: 409 Conflict: why");
  });

  test("prefers the header's pause", () => {
    const text = status("TooManyRequests", { retryAfterSeconds: 2 });
    expect(refusal("GET x", answer(429, text, "application/json", "5"), NOW).retryAfterMs).toBe(5_000);
  });

  test.each([
    ["an hour", 3_600, 60_000],
    ["a time that has passed", -1, 0],
    ["no number", "soon", undefined],
  ])("that asks for %s in its body is heeded within reason", (_what, retryAfterSeconds, expected) => {
    const text = status("TooManyRequests", { retryAfterSeconds });
    expect(refusal("GET x", answer(429, text), NOW).retryAfterMs).toBe(expected);
  });

  test.each([
    ["a proxy's page", answer(404, "<html>secret</html>", "text/html")],
    ["the server's own word for unknown paths", answer(404, "404 page not found\n", "text/plain; charset=utf-8")],
    ["JSON of somebody else", answer(404, '{"error":"secret"}')],
    ["half a Status", answer(404, '{"kind":"Status","rea')],
  ])("in %s does not mean that an object is not there", (_what, given) => {
    const error = refusal("GET x", given, NOW);
    expect(isNotFound(error)).toBe(false);
    expect(isNotServed(error)).toBe(true);
    expect(error.message).toBe("GET x: 404");
  });
});

describe("an object", () => {
  test("is read from JSON", () => {
    expect(objectIn("GET x", answer(200, '{"a":1}', "application/json; charset=utf-8"))).toEqual({ a: 1 });
  });

  test.each([
    ["a login page", answer(200, "<html>secret</html>", "text/html")],
    ["JSON under another name", answer(200, '{"secret":1}', "text/plain")],
    ["JSON without a type", answer(200, '{"secret":1}', "")],
    ["torn JSON", answer(200, '{"secret":')],
    ["a list", answer(200, '["secret"]')],
    ["null", answer(200, "null")],
    ["nothing", answer(200, "")],
  ])("is not read from %s, and the error does not repeat it", (_what, given) => {
    expect(() => objectIn("GET x", given)).toThrow(TransportError);
    expect(() => objectIn("GET x", given)).toThrow(/^GET x: (?!.*secret)/);
  });
});
