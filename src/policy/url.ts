/** URLs: one normal form, so that what is compared is what is used. What has no normal form is refused, never repaired. */
import { type Host, parseHost } from "./host.ts";

/** An https URL in its normal form. */
export type NormalUrl = string & { readonly __brand: "NormalUrl" };

export type UrlResult =
  | { readonly ok: true; readonly url: NormalUrl; readonly host: Host }
  | { readonly ok: false; readonly problem: string };

export const MAX_URL_LENGTH = 2048;

const PARTS = /^https:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?$/i;
/** RFC 3986: `pchar` and `/`; in a query also `?`, and brackets, which many services use there. */
const PATH = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*$/;
const QUERY = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/%?[\]]*$/;
/** Some servers cut what follows `;` before they resolve dots. The semicolon may be escaped. */
const HIDDEN_DOTS = /\/\.{1,2}(;|%3B)/;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

const refuse = (problem: string): UrlResult => ({ ok: false, problem });

/**
 * The normal form of an https URL: lower-case scheme and canonical host, no port, dot segments resolved, escapes of
 * unreserved characters decoded and the others in upper case. The problem is a sentence without a subject: "must ...".
 *
 * Refused: other schemes, user names, ports but 443, fragments, raw characters outside of RFC 3986, control characters,
 * malformed escapes, and in the path whatever two readers could split differently: an escaped slash, backslash, dot or
 * percent sign, and `..;`.
 */
export const normalizeUrl = (text: string): UrlResult => {
  if (text.length > MAX_URL_LENGTH) return refuse(`must have at most ${MAX_URL_LENGTH} characters`);
  const match = PARTS.exec(text);
  if (match === null) return refuse("must be an https URL without a fragment, such as 'https://example.com/path'");
  const [, authority = "", path = "", query = ""] = match;
  if (authority.includes("@")) return refuse("must not have a user name or password before the host");
  const host = parseHost(authority.endsWith(":443") ? authority.slice(0, -":443".length) : authority);
  if (!host.ok) return refuse(`must have a public host name and no port but 443: the host ${host.problem}`);
  const problem = pathProblem(path) ?? queryProblem(query);
  if (problem !== undefined) return refuse(problem);
  const resolved = resolveDots(normalizeEscapes(path));
  if (HIDDEN_DOTS.test(resolved)) return refuse("must not have a path segment that starts with '.;' or '..;'");
  const url = `https://${host.host}${resolved}${query === "?" ? "" : normalizeEscapes(query)}`;
  return { ok: true, url: url as NormalUrl, host: host.host };
};

const pathProblem = (path: string): string | undefined => {
  if (!PATH.test(path)) return "must have only plain or percent-encoded characters in its path; no space or backslash";
  if (path.includes("%") && /%2[ef5]|%5c/i.test(path)) {
    return "must not have a percent-encoded dot, slash, backslash or percent sign in its path";
  }
  return escapeProblem(path);
};

const queryProblem = (query: string): string | undefined =>
  query === "" || QUERY.test(query)
    ? escapeProblem(query)
    : "must have only plain or percent-encoded characters in its query";

const escapeProblem = (part: string): string | undefined => {
  if (!part.includes("%")) return undefined;
  const decoded = decode(part);
  if (decoded === undefined) return "must have only escapes of two hexadecimal digits that form UTF-8";
  return /\p{Cc}/u.test(decoded) ? "must not have control characters" : undefined;
};

const decode = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
};

const normalizeEscapes = (part: string): string =>
  part.includes("%") ? part.replace(/%[0-9A-Fa-f]{2}/g, normalEscape) : part;

const normalEscape = (escaped: string): string => {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  return UNRESERVED.test(character) ? character : escaped.toUpperCase();
};

/** RFC 3986, section 5.2.4, for a path that is empty or starts with a slash. */
const resolveDots = (path: string): string => {
  if (!path.includes("/.")) return path === "" ? "/" : path;
  const segments = path.split("/").slice(1);
  const kept: string[] = [];
  segments.forEach((segment, index) => {
    const dots = segment === "." || segment === "..";
    if (segment === "..") kept.pop();
    if (!dots) kept.push(segment);
    else if (index === segments.length - 1) kept.push("");
  });
  return `/${kept.join("/")}`;
};

/** Whether a URL lies under a prefix. Both in normal form; a prefix that does not end in `/` covers nothing. */
export const isUnderPrefix = (url: NormalUrl, prefix: NormalUrl): boolean =>
  prefix.endsWith("/") && !prefix.includes("?") && url.startsWith(prefix);
