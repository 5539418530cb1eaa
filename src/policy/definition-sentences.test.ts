/** Every sentence that people read about a definition and its reviews, word for word. */
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
  NOW,
  organization,
  packDefinition,
  RULES,
  reaching,
  syncTable,
} from "../../test/gen/objects.ts";
import { approving, approvingDomains, certifying, checking, expiringAt, reviewOf } from "../../test/gen/reviews.ts";
import type { Authentication, PackDefinition, PackReview } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { DEFAULT_RESPONSE_BYTES, type DefinitionFacts, evaluateDefinition } from "./definition.ts";
import { evaluateReviews, expiresAfter, isExpired, reviewProblem, wasAccepted } from "./review.ts";
import { absent, found } from "./truth.ts";

const evaluate = (
  definition: PackDefinition,
  {
    reviews = [],
    known = [],
    most,
  }: { reviews?: readonly PackReview[]; known?: readonly string[]; most?: number } = {},
): DefinitionFacts =>
  evaluateDefinition({
    definition,
    organization: most === undefined ? absent : found(organization(acceptingDomains(most))),
    known,
    reviews,
    now: NOW,
    rules: RULES,
  });

const crm = (...changes: readonly Change<PackDefinition>[]): PackDefinition => packDefinition("crm", ...changes);
const oauth2 = (authorizationURL: string, tokenURL: string): Authentication => ({
  type: "OAuth2",
  oauth2: { authorizationURL, tokenURL },
});
const twoTokens = crm(
  authenticatedBy(oauth2("https://login.crm.com/a", "https://token.net/t")),
  definedBy({ systemAuthentication: oauth2("https://login.crm.com/a", "https://other.org/t") }),
);

describe("a definition that needs a review says", () => {
  const facts = (definition: PackDefinition, more: Parameters<typeof evaluate>[1] = {}): readonly string[] =>
    evaluate(definition, more).sensitive.map(({ fact, message }) => `${fact}: ${message}`);

  test("how many domains it declares, and how many are fine", () => {
    expect(facts(crm(reaching("a.com", "b.com")))).toEqual([
      "NetworkDomains: it declares 2 domains: 'a.com' and 'b.com'; the organization accepts 1 without a review (`maxUnreviewedDomains`)",
    ]);
    expect(facts(crm(reaching("a.com")), { most: 0 })).toEqual([
      "NetworkDomains: it declares the domain 'a.com'; the organization accepts 0 without a review (`maxUnreviewedDomains`)",
    ]);
    expect(facts(crm(reaching("a.com", "b.com")), { most: 2 })).toEqual([]);
  });

  test("which domains were in use before", () => {
    expect(facts(crm(reaching("b.com")), { known: ["a.com", "c.com"] })).toEqual([
      "NetworkDomains: it declares the domain 'b.com' (with 'a.com' and 'c.com', in use before); the organization accepts 1 without a review (`maxUnreviewedDomains`)",
    ]);
    expect(facts(crm(reaching("a.com", "b.com")), { known: ["a.com", "c.com"], most: 2 })).toEqual([
      "NetworkDomains: it declares 2 domains: 'a.com' and 'b.com' (with 'c.com', in use before); the organization accepts 2 without a review (`maxUnreviewedDomains`)",
    ]);
    expect(facts(crm(reaching("a.com")), { known: ["a.com", "c.com"] })).toEqual([]);
    expect(facts(crm(reaching()), { known: ["a.com", "c.com"] })).toEqual([]);
  });

  test("which token URLs are elsewhere", () => {
    expect(facts(twoTokens)).toEqual([
      "TokenURL: the token URL 'https://token.net/t' and 'https://other.org/t', or the authorization URL beside it, is on another registrable domain than the domains that receive the credential",
    ]);
    expect(facts(crm(authenticatedBy(oauth2("https://login.crm.com/a", "https://token.crm.com/t"))))).toEqual([]);
  });

  test("that its authentication is its own, whichever of the two it is", () => {
    const custom: Authentication = { type: "Custom" };
    const sentence = ["CustomAuthentication: its authentication is 'Custom'"];
    expect(facts(crm(authenticatedBy(custom)))).toEqual(sentence);
    expect(
      facts(crm(authenticatedBy({ type: "HeaderBearerToken" }), definedBy({ systemAuthentication: custom }))),
    ).toEqual(sentence);
  });

  test("how large its answers are", () => {
    const asking = (bytes: number) => crm(definedBy({ sandbox: { maxResponseBytes: bytes } }));
    expect(facts(asking(DEFAULT_RESPONSE_BYTES))).toEqual([]);
    expect(facts(asking(DEFAULT_RESPONSE_BYTES + 1))).toEqual([
      "ResponseBytes: it asks for answers of up to 26214401 bytes; the default is 26214400",
    ]);
  });

  test("which of its domains lie beside those of strangers", () => {
    const shared = crm(reaching("a.github.io", "b.github.io", "c.com"), authenticatedBy({ type: "HeaderBearerToken" }));
    expect(facts(shared, { most: 3 })).toEqual([
      "SharedSuffix: it takes credentials to 'a.github.io' and 'b.github.io', on a suffix under which strangers register names",
    ]);
    const review = (...domains: readonly string[]) => [reviewOf(shared, "r", approvingDomains(...domains))];
    const open = (...domains: readonly string[]) =>
      evaluate(shared, { most: 3, reviews: review(...domains) }).unreviewed.map(({ fact }) => fact);
    expect(open("a.github.io")).toEqual(["SharedSuffix"]);
    expect(open("a.github.io", "b.github.io")).toEqual([]);
  });

  test("nothing more once a review approves all of it, to the byte", () => {
    const large = crm(definedBy({ sandbox: { maxResponseBytes: DEFAULT_RESPONSE_BYTES + 10 } }));
    const open = (responseBytes: number) =>
      evaluate(large, { reviews: [reviewOf(large, "r", approving({ responseBytes }))] }).unreviewed.length;
    expect(open(DEFAULT_RESPONSE_BYTES + 9)).toBe(1);
    expect(open(DEFAULT_RESPONSE_BYTES + 10)).toBe(0);
    const tokens = (tokenURL: string) => reviewOf(twoTokens, tokenURL, approving({ tokenURL }));
    const both = [tokens("https://token.net/t"), tokens("https://other.org/t")];
    expect(evaluate(twoTokens, { reviews: both }).unreviewed).toEqual([]);
    expect(evaluate(twoTokens, { reviews: both.slice(1) }).unreviewed).toHaveLength(1);
  });
});

