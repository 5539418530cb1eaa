import { describe, expect, test } from "vitest";
import { kstatusOf } from "../../test/gen/kstatus.ts";
import {
  acceptingDomains,
  authenticatedBy,
  type Change,
  changed,
  definedBy,
  knowing,
  NOW,
  organization,
  packDefinition,
  RULES,
  reaching,
} from "../../test/gen/objects.ts";
import { approvingDomains, certifying, expiringAt, reviewedBy, reviewOf } from "../../test/gen/reviews.ts";
import { REASONS_OF } from "../api/reasons.ts";
import type { PackDefinition, PackDefinitionStatus, PackReview } from "../api/v1alpha1/index.ts";
import { digestsOf, evaluateDefinition } from "../policy/definition.ts";
import { found } from "../policy/truth.ts";
import { conditionOf } from "./conditions.ts";
import { definitionStatus } from "./definition-status.ts";

const statusOf = (
  definition: PackDefinition,
  reviews: readonly PackReview[] = [],
  counts: { readonly installs?: number; readonly accounts?: number; readonly most?: number } = {},
): PackDefinitionStatus => {
  const known = definition.status?.knownDomains ?? [];
  const facts = evaluateDefinition({
    definition,
    organization: found(organization(acceptingDomains(counts.most ?? 1))),
    known,
    reviews,
    now: NOW,
    rules: RULES,
  });
  return definitionStatus({
    now: NOW,
    definition,
    facts,
    known,
    installs: counts.installs ?? 0,
    accounts: counts.accounts ?? 0,
  });
};

/** Each condition as `Status Reason`. */
const conditions = (status: PackDefinitionStatus): Record<string, string> =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));

const messageOf = (status: PackDefinitionStatus, type: string): string => conditionOf({ status }, type)?.message ?? "";

const two = packDefinition("crm", reaching("b.com", "a.com"));
const approved = reviewOf(two, "r", approvingDomains("a.com", "b.com"));
const refused = reaching("co.uk");

describe("the conditions of a definition", () => {
  const rows: readonly (readonly [
    sentence: string,
    definition: PackDefinition,
    reviews: readonly PackReview[],
    conditions: Record<string, string>,
    kstatus: ReturnType<typeof kstatusOf>,
  ])[] = [
    [
      "say that nothing needs a review",
      packDefinition("crm"),
      [],
      {
        Ready: "True Succeeded",
        Accepted: "True Accepted",
        Reviewed: "True NoReviewNeeded",
        Certified: "False NotCertified",
      },
      "Current",
    ],
    [
      "S0-23 say that it waits for a reviewer, and has not failed",
      two,
      [],
      {
        Ready: "False ReviewRequired",
        Accepted: "True Accepted",
        Reviewed: "False ReviewRequired",
        Certified: "False NotCertified",
      },
      "InProgress",
    ],
    [
      "S0-23 say that it is reviewed",
      two,
      [approved],
      {
        Ready: "True Succeeded",
        Accepted: "True Accepted",
        Reviewed: "True Reviewed",
        Certified: "False NotCertified",
      },
      "Current",
    ],
    [
      "S0-14 say that it is certified",
      packDefinition("crm"),
      [reviewOf(packDefinition("crm"), "r", certifying(packDefinition("crm")))],
      {
        Ready: "True Succeeded",
        Accepted: "True Accepted",
        Reviewed: "True NoReviewNeeded",
        Certified: "True Certified",
      },
      "Current",
    ],
    [
      "say that it can never be accepted as it is",
      packDefinition("crm", refused),
      [],
      {
        Ready: "False InvalidDomain",
        Accepted: "False InvalidDomain",
        Reviewed: "True NoReviewNeeded",
        Certified: "False NotCertified",
        Stalled: "True InvalidDomain",
      },
      "Failed",
    ],
  ];
  test.each(rows)("%s", (_, definition, reviews, expected, kstatus) => {
    const status = statusOf(definition, reviews);
    expect(conditions(status)).toEqual(expected);
    expect(kstatusOf({ ...definition, status })).toBe(kstatus);
    const reasons: readonly string[] = REASONS_OF.PackDefinition;
    for (const { reason } of status.conditions ?? []) expect(reasons).toContain(reason);
  });

  test("S0-23 tell what a reviewer must write, why, and what works until then", () => {
    const message = messageOf(statusOf(changed(two, knowing("a.com"))), "Reviewed");
    expect(message).toContain(`\`reviewDigest: ${digestsOf(two).reviewDigest}\``);
    expect(message).toContain("it declares 2 domains: 'b.com' and 'a.com'");
    expect(message).toMatch(/Until then it reaches 'a\.com'\.$/);
    expect(messageOf(statusOf(two), "Ready")).toMatch(/Until then it reaches nothing\.$/);
  });

  test("S0-30 tell where no credential goes until the token URL is reviewed", () => {
    const oauth2 = { authorizationURL: "https://login.crm.com/a", tokenURL: "https://evil.net/t" };
    const status = statusOf(packDefinition("crm", authenticatedBy({ type: "OAuth2", oauth2 })));
    expect(messageOf(status, "Reviewed")).toMatch(/'https:\/\/evil\.net\/t'.*takes no credential to 'api\.crm\.com'/);
    expect(status.effectiveDomains).toEqual(["api.crm.com"]);
  });

  test("S0-14 tell who vouches and until when", () => {
    const review = reviewOf(two, "r", certifying(two), expiringAt(NOW + 60_000));
    expect(messageOf(statusOf(two, [review]), "Certified")).toBe(
      "'ben@example.com' vouches for it as it is now, until 2026-01-02T12:01:00Z.",
    );
  });

  test("do not flap", () => {
    const before = statusOf(two);
    const again = definitionWith(two, before);
    expect(statusOf(again)).toEqual(before);
  });
});

