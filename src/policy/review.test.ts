import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ANN,
  acceptingDomains,
  authenticatedBy,
  BEN,
  type Change,
  changed,
  createdAt,
  definedBy,
  formula,
  knowing,
  NOW,
  ofGeneration,
  organization,
  packDefinition,
  RULES,
  reaching,
  withMeta,
} from "../../test/gen/objects.ts";
import {
  approving,
  approvingDomains,
  certifying,
  checking,
  expiringAt,
  reviewedBy,
  reviewOf,
} from "../../test/gen/reviews.ts";
import type { Authentication, PackDefinition, PackReview } from "../api/v1alpha1/index.ts";
import {
  DEFAULT_RESPONSE_BYTES,
  type DefinitionFacts,
  type DefinitionInput,
  digestsOf,
  evaluateDefinition,
} from "./definition.ts";
import { problem } from "./problem.ts";
import { vouchedReviews } from "./review.ts";
import { found } from "./truth.ts";

const MIB = 1024 * 1024;

const evaluate = (
  definition: PackDefinition,
  reviews: readonly PackReview[] = [],
  world: Partial<Pick<DefinitionInput, "known" | "now" | "organization">> = {},
): DefinitionFacts =>
  evaluateDefinition({
    definition,
    organization: found(organization()),
    known: definition.status?.knownDomains ?? [],
    reviews,
    now: NOW,
    rules: RULES,
    ...world,
  });

const unreviewed = (facts: DefinitionFacts): readonly string[] => facts.unreviewed.map(({ fact }) => fact);

/** Where sandboxes can go, where credentials can go with them, and how much comes back. */
const reach = ({ effectiveDomains, maxResponseBytes, withheldFrom }: DefinitionFacts) => ({
  effectiveDomains,
  credentialsTo: effectiveDomains.filter((domain) => !withheldFrom.includes(domain)),
  maxResponseBytes,
});

const TOKEN_URL = "https://token.net/t";
const oauth2 = (authorizationURL: string, tokenURL: string): Authentication => ({
  type: "OAuth2",
  oauth2: { authorizationURL, tokenURL },
});
const foreignToken = authenticatedBy(oauth2("https://login.crm.com/a", TOKEN_URL));
const custom = authenticatedBy({ type: "Custom", custom: { params: [{ name: "key" }] } });
const bearer = authenticatedBy({ type: "HeaderBearerToken" });
const answering = (maxResponseBytes: number) => definedBy({ sandbox: { maxResponseBytes } });

