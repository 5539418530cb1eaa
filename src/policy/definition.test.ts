import { describe, expect, test } from "vitest";
import {
  acceptingDomains,
  authenticatedBy,
  type Change,
  definedBy,
  formula,
  knowing,
  NOW,
  organization,
  packDefinition,
  RULES,
  reaching,
  syncTable,
} from "../../test/gen/objects.ts";
import type { Authentication, PackDefinition } from "../api/v1alpha1/index.ts";
import {
  DEFAULT_RESPONSE_BYTES,
  type DefinitionFacts,
  type DefinitionInput,
  evaluateDefinition,
  MAX_GRANT_BYTES,
  nextKnownDomains,
  type Sensitivity,
} from "./definition.ts";
import { absent, found, unknown } from "./truth.ts";

type World = Partial<Pick<DefinitionInput, "known" | "organization">>;

const evaluate = (change: Change<PackDefinition>, world: World = {}): DefinitionFacts => {
  const definition = packDefinition("crm", change);
  return evaluateDefinition({
    definition,
    organization: world.organization ?? found(organization()),
    known: world.known ?? definition.status?.knownDomains ?? [],
    reviews: [],
    now: NOW,
    rules: RULES,
  });
};

const oauth2 = (authorizationURL: string, tokenURL: string): Authentication => ({
  type: "OAuth2",
  oauth2: { authorizationURL, tokenURL },
});

describe("a definition is accepted", () => {
  const rows: readonly (readonly [sentence: string, change: Change<PackDefinition>])[] = [
    ["with one domain", reaching("api.crm.com")],
    ["S0-22 without any domain: it reaches nothing", reaching()],
    ["S0-24 without an authentication, which it states as 'None'", authenticatedBy({ type: "None" })],
    [
      "with a token URL on the domain of the authorization URL",
      authenticatedBy(oauth2("https://login.crm.com/a", "https://api.crm.com/t")),
    ],
    ["with names that differ in more than case", (it) => syncTable("Read2")(formula("read")(formula("write")(it)))],
    ["with a formula and a table of one name", (it) => syncTable("Read")(formula("Read")(it))],
    ["with the default answer size", definedBy({ sandbox: { maxResponseBytes: DEFAULT_RESPONSE_BYTES } })],
    ["on a suffix that strangers share, if no credential goes there", reaching("crm.github.io")],
  ];
  test.each(rows)("%s", (_, change) => {
    const facts = evaluate(change);
    expect(facts.problem).toBeUndefined();
    expect(facts.sensitive).toEqual([]);
  });

  test("and its domains are in effect, sorted", () => {
    const world = { organization: found(organization(acceptingDomains(3))) };
    expect(evaluate(reaching("b.com", "c.com", "a.com"), world).effectiveDomains).toEqual(["a.com", "b.com", "c.com"]);
  });
});

describe("a definition is not accepted", () => {
  const many = Array.from({ length: 100 }, (_, index) => `Formula${index}`);
  const parameters = Array.from({ length: 32 }, (_, index) => ({
    name: `p${index}`.padEnd(50, "x"),
    type: "MarkdownArray" as const,
    optional: false,
    variadic: false,
  }));
  const everythingLong: Change<PackDefinition> = definedBy({
    formulas: many.map((name) => ({ name, parameters })),
    syncTables: many.map((name) => ({ name, parameters, writable: true })),
  });
  const rows: readonly (readonly [
    sentence: string,
    change: Change<PackDefinition>,
    reason: string,
    message: RegExp,
  ])[] = [
    ["with a domain that is a public suffix", reaching("co.uk"), "InvalidDomain", /networkDomains\[0\]` 'co\.uk'/],
    [
      "with a bad domain after a good one",
      reaching("crm.com", "a.svc"),
      "InvalidDomain",
      /networkDomains\[1\]` 'a\.svc'/,
    ],
    [
      "with formulas that differ only in case",
      (it) => formula("READ")(formula("read")(it)),
      "InvalidSpec",
      /'read' and 'READ'/,
    ],
    [
      "with tables that differ only in case",
      (it) => syncTable("READ")(syncTable("read")(it)),
      "InvalidSpec",
      /syncTables/,
    ],
    [
      "with names that differ only in case beyond ASCII",
      (it) => formula("GRÖSSE")(formula("größe")(it)),
      "InvalidSpec",
      /'größe' and 'GRÖSSE'/,
    ],
    [
      "with names that differ only in width",
      (it) => formula("ｒead")(formula("read")(it)),
      "InvalidSpec",
      /differ only/,
    ],
    [
      "with a compiled policy that is too large",
      everythingLong,
      "PolicyTooLarge",
      new RegExp(`${MAX_GRANT_BYTES} are allowed`),
    ],
  ];
  test.each(rows)("%s", (_, change, reason, message) => {
    const facts = evaluate(change);
    expect(facts.problem?.reason).toBe(reason);
    expect(facts.problem?.message).toMatch(message);
    expect(facts.effectiveDomains).toEqual([]);
  });
});

