import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isUnderPrefix, MAX_URL_LENGTH, type NormalUrl, normalizeUrl } from "./url.ts";

const normal = (text: string): string => {
  const result = normalizeUrl(text);
  return result.ok ? result.url : `refused: ${result.problem}`;
};

describe("the normal form of a URL", () => {
  const rows: readonly (readonly [sentence: string, text: string, url: string])[] = [
    ["leaves a plain one as it is", "https://api.crm.com/v1/x?a=b", "https://api.crm.com/v1/x?a=b"],
    ["folds scheme and host, and not the path", "HTTPS://API.Crm.com/V1", "https://api.crm.com/V1"],
    ["has a path", "https://crm.com", "https://crm.com/"],
    ["has no port", "https://crm.com:443/a", "https://crm.com/a"],
    ["has no dot segments", "https://crm.com/a/./b/../c", "https://crm.com/a/c"],
    ["ends in a slash after a last dot segment", "https://crm.com/a/b/..", "https://crm.com/a/"],
    ["does not leave the root", "https://crm.com/../../a", "https://crm.com/a"],
    ["keeps empty segments", "https://crm.com//a//b/", "https://crm.com//a//b/"],
    ["decodes escapes of unreserved characters", "https://crm.com/%41%7e%2D?%41", "https://crm.com/A~-?A"],
    ["writes other escapes in upper case", "https://crm.com/%c3%a9?q=%2f", "https://crm.com/%C3%A9?q=%2F"],
    ["has no empty query", "https://crm.com/a?", "https://crm.com/a"],
    ["keeps brackets in a query", "https://crm.com/a?f[x]=1", "https://crm.com/a?f[x]=1"],
    ["keeps slashes and dots in a query", "https://crm.com/a?u=/../b", "https://crm.com/a?u=/../b"],
  ];
  test.each(rows)("S1-42 %s", (_, text, url) => {
    expect(normal(text)).toBe(url);
  });

  const refused: readonly (readonly [sentence: string, text: string])[] = [
    ["http", "http://crm.com/"],
    ["another scheme", "javascript:alert(1)"],
    ["no scheme", "crm.com/a"],
    ["a user name", "https://api.crm.com@evil.net/"],
    ["an empty user name", "https://@crm.com/"],
    ["another port", "https://crm.com:8443/"],
    ["an empty port", "https://crm.com:/"],
    ["port 443 with a leading zero", "https://crm.com:0443/"],
    ["an address", "https://127.0.0.1/"],
    ["an address in brackets", "https://[::1]/"],
    ["a host of one label", "https://localhost/"],
    ["a trailing dot of the host", "https://crm.com./"],
    ["an escape in the host", "https://crm%2Ecom/"],
    ["a host in Unicode", "https://crm\u212A.com/"],
    ["a fragment", "https://crm.com/a#b"],
    ["an empty fragment", "https://crm.com/a#"],
    ["a backslash", "https://crm.com\\@evil.net/"],
    ["a backslash in the path", "https://crm.com/a\\..\\b"],
    ["an escaped slash in the path", "https://crm.com/v1/..%2fadmin"],
    ["an escaped backslash in the path", "https://crm.com/v1/..%5Cadmin"],
    ["an escaped dot in the path", "https://crm.com/v1/%2e%2e/admin"],
    ["a twice escaped dot in the path", "https://crm.com/v1/%252e%252e/admin"],
    ["a segment that servers cut to two dots", "https://crm.com/v1/..;/admin"],
    ["a segment that servers cut to one dot", "https://crm.com/v1/.;x/admin"],
    ["such a segment with an escaped semicolon", "https://crm.com/v1/..%3badmin"],
    ["a space", "https://crm.com/a b"],
    ["a space before it", " https://crm.com/"],
    ["a tab, which browsers drop", "https://crm.com/a\tb"],
    ["a line break, which browsers drop", "https://crm.com/\n"],
    ["an escaped control character", "https://crm.com/a%00b"],
    ["an escaped line break in the query", "https://crm.com/a?b=%0d%0aX"],
    ["an escaped control character of Latin-1", "https://crm.com/%c2%85"],
    ["an escape that is cut off", "https://crm.com/a%4"],
    ["an escape that is not hexadecimal", "https://crm.com/%u002e"],
    ["an overlong encoding of a slash", "https://crm.com/..%c0%afadmin"],
    ["a surrogate in UTF-8", "https://crm.com/%ed%a0%80"],
    ["raw Unicode", "https://crm.com/é"],
    ["no host", "https:///a"],
    ["one slash", "https:/crm.com/a"],
    ["nothing", ""],
    ["more than the longest", `https://crm.com/${"a".repeat(MAX_URL_LENGTH)}`],
  ];
  test.each(refused)("S1-42 does not exist for %s", (_, text) => {
    expect(normal(text)).toMatch(/^refused: must /);
  });

  const piece = fc.constantFrom(
    ...["a", "B", "/", "//", ".", "..", "%2e", "%2F", "%41", "%c3%a9", "%25", ";", ":", "@", "?", "&", "\\", " ", "é"],
  );
  const urls = fc
    .tuple(fc.constantFrom("https://crm.com", "HTTPS://API.crm.com:443"), fc.array(piece, { maxLength: 12 }))
    .map(([start, pieces]) => `${start}/${pieces.join("")}`);

  test("is its own normal form, and what every other reader of URLs makes of it", () => {
    fc.assert(
      fc.property(urls, (text) => {
        const result = normalizeUrl(text);
        if (!result.ok) return;
        expect(normal(result.url)).toBe(result.url);
        const read = new URL(result.url);
        expect(`${read.origin}${read.pathname}${read.search}`).toBe(result.url);
        expect(read.hostname).toBe(result.host);
        expect(new URL(text).pathname.split("/").length).toBe(read.pathname.split("/").length);
      }),
      { numRuns: 2000 },
    );
  });

  test("exists or does not for any text, without an error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(normalizeUrl(text).ok).toBe(false);
        expect(normal(`https://crm.com/${text}`)).toMatch(/^(https:\/\/crm\.com\/|refused: must )/);
      }),
    );
  });
});

describe("a URL under a prefix", () => {
  const rows: readonly (readonly [sentence: string, url: string, prefix: string, under: boolean])[] = [
    ["starts with it", "https://crm.com/v1/a", "https://crm.com/v1/", true],
    ["may be the prefix itself", "https://crm.com/v1/", "https://crm.com/v1/", true],
    ["has the same host", "https://evil.net/v1/", "https://crm.com/v1/", false],
    ["has the whole last segment", "https://crm.com/v10/", "https://crm.com/v1/", false],
    ["is not there without the slash", "https://crm.com/v1", "https://crm.com/v1/", false],
    ["is not there if the prefix has no slash at its end", "https://crm.com/v1/a", "https://crm.com/v1", false],
    ["is not there if the prefix has a query", "https://crm.com/?a=/b", "https://crm.com/?a=/", false],
  ];
  test.each(rows)("S1-42 %s", (_, url, prefix, under) => {
    expect(isUnderPrefix(url as NormalUrl, prefix as NormalUrl)).toBe(under);
  });
});