const definitionWith = (definition: PackDefinition, status: PackDefinitionStatus): PackDefinition =>
  changed(definition, (it) => ({ ...it, status }));

describe("the status of a definition", () => {
  test("shows the digests that reviews name, accepted or not", () => {
    for (const definition of [two, packDefinition("crm", refused)]) {
      expect(statusOf(definition)).toMatchObject(digestsOf(definition));
    }
  });

  test("S0-23 shows how far the review is, and by whom", () => {
    const bytes: Change<PackDefinition> = definedBy({ sandbox: { maxResponseBytes: 50 * 1024 * 1024 } });
    const definition = changed(two, bytes);
    const review = reviewOf(definition, "r", approvingDomains("a.com", "b.com"), reviewedBy("zoe@example.com"));
    expect(statusOf(definition).review).toEqual({ required: ["NetworkDomains", "ResponseBytes"] });
    expect(statusOf(definition, [review]).review).toEqual({
      required: ["NetworkDomains", "ResponseBytes"],
      approved: ["NetworkDomains"],
      by: ["zoe@example.com"],
    });
    expect(statusOf(packDefinition("crm")).review).toBeUndefined();
  });

  test("names no more reviewers than the API allows", () => {
    const reviews = Array.from({ length: 40 }, (_, index) => reviewOf(two, `r${index}`, reviewedBy(`user-${index}`)));
    expect(statusOf(two, reviews).review?.by).toHaveLength(32);
  });

  test("S0-14 shows the certification as the API has it", () => {
    expect(statusOf(two).certification).toEqual({ certified: false });
    expect(statusOf(two, [reviewOf(two, "r", certifying(two))]).certification).toEqual({
      certified: true,
      by: "ben@example.com",
      time: "2026-01-02T11:59:00Z",
    });
  });

  test("S0-23 S1-19 shows which domains are in effect and who uses the pack, and remembers them while installs exist", () => {
    expect(statusOf(two, [approved])).toMatchObject({ effectiveDomains: ["a.com", "b.com"], installs: 0, accounts: 0 });
    expect(statusOf(two, [approved]).knownDomains).toBeUndefined();
    expect(statusOf(two, [approved], { installs: 3, accounts: 2 })).toMatchObject({
      knownDomains: ["a.com", "b.com"],
      installs: 3,
      accounts: 2,
    });
    expect(statusOf(changed(two, knowing("old.com")), [], { installs: 1 }).knownDomains).toEqual(["old.com"]);
  });
});