describe("a definition that is not accepted says", () => {
  const wrong = (definition: PackDefinition) => evaluate(definition).problem;

  test("which domain is wrong, and where", () => {
    expect(wrong(crm(reaching("a.com", "co.uk")))).toEqual({
      reason: "InvalidDomain",
      message:
        "`spec.networkDomains[1]` 'co.uk' must not be a public suffix: everybody may register names under it; declare the name of the service itself.",
    });
  });

  test("which names are the same to people", () => {
    expect(wrong(crm(formula("Größe"), formula("GRÖSSE")))).toEqual({
      reason: "InvalidSpec",
      message: "`spec.formulas` has 'Größe' and 'GRÖSSE', which differ only in case; rename one.",
    });
    expect(wrong(crm(syncTable("Rows"), syncTable("ROWS")))?.message).toBe(
      "`spec.syncTables` has 'Rows' and 'ROWS', which differ only in case; rename one.",
    );
    expect(wrong(crm(formula("Rows"), syncTable("ROWS")))).toBeUndefined();
  });
});

describe("a review that does not count says", () => {
  const made = crm(definedBy({ maker: { name: "Ann", users: [ANN, BEN] } } as Partial<PackDefinition["spec"]>));

  test("that makers do not certify", () => {
    expect(reviewProblem(reviewOf(made, "r", certifying(made)), made)).toEqual({
      reason: "SelfCertification",
      message: `'${BEN}' makes the pack 'crm' (\`spec.maker.users\`) and cannot certify it; somebody else must.`,
    });
    expect(reviewProblem(reviewOf(made, "r"), made)).toBeUndefined();
    expect(reviewProblem(reviewOf(crm(), "r", certifying(crm())), crm())).toBeUndefined();
  });

  test("what has failed", () => {
    const certified = reviewOf(crm(), "r", certifying(crm()));
    expect(reviewProblem(changed(certified, checking("code", "Failed")), crm())).toEqual({
      reason: "ChecklistFailed",
      message: "it certifies the pack although 'code' failed in `spec.checklist`; remove `certify`, or check again.",
    });
    expect(reviewProblem(changed(certified, checking("code", "Passed")), crm())).toBeUndefined();
    expect(reviewProblem(reviewOf(crm(), "r", checking("code", "Failed")), crm())).toBeUndefined();
  });
});