describe("the digest of what a review speaks about", () => {
  const base = packDefinition(
    "crm",
    reaching("a.com", "b.com"),
    authenticatedBy({ ...oauth2("https://login.crm.com/a", TOKEN_URL), networkDomains: ["a.com", "b.com"] }),
  );
  const digest = (definition: PackDefinition): string => digestsOf(definition).reviewDigest;

  test("is written as the API wants it", () => {
    expect(digest(base)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(digestsOf(base).contentDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  const same: readonly (readonly [sentence: string, change: Change<PackDefinition>])[] = [
    ["in which order the domains are declared", reaching("b.com", "a.com")],
    [
      "in which order the domains of the credential are",
      definedBy({ authentication: { ...base.spec.authentication, networkDomains: ["b.com", "a.com"] } }),
    ],
    ["what the version is", definedBy({ version: "2.0.0" })],
    ["what the pack can do", formula("read")],
    ["what the code is", definedBy({ source: { image: { reference: "registry.example.com/crm@sha256:00" } } })],
    ["which answers below the default it takes", answering(1)],
    ["who makes it", definedBy({ maker: { name: "Crm", users: [ANN] } })],
    ["what was in use before", knowing("a.com")],
    [
      "whether it is said that the organization has no credential",
      definedBy({ systemAuthentication: { type: "None" } }),
    ],
  ];
  test.each(same)("does not depend on %s", (_, change) => {
    expect(digest(changed(base, change))).toBe(digest(base));
  });

  test("does not depend on whether the only domain is named once more", () => {
    const one = packDefinition("crm", authenticatedBy({ type: "HeaderBearerToken" }));
    const named = packDefinition(
      "crm",
      authenticatedBy({ type: "HeaderBearerToken", networkDomains: ["api.crm.com"] }),
    );
    expect(digest(named)).toBe(digest(one));
  });

  const other: readonly (readonly [sentence: string, change: Change<PackDefinition>])[] = [
    ["S0-23 a domain is added", reaching("a.com", "b.com", "c.com")],
    ["S0-23 a domain is taken away", reaching("a.com")],
    [
      "S0-28 the authorization URL is another",
      definedBy({ authentication: { ...base.spec.authentication, ...oauth2("https://login.evil.com/a", TOKEN_URL) } }),
    ],
    [
      "S0-30 the token URL is another",
      definedBy({
        authentication: { ...base.spec.authentication, ...oauth2("https://login.crm.com/a", "https://evil.net/t") },
      }),
    ],
    [
      "the credential goes elsewhere",
      definedBy({ authentication: { ...base.spec.authentication, networkDomains: ["a.com"] } }),
    ],
    ["there is a credential of the organization, too", definedBy({ systemAuthentication: base.spec.authentication })],
    [
      "the two authentications change places",
      definedBy({ authentication: { type: "None" }, systemAuthentication: base.spec.authentication }),
    ],
    ["there is none", authenticatedBy({ type: "None" })],
    ["answers are larger than the default", answering(DEFAULT_RESPONSE_BYTES + 1)],
  ];
  test.each(other)("is another one when %s", (_, change) => {
    expect(digest(changed(base, change))).not.toBe(digest(base));
  });

  test("S0-30 is another one when tokens for a machine are issued elsewhere, or the type alone says 'Custom'", () => {
    const machine = (tokenURL: string): Change<PackDefinition> =>
      authenticatedBy({ type: "OAuth2ClientCredentials", oauth2ClientCredentials: { tokenURL } });
    const digests = [bearer, custom, machine(TOKEN_URL), machine("https://evil.net/t")].map((change) =>
      digest(packDefinition("crm", change)),
    );
    expect(new Set(digests).size).toBe(4);
  });

  test("has no collision between where a name ends and the next begins", () => {
    const digests = [["a.com", "b.com"], ["a.comb.com"], ["a.com,b.com"], []].map((domains) =>
      digest(packDefinition("crm", reaching(...domains))),
    );
    expect(new Set(digests).size).toBe(4);
  });
});

describe("the digest of everything", () => {
  const digest = (...changes: readonly Change<PackDefinition>[]): string =>
    digestsOf(packDefinition("crm", ...changes)).contentDigest;

  test.each<readonly [sentence: string, change: Change<PackDefinition>]>([
    ["the code", definedBy({ source: { image: { reference: "registry.example.com/crm@sha256:00" } } })],
    ["the version", definedBy({ version: "2.0.0" })],
    ["a text for people", definedBy({ description: "for people" })],
    ["a building block", formula("read")],
  ])("S0-14 is another one when %s changes", (_, change) => {
    expect(digest(change)).not.toBe(digest());
  });

  test("is not about metadata and status, and not about the order of keys", () => {
    expect(digest(knowing("a.com"), ofGeneration(7))).toBe(digest());
    const { authentication, ...rest } = packDefinition("crm").spec;
    expect(digest((it) => ({ ...it, spec: { authentication, ...rest } }))).toBe(digest());
  });
});

describe("a review of the definition as it is now", () => {
  const rows: readonly (readonly [
    sentence: string,
    definition: PackDefinition,
    approve: Parameters<typeof approving>[0],
    open: readonly string[],
    reach: Partial<ReturnType<typeof reach>>,
  ])[] = [
    [
      "S0-23 lets several domains take effect if it names each",
      packDefinition("crm", reaching("b.com", "a.com")),
      { networkDomains: ["a.com", "b.com"] },
      [],
      { effectiveDomains: ["a.com", "b.com"] },
    ],
    [
      "S0-23 leaves out the domain that it does not name",
      packDefinition("crm", reaching("a.com", "b.com")),
      { networkDomains: ["a.com"] },
      ["NetworkDomains"],
      { effectiveDomains: ["a.com"] },
    ],
    [
      "S0-23 does not approve a domain by another one above it",
      packDefinition("crm", reaching("a.com", "x.a.com")),
      { networkDomains: ["a.com"] },
      ["NetworkDomains"],
      { effectiveDomains: ["a.com"] },
    ],
    [
      "S0-23 gives nothing that is not declared",
      packDefinition("crm", reaching("a.com", "b.com")),
      { networkDomains: ["a.com", "b.com", "c.com"] },
      [],
      { effectiveDomains: ["a.com", "b.com"] },
    ],
    [
      "S0-23 that approves nothing changes nothing",
      packDefinition("crm", reaching("a.com", "b.com")),
      {},
      ["NetworkDomains"],
      { effectiveDomains: [] },
    ],
    [
      "S0-30 lets the token URL that it names be used",
      packDefinition("crm", foreignToken),
      { tokenURL: TOKEN_URL },
      [],
      { credentialsTo: ["api.crm.com"] },
    ],
    [
      "S0-30 does not approve another token URL at the same place",
      packDefinition("crm", foreignToken),
      { tokenURL: `${TOKEN_URL}2` },
      ["TokenURL"],
      { effectiveDomains: ["api.crm.com"], credentialsTo: [] },
    ],
    [
      "lets an authentication of the pack's own making be used",
      packDefinition("crm", custom),
      { customAuthentication: true },
      [],
      { credentialsTo: ["api.crm.com"] },
    ],
    [
      "says no to it by `false`",
      packDefinition("crm", custom),
      { customAuthentication: false },
      ["CustomAuthentication"],
      { credentialsTo: [] },
    ],
    [
      "lets larger answers through",
      packDefinition("crm", answering(40 * MIB)),
      { responseBytes: 50 * MIB },
      [],
      { maxResponseBytes: 40 * MIB },
    ],
    [
      "lets answers through up to what it names",
      packDefinition("crm", answering(50 * MIB)),
      { responseBytes: 40 * MIB },
      ["ResponseBytes"],
      { maxResponseBytes: 40 * MIB },
    ],
    [
      "never makes answers smaller than the default",
      packDefinition("crm", answering(50 * MIB)),
      { responseBytes: 1 },
      ["ResponseBytes"],
      { maxResponseBytes: DEFAULT_RESPONSE_BYTES },
    ],
    [
      "lets credentials go to a name on a shared suffix if it names it",
      packDefinition("crm", reaching("crm.github.io"), bearer),
      { networkDomains: ["crm.github.io"] },
      [],
      { credentialsTo: ["crm.github.io"] },
    ],
    [
      "does not approve one fact by another",
      packDefinition("crm", reaching("crm.github.io"), bearer),
      { tokenURL: TOKEN_URL, customAuthentication: true, responseBytes: 100 * MIB },
      ["SharedSuffix"],
      { effectiveDomains: ["crm.github.io"], credentialsTo: [], maxResponseBytes: DEFAULT_RESPONSE_BYTES },
    ],
  ];
  test.each(rows)("%s", (_, definition, approve, open, expected) => {
    const facts = evaluate(definition, [reviewOf(definition, "r", approving(approve))]);
    expect(unreviewed(facts)).toEqual(open);
    expect(reach(facts)).toMatchObject(expected);
    expect(facts.problem).toBeUndefined();
  });

  test("S0-23 adds up with others", () => {
    const definition = packDefinition("crm", reaching("a.com", "b.com"), custom);
    const [first, second] = [
      reviewOf(definition, "first", reviewedBy("zoe@example.com"), approvingDomains("a.com")),
      reviewOf(definition, "second", approving({ networkDomains: ["b.com"], customAuthentication: true })),
    ];
    const facts = evaluate(definition, [first, second]);
    expect(facts.unreviewed).toEqual([]);
    expect(facts.review).toEqual({
      required: ["NetworkDomains", "CustomAuthentication"],
      approved: ["NetworkDomains", "CustomAuthentication"],
      by: [BEN, "zoe@example.com"],
    });
    expect(evaluate(definition, [second]).review.approved).toEqual(["CustomAuthentication"]);
  });

  test("S0-30 approves the token URL of each authentication by its own name", () => {
    const definition = packDefinition(
      "crm",
      foreignToken,
      definedBy({ systemAuthentication: oauth2("https://login.crm.com/a", "https://other.net/t") }),
    );
    const one = reviewOf(definition, "one", approving({ tokenURL: TOKEN_URL }));
    const two = reviewOf(definition, "two", approving({ tokenURL: "https://other.net/t" }));
    expect(unreviewed(evaluate(definition, [one]))).toEqual(["TokenURL"]);
    expect(evaluate(definition, [one]).withheldFrom).toEqual(["api.crm.com"]);
    expect(unreviewed(evaluate(definition, [one, two]))).toEqual([]);
    expect(evaluate(definition, [one, two]).withheldFrom).toEqual([]);
  });
});

describe("without a review", () => {
  test("credentials stay away only from where they are doubtful", () => {
    const definition = packDefinition(
      "crm",
      reaching("a.com", "b.com", "crm.github.io"),
      definedBy({
        authentication: { type: "Custom", custom: { params: [{ name: "key" }] }, networkDomains: ["a.com"] },
        systemAuthentication: { type: "HeaderBearerToken", networkDomains: ["b.com", "crm.github.io"] },
      }),
    );
    const facts = evaluate(definition, [], { organization: found(organization(acceptingDomains(3))) });
    expect(facts.effectiveDomains).toEqual(["a.com", "b.com", "crm.github.io"]);
    expect(facts.withheldFrom).toEqual(["a.com", "crm.github.io"]);
  });

  test("a name on a shared suffix to which no credential goes is nothing special", () => {
    const definition = packDefinition(
      "crm",
      reaching("a.com", "crm.github.io"),
      authenticatedBy({ type: "HeaderBearerToken", networkDomains: ["a.com"] }),
    );
    const facts = evaluate(definition, [], { organization: found(organization(acceptingDomains(2))) });
    expect(facts.sensitive).toEqual([]);
    expect(facts.withheldFrom).toEqual([]);
  });

  test("answers may have the default size, or less if the pack asks for less", () => {
    expect(evaluate(packDefinition("crm", answering(50 * MIB))).maxResponseBytes).toBe(DEFAULT_RESPONSE_BYTES);
    expect(evaluate(packDefinition("crm", answering(10))).maxResponseBytes).toBe(10);
    expect(evaluate(packDefinition("crm")).maxResponseBytes).toBe(DEFAULT_RESPONSE_BYTES);
  });
});

describe("a review does not count", () => {
  const definition = packDefinition(
    "crm",
    reaching("a.com", "b.com"),
    definedBy({ maker: { name: "M", users: [ANN] } }),
  );
  const all = approvingDomains("a.com", "b.com");
  const rows: readonly (readonly [sentence: string, change: Change<PackReview>])[] = [
    ["once its time is over", expiringAt(NOW - 1_000)],
    ["from the second on at which its time is over", expiringAt(NOW)],
    ["if its time is no time", (it) => ({ ...it, spec: { ...it.spec, expireTime: "soon" } })],
    ["if it is about another pack", (it) => ({ ...it, spec: { ...it.spec, packRef: { name: "other" } } })],
    ["while it is being deleted", withMeta({ deletionTimestamp: "2026-01-02T12:00:00Z" })],
    ["S0-14 if a maker certifies his own pack by it", (it) => reviewedBy(ANN)(certifying(definition)(it))],
    [
      "S0-14 if it certifies although a check failed",
      (it) => checking("no secrets in the code", "Failed")(certifying(definition)(it)),
    ],
  ];
  test.each(rows)("%s", (_, change) => {
    const facts = evaluate(definition, [reviewOf(definition, "r", all, change)]);
    expect(facts.effectiveDomains).toEqual([]);
    expect(facts.certification).toEqual({ certified: false });
    expect(facts.review.by).toEqual([]);
    expect(facts.expiresAt).toBeUndefined();
  });

  test.each<readonly [sentence: string, change: Change<PackReview>]>([
    ["a second before its time is over", expiringAt(NOW + 1_000)],
    ["by a maker who does not certify", reviewedBy(ANN)],
    ["with a failed check, if it does not certify", checking("no secrets in the code", "Failed")],
    ["by a certifier who is not among the makers", certifying(definition)],
  ])("but it does %s", (_, change) => {
    expect(evaluate(definition, [reviewOf(definition, "r", all, change)]).effectiveDomains).toEqual(["a.com", "b.com"]);
  });
});

describe("a definition that changed since its review", () => {
  const before = packDefinition("crm", reaching("a.com", "b.com"));
  const review = reviewOf(before, "r", approvingDomains("a.com", "b.com"));
  const declaring = (...domains: readonly string[]) => packDefinition("crm", reaching(...domains));

  const rows: readonly (readonly [
    sentence: string,
    declared: readonly string[],
    known: readonly string[],
    effective: readonly string[],
    open: readonly string[],
  ])[] = [
    [
      "S0-23 keeps what is approved and still declared",
      ["a.com", "b.com", "c.com"],
      [],
      ["a.com", "b.com"],
      ["NetworkDomains"],
    ],
    ["S0-23 loses what is not declared any more", ["a.com", "c.com"], [], ["a.com"], ["NetworkDomains"]],
    ["S0-23 needs no review for a part of it that may go without one", ["a.com"], ["a.com", "b.com"], ["a.com"], []],
    ["S0-23 keeps what was in use", ["x.com", "y.com"], ["x.com"], ["x.com"], ["NetworkDomains"]],
    ["S0-23 cannot swap its only domain", ["c.com"], ["a.com"], [], ["NetworkDomains"]],
    ["S0-23 may go back to its only domain", ["a.com"], ["a.com"], ["a.com"], []],
    ["S0-23 may take another only domain once nobody uses the pack", ["c.com"], [], ["c.com"], []],
    ["S0-23 may have no domain at all", [], ["a.com", "b.com"], [], []],
  ];
  test.each(rows)("%s", (_, declared, known, effective, open) => {
    const facts = evaluate(declaring(...declared), [review], { known });
    expect(facts.effectiveDomains).toEqual(effective);
    expect(unreviewed(facts)).toEqual(open);
    expect(facts.problem).toBeUndefined();
  });

  test("takes effect whole once it is reviewed again", () => {
    const now = declaring("a.com", "b.com", "c.com");
    const again = reviewOf(now, "again", approvingDomains("c.com", "b.com", "a.com"));
    expect(evaluate(now, [review, again]).effectiveDomains).toEqual(["a.com", "b.com", "c.com"]);
    expect(evaluate(now, [review, again]).unreviewed).toEqual([]);
  });

  test("is not reviewed by approvals of which some speak about another state", () => {
    const now = declaring("a.com", "b.com", "c.com");
    const rest = reviewOf(now, "rest", approvingDomains("c.com"));
    const facts = evaluate(now, [review, rest]);
    expect(unreviewed(facts)).toEqual(["NetworkDomains"]);
    expect(facts.effectiveDomains).toEqual(["a.com", "b.com", "c.com"]);
  });

  test("S0-30 keeps the credentials of a token URL that was approved, and loses them with another one", () => {
    const approved = reviewOf(packDefinition("crm", foreignToken), "r", approving({ tokenURL: TOKEN_URL }));
    const grown = packDefinition("crm", foreignToken, answering(50 * MIB));
    const swapped = packDefinition("crm", authenticatedBy(oauth2("https://login.crm.com/a", "https://evil.net/t")));
    expect(unreviewed(evaluate(grown, [approved]))).toEqual(["TokenURL", "ResponseBytes"]);
    expect(evaluate(grown, [approved]).withheldFrom).toEqual([]);
    expect(evaluate(swapped, [approved]).withheldFrom).toEqual(["api.crm.com"]);
  });

  test("S0-28 needs a review again when its users are sent to another authorization URL", () => {
    const approved = reviewOf(packDefinition("crm", foreignToken), "r", approving({ tokenURL: TOKEN_URL }));
    const elsewhere = packDefinition("crm", authenticatedBy(oauth2("https://login.evil.com/a", TOKEN_URL)));
    expect(unreviewed(evaluate(elsewhere, [approved]))).toEqual(["TokenURL"]);
  });

  test("keeps its authentication and the size of its answers as far as they were approved", () => {
    const was = packDefinition("crm", custom, answering(30 * MIB));
    const approved = reviewOf(was, "r", approving({ customAuthentication: true, responseBytes: 30 * MIB }));
    const facts = evaluate(packDefinition("crm", custom, answering(50 * MIB)), [approved]);
    expect(unreviewed(facts)).toEqual(["CustomAuthentication", "ResponseBytes"]);
    expect(reach(facts)).toEqual({
      effectiveDomains: ["api.crm.com"],
      credentialsTo: ["api.crm.com"],
      maxResponseBytes: 30 * MIB,
    });
  });
});

describe("what expires", () => {
  const definition = packDefinition("crm", reaching("a.com", "b.com"));
  const at = (ms: number, name = `r${ms}`) =>
    reviewOf(definition, name, approvingDomains("a.com", "b.com"), expiringAt(ms));

  test("is told beforehand: the first review that counts", () => {
    expect(evaluate(definition, [at(NOW + 9_000), at(NOW + 5_000), at(NOW - 5_000)]).expiresAt).toBe(NOW + 5_000);
    expect(evaluate(definition, [reviewOf(definition, "r")]).expiresAt).toBeUndefined();
  });

  test("ends the review, and what is in use stays", () => {
    const review = at(NOW + 5_000);
    const later = { now: NOW + 5_000 };
    expect(evaluate(definition, [review], later).effectiveDomains).toEqual([]);
    const used = evaluate(definition, [review], { ...later, known: ["a.com", "b.com"] });
    expect(used.effectiveDomains).toEqual(["a.com", "b.com"]);
    expect(unreviewed(used)).toEqual(["NetworkDomains"]);
  });

  test("S0-30 takes the credentials away, even if everything is in use", () => {
    const token = packDefinition("crm", foreignToken, knowing("api.crm.com"));
    const review = reviewOf(token, "r", approving({ tokenURL: TOKEN_URL }), expiringAt(NOW + 5_000));
    expect(evaluate(token, [review]).withheldFrom).toEqual([]);
    expect(evaluate(token, [review], { now: NOW + 5_000 }).withheldFrom).toEqual(["api.crm.com"]);
  });
});

describe("a certification", () => {
  const definition = packDefinition("crm", definedBy({ maker: { name: "M", users: [ANN] } }));
  const certified = (on: PackDefinition, ...changes: readonly Change<PackReview>[]): boolean =>
    evaluate(on, [reviewOf(definition, "r", certifying(definition), ...changes)]).certification.certified;

  test("S0-14 names who vouches, since when and until when", () => {
    const review = reviewOf(definition, "r", certifying(definition), expiringAt(NOW + 60_000));
    expect(evaluate(definition, [review]).certification).toEqual({
      certified: true,
      by: BEN,
      time: "2026-01-02T11:59:00Z",
      until: "2026-01-02T12:01:00Z",
    });
  });

  const rows: readonly (readonly [sentence: string, valid: boolean, on: PackDefinition, change: Change<PackReview>])[] =
    [
      ["S0-14 stands while the definition is as it was", true, definition, (it) => it],
      ["S0-14 stands with checks that passed", true, definition, checking("x", "Passed")],
      ["S0-14 ends when the code changes", false, changed(definition, definedBy({ version: "2.0.0" })), (it) => it],
      ["S0-14 ends with its time", false, definition, expiringAt(NOW)],
      ["S0-14 cannot be given by a maker of the pack", false, definition, reviewedBy(ANN)],
      ["S0-14 cannot be given against a failed check", false, definition, checking("x", "Failed")],
      [
        "S0-14 is not given by a review that only names the digest",
        false,
        definition,
        (it) => ({ ...it, spec: { ...it.spec, certify: false } }),
      ],
      [
        "S0-14 is not given without the digest of everything",
        false,
        definition,
        ({ spec: { contentDigest: _, ...spec }, ...it }) => ({ ...it, spec }),
      ],
      ["compares the makers' names byte for byte", true, definition, reviewedBy(ANN.toUpperCase())],
    ];
  test.each(rows)("%s", (_, valid, on, change) => {
    expect(certified(on, change)).toBe(valid);
  });

  test("S0-14 ended by new code leaves the approvals in place", () => {
    const two = packDefinition("crm", reaching("a.com", "b.com"));
    const review = reviewOf(two, "r", certifying(two), approvingDomains("a.com", "b.com"));
    const facts = evaluate(changed(two, definedBy({ version: "2.0.0" })), [review]);
    expect(facts.certification).toEqual({ certified: false });
    expect(facts.unreviewed).toEqual([]);
  });

  test("of several is the one that lasts longest, then the oldest, in whatever order they come", () => {
    const by = (name: string, ...changes: readonly Change<PackReview>[]) =>
      reviewOf(definition, name, certifying(definition), reviewedBy(name), ...changes);
    const [short, young, old] = [
      by("short", expiringAt(NOW + 1_000)),
      by("young"),
      by("old", createdAt(NOW - 90_000_000)),
    ];
    expect(evaluate(definition, [short, young, old]).certification.by).toBe("old");
    expect(evaluate(definition, [old, young, short]).certification.by).toBe("old");
    expect(evaluate(definition, [short, young]).certification.by).toBe("young");
  });
});

describe("while nobody vouches for names", () => {
  const definition = packDefinition("crm");
  const unvouched = problem("AdmissionMissing", "the policies are not installed.");
  const accepted =
    (status: "True" | "False", observedGeneration: number): Change<PackReview> =>
    (it) => ({
      ...it,
      status: {
        conditions: [
          { type: "Accepted", status, observedGeneration, reason: "Accepted", message: "", lastTransitionTime: "" },
        ],
      },
    });

  test.each<readonly [sentence: string, counts: boolean, change: Change<PackReview>]>([
    ["a review that was accepted before counts on", true, accepted("True", 1)],
    ["a new review does not count", false, (it) => it],
    ["a review that was refused does not count", false, accepted("False", 1)],
    ["a review that was changed since does not count", false, (it) => ofGeneration(2)(accepted("True", 1)(it))],
  ])("%s", (_, counts, change) => {
    const review = reviewOf(definition, "r", change);
    expect(vouchedReviews([review], unvouched)).toEqual(counts ? [review] : []);
    expect(vouchedReviews([review], undefined)).toEqual([review]);
  });
});

describe("in every world", () => {
  const DOMAINS = ["a.com", "b.com", "c.com", "x.github.io"] as const;
  const URLS = [TOKEN_URL, "https://other.net/t", "https://login.crm.com/t"] as const;
  const domains = fc.subarray([...DOMAINS]);
  const authentication = fc.oneof(
    fc.constant<Authentication>({ type: "None" }),
    fc.record({ type: fc.constant("HeaderBearerToken" as const), networkDomains: fc.subarray([...DOMAINS]) }),
    fc.record({
      type: fc.constant("Custom" as const),
      custom: fc.constant({ params: [{ name: "key" }] }),
      networkDomains: fc.subarray([...DOMAINS]),
    }),
    fc
      .tuple(fc.constantFrom(...URLS), domains)
      .map(([url, networkDomains]) => ({ ...oauth2("https://login.crm.com/a", url), networkDomains })),
  );
  const definitions = fc
    .record({
      networkDomains: domains,
      authentication,
      bytes: fc.constantFrom(1, DEFAULT_RESPONSE_BYTES, 30 * MIB, 60 * MIB),
    })
    .map(({ authentication, bytes, networkDomains }) =>
      packDefinition(
        "crm",
        definedBy({
          networkDomains,
          authentication,
          sandbox: { maxResponseBytes: bytes },
          maker: { name: "M", users: [ANN] },
        }),
      ),
    );
  const plans = fc.array(
    fc.record({
      approve: fc.record(
        {
          networkDomains: domains,
          tokenURL: fc.constantFrom(...URLS),
          customAuthentication: fc.boolean(),
          responseBytes: fc.constantFrom(0, 40 * MIB, 100 * MIB),
        },
        { requiredKeys: [] },
      ),
      ofNow: fc.boolean(),
      certify: fc.boolean(),
      reviewer: fc.constantFrom(ANN, BEN),
      expires: fc.constantFrom(undefined, NOW - 1_000, NOW + 1_000, NOW + 2_000),
    }),
    { maxLength: 4 },
  );
  const worlds = fc
    .record({ definition: definitions, before: definitions, plans, known: domains, most: fc.nat({ max: 4 }) })
    .map(({ before, definition, known, most, plans: all }) => ({
      definition,
      known,
      organization: found(organization(acceptingDomains(most))),
      reviews: all.map(({ approve, certify, expires, ofNow, reviewer }, index) => {
        const about = ofNow ? definition : before;
        const changes = [approving(approve), reviewedBy(reviewer), ...(certify ? [certifying(about)] : [])];
        return reviewOf(about, `r${index}`, ...changes, ...(expires === undefined ? [] : [expiringAt(expires)]));
      }),
    }));

  const expectWithin = (small: DefinitionFacts, large: DefinitionFacts): void => {
    const [less, more] = [reach(small), reach(large)];
    expect(more.effectiveDomains).toEqual(expect.arrayContaining([...less.effectiveDomains]));
    expect(more.credentialsTo).toEqual(expect.arrayContaining([...less.credentialsTo]));
    expect(less.maxResponseBytes).toBeLessThanOrEqual(more.maxResponseBytes);
    expect(unreviewed(small)).toEqual(expect.arrayContaining([...unreviewed(large)]));
    expect(large.certification.certified || !small.certification.certified).toBe(true);
  };

  test("S0-23 withdrawing any review widens nothing", () => {
    fc.assert(
      fc.property(worlds, fc.nat({ max: 3 }), ({ definition, reviews, ...world }, gone) => {
        const fewer = reviews.filter((_, index) => index !== gone);
        expectWithin(evaluate(definition, fewer, world), evaluate(definition, reviews, world));
      }),
      { numRuns: 500 },
    );
  });

  test("S0-23 letting reviews expire widens nothing, and nothing expires before the moment that was told", () => {
    fc.assert(
      fc.property(
        worlds,
        fc.constantFrom(500, 1_000, 1_999, 2_000, 86_400_000),
        ({ definition, reviews, ...world }, ms) => {
          const now = evaluate(definition, reviews, world);
          const later = evaluate(definition, reviews, { ...world, now: NOW + ms });
          expectWithin(later, now);
          if (now.expiresAt === undefined || NOW + ms < now.expiresAt) expect(later).toEqual(now);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("S0-23 the only domain of a pack in use is never swapped without a review that names the other", () => {
    const unnamed = worlds.filter(({ reviews }) =>
      reviews.every(({ spec }) => spec.approve?.networkDomains?.includes("b.com") !== true),
    );
    fc.assert(
      fc.property(unnamed, ({ reviews }) => {
        const definition = packDefinition("crm", reaching("b.com"));
        const facts = evaluate(definition, reviews, { known: ["a.com"] });
        expect(facts.effectiveDomains).toEqual([]);
        expect(unreviewed(facts)).toEqual(["NetworkDomains"]);
      }),
    );
  });

  test("only what is declared is in effect, and without anything unreviewed all of it is", () => {
    fc.assert(
      fc.property(worlds, ({ definition, reviews, ...world }) => {
        const facts = evaluate(definition, reviews, world);
        const declared = [...(definition.spec.networkDomains ?? [])].sort();
        expect(declared).toEqual(expect.arrayContaining([...facts.effectiveDomains]));
        if (facts.unreviewed.length > 0) return;
        expect(facts.effectiveDomains).toEqual(declared);
        expect(facts.withheldFrom).toEqual([]);
        expect(facts.maxResponseBytes).toBe(definition.spec.sandbox?.maxResponseBytes);
      }),
      { numRuns: 300 },
    );
  });

  test("the order in which reviews come changes nothing", () => {
    fc.assert(
      fc.property(worlds, ({ definition, reviews, ...world }) => {
        expect(evaluate(definition, [...reviews].reverse(), world)).toEqual(evaluate(definition, reviews, world));
      }),
    );
  });
});
