/** Builders of reviews for tests: `reviewOf(definition, "first", approving({ networkDomains: ["a.com"] }))`. */
import { API_VERSION } from "../../src/api/kinds.ts";
import type { PackDefinition, PackReview, PackReviewSpec, ReviewApproval } from "../../src/api/v1alpha1/index.ts";
import { toTimestamp } from "../../src/lib/clock.ts";
import { digestsOf } from "../../src/policy/definition.ts";
import { BEN, type Change, changed, NOW } from "./objects.ts";

type ReviewChange = Change<PackReview>;

/** By {@link BEN}, of the definition as it is given; approves nothing and never expires. */
export const reviewOf = (definition: PackDefinition, name: string, ...changes: readonly ReviewChange[]): PackReview =>
  changed<PackReview>(
    {
      apiVersion: API_VERSION,
      kind: "PackReview",
      metadata: { name, uid: `uid-of-${name}`, generation: 1, creationTimestamp: toTimestamp(NOW - 60_000) },
      spec: {
        packRef: { name: definition.metadata.name },
        reviewDigest: digestsOf(definition).reviewDigest,
        reviewer: BEN,
      },
    },
    ...changes,
  );

const reviewedWith =
  (spec: Partial<PackReviewSpec>): ReviewChange =>
  (review) => ({ ...review, spec: { ...review.spec, ...spec } });

export const approving = (approve: ReviewApproval): ReviewChange => reviewedWith({ approve });
export const approvingDomains = (...networkDomains: readonly string[]): ReviewChange => approving({ networkDomains });
export const reviewedBy = (reviewer: string): ReviewChange => reviewedWith({ reviewer });
export const checking = (item: string, result: "Passed" | "Failed"): ReviewChange =>
  reviewedWith({ checklist: [{ item, result }] });
/** `ms`: milliseconds since 1970. */
export const expiringAt = (ms: number): ReviewChange => reviewedWith({ expireTime: toTimestamp(ms) });
export const certifying = (definition: PackDefinition): ReviewChange =>
  reviewedWith({ certify: true, contentDigest: digestsOf(definition).contentDigest });