describe("a review in time", () => {
  test("ends at its moment, and says when", () => {
    const review = reviewOf(crm(), "r", expiringAt(NOW));
    expect([isExpired(review, NOW - 1), isExpired(review, NOW)]).toEqual([false, true]);
    expect([expiresAfter(review, NOW - 1), expiresAfter(review, NOW)]).toEqual([NOW, undefined]);
    expect(expiresAfter(reviewOf(crm(), "r"), NOW)).toBeUndefined();
  });

  test("with an end that is no time is over already", () => {
    const review = changed(reviewOf(crm(), "r"), (it) => ({ ...it, spec: { ...it.spec, expireTime: "soon" } }));
    expect(isExpired(review, 0)).toBe(true);
    expect(expiresAfter(review, 0)).toBeUndefined();
  });

  test("of several that certify, the one that lasts longest counts, then the oldest, then the first by name", () => {
    const certify = (name: string, ...changes: readonly Change<PackReview>[]) =>
      reviewOf(crm(), name, certifying(crm()), (it) => ({ ...it, spec: { ...it.spec, reviewer: name } }), ...changes);
    const by = (...reviews: readonly PackReview[]) => evaluate(crm(), { reviews }).certification.by;
    const [long, short] = [certify("long", expiringAt(NOW + 9000)), certify("short", expiringAt(NOW + 5000))];
    expect([by(long, short), by(short, long)]).toEqual(["long", "long"]);
    expect([by(long, certify("ever")), by(certify("ever"), long)]).toEqual(["ever", "ever"]);
    const [young, older] = [certify("a", createdAt(NOW)), certify("b", createdAt(NOW - 9_000_000))];
    expect([by(young, older), by(older, young)]).toEqual(["b", "b"]);
    expect([by(certify("y"), certify("x")), by(certify("x"), certify("y"))]).toEqual(["x", "x"]);
  });

  test("certification without an end has none, and names when it was made", () => {
    const certified = (...changes: readonly Change<PackReview>[]) =>
      evaluate(crm(), { reviews: [reviewOf(crm(), "r", certifying(crm()), ...changes)] }).certification;
    expect(certified()).toStrictEqual({ certified: true, by: BEN, time: toTimestamp(NOW - 60_000) });
    expect(certified(expiringAt(NOW + 1000))).toStrictEqual({
      certified: true,
      by: BEN,
      time: toTimestamp(NOW - 60_000),
      until: toTimestamp(NOW + 1000),
    });
    const undated = certified(({ metadata: { creationTimestamp: _, ...metadata }, ...rest }) => ({
      ...rest,
      metadata,
    }));
    expect(undated).toStrictEqual({ certified: true, by: BEN });
  });

  test("approves nothing of what it does not name", () => {
    const definition = crm();
    const reviewed = { definition, reviewDigest: reviewOf(definition, "r").spec.reviewDigest, contentDigest: "" };
    const { current } = evaluateReviews([reviewOf(definition, "r", approving({}))], reviewed, NOW);
    expect(current).toStrictEqual({
      networkDomains: new Set(),
      tokenURLs: new Set(),
      customAuthentication: false,
      responseBytes: 0,
    });
  });
});

test("a review was accepted if its own condition says so, of what it is now", () => {
  const review = (...conditions: readonly (readonly [type: string, status: string, generation: number])[]) =>
    changed(reviewOf(crm(), "r"), (it) => ({
      ...it,
      status: {
        conditions: conditions.map(([type, status, observedGeneration]) => ({
          type,
          status: status as "True" | "False",
          observedGeneration,
          reason: "Accepted",
          message: "",
          lastTransitionTime: "",
        })),
      },
    }));
  expect(wasAccepted(review(["Other", "False", 1], ["Accepted", "True", 1]))).toBe(true);
  expect(wasAccepted(review(["Other", "True", 1], ["Accepted", "False", 1]))).toBe(false);
  expect(wasAccepted(review(["Accepted", "True", 2]))).toBe(false);
  expect(wasAccepted(changed(reviewOf(crm(), "r"), (it) => ({ ...it, status: {} })))).toBe(false);
  expect(wasAccepted(reviewOf(crm(), "r"))).toBe(false);
});
