import { describe, expect, test } from "vitest";
import { RULES } from "../../test/gen/objects.ts";
import {
  declaredDomainProblem,
  domainsOutside,
  hostOfUrl,
  matchHost,
  onSharedSuffix,
  parseHost,
  registrableDomain,
} from "./host.ts";

const label = (length: number): string => "a".repeat(length);

describe("a host name", () => {
  const accepted: readonly (readonly [sentence: string, text: string])[] = [
    ["of two labels is accepted", "example.com"],
    ["of many labels is accepted", "a.b.c.d.example.com"],
    ["in upper case is folded", "API.Example.COM"],
    ["with digits and inner hyphens is accepted", "a-1.2b.example.com"],
    ["with a label of 63 characters is accepted", `${label(63)}.com`],
    ["of 253 characters is accepted", `${label(63)}.${label(63)}.${label(63)}.${label(57)}.com`],
    ["in A-label form is accepted", "xn--bcher-kva.de"],
    ["in A-label form in upper case is folded", "XN--Bcher-KVA.de"],
    ["under an international top-level domain is accepted", "example.xn--fiqs8s"],
    ["whose first label looks like a number is accepted", "1.example.com"],
  ];
  test.each(accepted)("%s", (_, text) => {
    expect(parseHost(text)).toEqual({ ok: true, host: text.toLowerCase() });
  });

  const refused: readonly (readonly [sentence: string, text: string, why: RegExp])[] = [
    ["that is empty is refused", "", /empty/],
    ["of one label is refused", "localhost", /two labels/],
    ["with a trailing dot is refused, not repaired", "example.com.", /trailing dot/],
    ["with a leading dot is refused", ".example.com", /labels/],
    ["with two dots in a row is refused", "a..example.com", /labels/],
    ["with a wildcard is refused", "*.example.com", /wildcard/],
    ["with a port is refused", "example.com:443", /port/],
    ["with a scheme is refused", "https://example.com", /scheme/],
    ["with a path is refused", "example.com/x", /path/],
    ["with a user is refused", "a@example.com", /labels/],
    ["with an underscore is refused", "a_b.example.com", /underscore/],
    ["with a leading hyphen is refused", "-a.example.com", /labels/],
    ["with a trailing hyphen is refused", "a-.example.com", /labels/],
    ["with a space is refused", " example.com", /labels/],
    ["with a percent escape is refused", "ex%61mple.com", /labels/],
    ["with a line break at its end is refused", "example.com\n", /ASCII/],
    ["with a zero byte is refused", "example.com\0.evil.net", /ASCII/],
    ["with a label of 64 characters is refused", `${label(64)}.com`, /labels/],
    ["of 254 characters is refused", `${label(63)}.${label(63)}.${label(63)}.${label(58)}.com`, /253/],
    ["with a Cyrillic look-alike is refused", "аpple.com", /ASCII/],
    ["with a full-width letter is refused", "ｅxample.com", /ASCII/],
    ["with the Kelvin sign for a K is refused", "\u212Aube.com", /ASCII/],
    ["with an ideographic full stop is refused", "example。com", /ASCII/],
    ["with a soft hyphen is refused", "exa\u00ADmple.com", /ASCII/],
    ["with a right-to-left mark is refused", "example\u200F.com", /ASCII/],
    ["that is an IPv4 address is refused", "127.0.0.1", /address/],
    ["that is an IPv4 address in hexadecimal parts is refused", "0x7f.0.0.0x1", /address/],
    ["that is an IPv4 address in octal parts is refused", "0177.0.0.01", /address/],
    ["that is a shortened IPv4 address is refused", "127.1", /address/],
    ["that is an IPv4 address in one decimal number is refused", "2130706433", /two labels/],
    ["that is an IPv4 address in one hexadecimal number is refused", "0x7f000001", /two labels/],
    ["that is an IPv6 address is refused", "::1", /two labels/],
    ["that is an IPv6 address in brackets is refused", "[::ffff:127.0.0.1]", /labels/],
    ["whose last label starts with a digit is refused", "example.1com", /address/],
    ["with hyphens at the third and fourth place is refused", "ab--cd.example.com", /'--'/],
    ["whose xn-- label does not decode is refused", "xn--99999999999.com", /A-label/],
    ["whose xn-- label decodes to a control character is refused", "xn--a.com", /A-label/],
    ["whose xn-- label decodes to nothing is refused", "xn--0.com", /A-label/],
    ["whose bare xn-- label is empty is refused", "xn--.com", /labels/],
    ["whose xn-- label ends in a hyphen is refused", "xn--abc-.com", /labels/],
  ];
  test.each(refused)("%s", (_, text, why) => {
    const result = parseHost(text);
    expect(result.ok).toBe(false);
    expect(result.ok ? "" : result.problem).toMatch(why);
  });
});

