import { describe, expect, test } from "vitest";
import { kstatusOf } from "../../test/gen/kstatus.ts";
import {
  ANN,
  type Change,
  changed,
  definedBy,
  NOW,
  ofGeneration,
  packDefinition,
  reaching,
} from "../../test/gen/objects.ts";
import { approvingDomains, certifying, checking, expiringAt, reviewedBy, reviewOf } from "../../test/gen/reviews.ts";
import { REASONS_OF } from "../api/reasons.ts";
import type { PackReview, PackReviewStatus } from "../api/v1alpha1/index.ts";
import { digestsOf } from "../policy/definition.ts";
import { problem } from "../policy/problem.ts";
import { conditionOf } from "./conditions.ts";
import { type ReviewStatusInput, reviewStatus } from "./review-status.ts";

const definition = packDefinition("crm", reaching("a.com", "b.com"), definedBy({ maker: { name: "M", users: [ANN] } }));
const newCode = changed(definition, definedBy({ version: "2.0.0" }));
const grown = changed(definition, reaching("a.com", "b.com", "c.com"));
const unvouched = problem("AdmissionMissing", "The policies are not installed.");

const review = (...changes: readonly Change<PackReview>[]): PackReview =>
  reviewOf(definition, "r", approvingDomains("a.com", "b.com"), ...changes);

const statusOf = (it: PackReview, world: Partial<ReviewStatusInput> = {}): PackReviewStatus =>
  reviewStatus({ now: NOW, review: it, definition, unvouched: undefined, ...world });

const conditions = (status: PackReviewStatus): Record<string, string> =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));

const accepted = (it: PackReview): PackReview => changed(it, (object) => ({ ...object, status: statusOf(it) }));

const FINE = { Ready: "True Succeeded", Accepted: "True Accepted" };

describe("the conditions of a review", () => {
  const over = (reason: string) => ({ Ready: `False ${reason}`, Accepted: "True Accepted", Stalled: `True ${reason}` });
  const refused = (reason: string) => ({ ...over(reason), Accepted: `False ${reason}` });
  const waiting = (reason: string) => ({ Ready: `False ${reason}`, Accepted: `False ${reason}` });

  const rows: readonly (readonly [
    sentence: string,
    review: PackReview,
    world: Partial<ReviewStatusInput>,
    conditions: Record<string, string>,
    kstatus: ReturnType<typeof kstatusOf>,
  ])[] = [
    ["say that it counts", review(), {}, FINE, "Current"],
    ["S0-14 say that it certifies", review(certifying(definition)), {}, FINE, "Current"],
    ["say that it counts until its time is over", review(expiringAt(NOW + 1_000)), {}, FINE, "Current"],
    ["say that its time is over", review(expiringAt(NOW)), {}, over("ReviewExpired"), "Failed"],
    ["S0-23 say that the definition is another one", review(), { definition: grown }, over("ReviewOutdated"), "Failed"],
    ["say nothing of new code to one who does not certify", review(), { definition: newCode }, FINE, "Current"],
    [
      "S0-14 say that new code ended the certification",
      review(certifying(definition)),
      { definition: newCode },
      over("ReviewOutdated"),
      "Failed",
    ],
    [
      "S0-14 say that a maker cannot certify his own pack",
      review(certifying(definition), reviewedBy(ANN)),
      {},
      refused("SelfCertification"),
      "Failed",
    ],
    [
      "S0-14 say that a failed check certifies nothing",
      review(certifying(definition), checking("x", "Failed")),
      {},
      refused("ChecklistFailed"),
      "Failed",
    ],
    ["let a maker review what he does not certify", review(reviewedBy(ANN)), {}, FINE, "Current"],
    ["say that there is no such pack yet", review(), { definition: undefined }, waiting("PackNotFound"), "InProgress"],
    [
      "say that a review without a pack is over, too",
      review(expiringAt(NOW)),
      { definition: undefined },
      { ...over("ReviewExpired"), Accepted: "False PackNotFound" },
      "Failed",
    ],
    ["say that nobody vouches for the name", review(), { unvouched }, waiting("AdmissionMissing"), "InProgress"],
    [
      "leave one that was accepted before as it is while nobody vouches",
      accepted(review()),
      { unvouched },
      FINE,
      "Current",
    ],
    [
      "take back what was changed since while nobody vouches",
      changed(accepted(review()), ofGeneration(2)),
      { unvouched },
      waiting("AdmissionMissing"),
      "InProgress",
    ],
  ];
  test.each(rows)("%s", (_, it, world, expected, kstatus) => {
    const status = statusOf(it, world);
    expect(conditions(status)).toEqual(expected);
    expect(kstatusOf({ ...it, status })).toBe(kstatus);
    const reasons: readonly string[] = REASONS_OF.PackReview;
    for (const { reason } of status.conditions ?? []) expect(reasons).toContain(reason);
  });

  test("tell the digest to write now", () => {
    const message = (status: PackReviewStatus) => conditionOf({ status }, "Ready")?.message;
    expect(message(statusOf(review(), { definition: grown }))).toContain(digestsOf(grown).reviewDigest);
    expect(message(statusOf(review(certifying(definition)), { definition: newCode }))).toContain(
      digestsOf(newCode).contentDigest,
    );
  });

  test("do not flap", () => {
    const it = accepted(review());
    expect(reviewStatus({ now: NOW + 60_000, review: it, definition, unvouched: undefined })).toEqual(it.status);
  });
});