describe("a definition needs a review", () => {
  const rows: readonly (readonly [sentence: string, change: Change<PackDefinition>, fact: Sensitivity])[] = [
    ["S0-23 with more than one domain", reaching("a.com", "b.com"), "NetworkDomains"],
    [
      "with another domain than the one in use before",
      (it) => reaching("b.com")(knowing("a.com")(it)),
      "NetworkDomains",
    ],
    [
      "S0-30 with a token URL on another domain than the authorization URL",
      authenticatedBy(oauth2("https://login.crm.com/a", "https://evil.net/t")),
      "TokenURL",
    ],
    [
      "with both URLs directly on suffixes that strangers share",
      authenticatedBy(oauth2("https://github.io/a", "https://herokuapp.com/t")),
      "TokenURL",
    ],
    [
      "with the token URL of a stranger on one shared suffix",
      authenticatedBy(oauth2("https://crm.github.io/a", "https://evil.github.io/t")),
      "TokenURL",
    ],
    [
      "with such a token URL in its system authentication",
      definedBy({ systemAuthentication: oauth2("https://crm.com/a", "https://evil.net/t") }),
      "TokenURL",
    ],
    [
      "with a client secret that goes to another domain than the credential",
      authenticatedBy({
        type: "OAuth2ClientCredentials",
        oauth2ClientCredentials: { tokenURL: "https://login.evil.net/t" },
      }),
      "TokenURL",
    ],
    [
      "with an authentication of its own making",
      authenticatedBy({ type: "Custom", custom: { params: [{ name: "key" }] } }),
      "CustomAuthentication",
    ],
    [
      "with answers over the default size",
      definedBy({ sandbox: { maxResponseBytes: DEFAULT_RESPONSE_BYTES + 1 } }),
      "ResponseBytes",
    ],
    [
      "with credentials for a name on a suffix that strangers share",
      (it) => reaching("crm.github.io")(authenticatedBy({ type: "HeaderBearerToken" })(it)),
      "SharedSuffix",
    ],
  ];
  test.each(rows)("%s", (_, change, fact) => {
    const facts = evaluate(change);
    expect(facts.sensitive.map((it) => it.fact)).toEqual([fact]);
    expect(facts.unreviewed).toEqual(facts.sensitive);
    expect(facts.problem).toBeUndefined();
  });

  test("and names every fact", () => {
    const change: Change<PackDefinition> = (it) =>
      reaching("a.com", "b.com")(definedBy({ sandbox: { maxResponseBytes: DEFAULT_RESPONSE_BYTES + 1 } })(it));
    const messages = evaluate(change).unreviewed.map(({ message }) => message);
    expect(messages).toEqual([
      expect.stringContaining("declares 2 domains: 'a.com' and 'b.com'"),
      expect.stringContaining("answers of up to"),
    ]);
  });
});

describe("how many domains are fine without a review", () => {
  const declaring = (count: number): Change<PackDefinition> =>
    reaching(...Array.from({ length: count }, (_, index) => `d${index}.com`));
  const rows: readonly (readonly [
    sentence: string,
    most: number,
    declared: number,
    known: readonly string[],
    fine: boolean,
  ])[] = [
    ["as many as the organization says are", 3, 3, [], true],
    ["one more is not", 3, 4, [], false],
    ["none at all, if the organization says so, lets one wait", 0, 1, [], false],
    ["none at all, if the organization says so, lets a pack without domains in", 0, 0, [], true],
    ["a domain that was known and is still declared counts once", 2, 2, ["d0.com", "d1.com"], true],
    ["a domain that was known and is not declared any more counts too", 2, 2, ["old.com"], false],
    ["a domain that is taken away asks for nothing", 2, 1, ["d0.com", "d1.com"], true],
    ["nor does it where more were in use than would go without a review", 1, 1, ["d0.com", "d1.com", "d2.com"], true],
    ["nor if none is left", 0, 0, ["d0.com"], true],
  ];
  test.each(rows)("%s", (_, most, declared, known, fine) => {
    const facts = evaluate(declaring(declared), { known, organization: found(organization(acceptingDomains(most))) });
    expect(facts.unreviewed).toHaveLength(fine ? 0 : 1);
    expect(facts.effectiveDomains).toHaveLength(fine ? declared : 0);
  });

  test.each([
    ["there is no organization", absent],
    ["nobody knows whether there is one", unknown("not synced")],
    ["the organization does not say", found(organization())],
  ])("is one where %s", (_, it) => {
    expect(evaluate(declaring(1), { organization: it }).effectiveDomains).toEqual(["d0.com"]);
    expect(evaluate(declaring(2), { organization: it }).effectiveDomains).toEqual([]);
  });
});

describe("the domains to remember", () => {
  test("are all that were effective while installs exist, sorted", () => {
    expect(nextKnownDomains(["b.com"], ["a.com", "b.com"], 1)).toEqual(["a.com", "b.com"]);
  });

  test("stay when a domain is not declared any more", () => {
    expect(nextKnownDomains(["a.com"], [], 1)).toEqual(["a.com"]);
  });

  test("are forgotten with the last install", () => {
    expect(nextKnownDomains(["a.com"], ["a.com"], 0)).toEqual([]);
  });
});