describe("S0-3 a pack declares its domains: a declared domain", () => {
  const accepted: readonly (readonly [sentence: string, domain: string])[] = [
    ["of the public internet is accepted", "api.example.com"],
    ["that is a registrable name is accepted", "example.co.uk"],
    ["under a suffix of the private section is accepted", "somebody.github.io"],
    ["that only ends like a reserved name is accepted", "mylocalhost.com"],
    ["with a reserved name inside is accepted", "internal.example.com"],
    ["below the exception of a wildcard suffix is accepted", "www.ck"],
  ];
  test.each(accepted)("%s", (_, domain) => {
    expect(declaredDomainProblem(domain, RULES)).toBeUndefined();
  });

  const refused: readonly (readonly [sentence: string, domain: string, why: RegExp])[] = [
    ["in upper case is refused: declarations are canonical", "API.example.com", /lower case/],
    ["that is no host name is refused", "*.example.com", /wildcard/],
    ["that is an address is refused", "10.0.0.1", /address/],
    ["that is a top-level domain is refused", "com", /two labels/],
    ["that is a public suffix is refused", "co.uk", /public suffix/],
    ["that is a public suffix by a wildcard is refused", "anything.ck", /public suffix/],
    ["that is a suffix of the private section is refused", "github.io", /public suffix/],
    ["that is a suffix of the private section with three labels is refused", "s3.amazonaws.com", /public suffix/],
    ["that is an international public suffix is refused", "xn--55qx5d.cn", /public suffix/],
    ["of a Service is refused", "api.team.svc", /'svc'/],
    ["of a Service in full is refused", "api.team.svc.cluster.local", /'cluster.local'/],
    ["that is the cluster's own domain is refused", "cluster.local", /'cluster.local'/],
    ["of a cloud's metadata is refused", "metadata.google.internal", /'internal'/],
    ["of the local link is refused", "printer.local", /'local'/],
    ["of this machine is refused", "api.localhost", /'localhost'/],
    ["of this machine's domain is refused", "localhost.localdomain", /'localdomain'/],
    ["of a home network is refused", "nas.home.arpa", /'home.arpa'/],
    ["of the reverse tree is refused", "1.0.0.127.in-addr.arpa", /'arpa'/],
    ["that is invalid by definition is refused", "a.invalid", /'invalid'/],
    ["that is an example by definition is refused", "a.example", /'example'/],
    ["of the onion network is refused", "a.onion", /'onion'/],
    ["of an intranet is refused", "wiki.intranet", /'intranet'/],
    ["of a corporate network is refused", "wiki.corp", /'corp'/],
    ["of a local network is refused", "router.lan", /'lan'/],
    ["under 'test' is refused outside test mode", "api.crm.test", /'test'/],
  ];
  test.each(refused)("%s", (_, domain, why) => {
    expect(declaredDomainProblem(domain, RULES)).toMatch(why);
  });

  test("under 'test' is accepted in test mode", () => {
    expect(declaredDomainProblem("api.crm.test", { ...RULES, testMode: true })).toBeUndefined();
  });

  test("under another cluster domain is refused where the cluster has that domain", () => {
    expect(declaredDomainProblem("api.k8s.acme.com", RULES)).toBeUndefined();
    expect(declaredDomainProblem("api.k8s.acme.com", { ...RULES, clusterDomain: "k8s.acme.com" })).toMatch(/k8s\.acme/);
  });
});

describe("a domain", () => {
  const rows: readonly (readonly [sentence: string, host: string, domain: string, covers: boolean])[] = [
    ["covers itself", "example.com", "example.com", true],
    ["covers a sub-domain", "api.example.com", "example.com", true],
    ["covers a sub-domain of a sub-domain", "a.b.example.com", "example.com", true],
    ["does not cover its parent", "example.com", "api.example.com", false],
    ["does not cover a name that only ends with the same letters", "evilexample.com", "example.com", false],
    ["does not cover a name in which it is a prefix", "example.com.evil.net", "example.com", false],
    ["does not cover its sibling", "b.example.com", "a.example.com", false],
  ];
  test.each(rows)("%s", (_, host, domain, covers) => {
    expect(matchHost(host, domain)).toBe(covers);
  });

  test("is outside unless it equals an allowed one or lies under it", () => {
    const domains = ["a.com", "x.b.com", "b.com.evil.net", "c.com"];
    expect(domainsOutside(domains, ["a.com", "b.com"])).toEqual(["b.com.evil.net", "c.com"]);
  });

  test("is outside if nothing is allowed", () => {
    expect(domainsOutside(["a.com"], [])).toEqual(["a.com"]);
  });
});

describe("the domain under which one owner registers names", () => {
  const rows: readonly (readonly [host: string, owner: string | undefined])[] = [
    ["example.com", "example.com"],
    ["a.b.example.co.uk", "example.co.uk"],
    ["a.somebody.github.io", "somebody.github.io"],
    ["github.io", undefined],
    ["co.uk", undefined],
  ];
  test.each(rows)("of %s is %s", (host, owner) => {
    expect(registrableDomain(host)).toBe(owner);
  });

  test("is shared by strangers only under the private section of the suffix list", () => {
    expect(onSharedSuffix("somebody.github.io")).toBe(true);
    expect(onSharedSuffix("github.io")).toBe(true);
    expect(onSharedSuffix("api.example.co.uk")).toBe(false);
  });
});

describe("the host of a URL", () => {
  const rows: readonly (readonly [sentence: string, url: string, host: string | undefined])[] = [
    ["with a path is its name", "https://login.example.com/authorize", "login.example.com"],
    ["without a path is its name", "https://login.example.com", "login.example.com"],
    ["over http is not given", "http://login.example.com/", undefined],
    ["with a user is not given", "https://login.example.com@evil.net/", undefined],
    ["with a port is not given", "https://login.example.com:8443/", undefined],
    ["with a query where the path should start is not given", "https://login.example.com?a", undefined],
    ["that is an address is not given", "https://127.0.0.1/", undefined],
  ];
  test.each(rows)("%s", (_, url, host) => {
    expect(hostOfUrl(url)).toBe(host);
  });
});
