/** The status of a PackReview: does it count, and if not, why. Pure. */
import type { PackDefinition, PackReview, PackReviewStatus } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { digestsOf } from "../policy/definition.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { isExpired, reviewProblem, wasAccepted } from "../policy/review.ts";
import { mergeConditions } from "./conditions.ts";
import { acceptedFact, readyFact, stalledFacts } from "./summary.ts";

export type ReviewStatusInput = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly review: PackReview;
  /** The definition that it is about; undefined if there is none. */
  readonly definition: PackDefinition | undefined;
  /** Why nobody vouches for the reviewer's name; undefined while the admission policies are in force. */
  readonly unvouched: Problem | undefined;
};

/** Somebody else must act first. What was accepted before stays so while nobody vouches for names. */
const awaited = ({ definition, review, unvouched }: ReviewStatusInput): Problem | undefined => {
  const pack = review.spec.packRef.name;
  if (definition === undefined) {
    return problem("PackNotFound", `There is no PackDefinition '${pack}' yet; the review counts once there is.`);
  }
  return wasAccepted(review) ? undefined : unvouched;
};

/** The reviewer must review again. */
const over = ({ definition, now, review }: ReviewStatusInput): Problem | undefined => {
  const { certify, contentDigest, expireTime, packRef, reviewDigest } = review.spec;
  if (isExpired(review, now)) return problem("ReviewExpired", `Its time was over at ${expireTime}; review again.`);
  if (definition === undefined) return undefined;
  const digests = digestsOf(definition);
  if (reviewDigest !== digests.reviewDigest) {
    return problem(
      "ReviewOutdated",
      `The PackDefinition '${packRef.name}' is another one by now (\`reviewDigest: ${digests.reviewDigest}\`): only what the review approves and the definition keeps stays in effect. Review again.`,
    );
  }
  if (certify !== true || contentDigest === digests.contentDigest) return undefined;
  return problem(
    "ReviewOutdated",
    `The approvals count, but nothing is certified: the PackDefinition '${packRef.name}' is another one by now (\`contentDigest: ${digests.contentDigest}\`). Certify again, or remove \`certify\`.`,
  );
};

export const reviewStatus = (input: ReviewStatusInput): PackReviewStatus => {
  const { definition, now, review } = input;
  const generation = review.metadata.generation ?? 0;
  const refused = definition === undefined ? undefined : reviewProblem(review, definition);
  const waiting = awaited(input);
  const ended = refused ?? over(input);
  const all = [readyFact(ended ?? waiting), acceptedFact(refused ?? waiting), ...stalledFacts(ended)];
  return {
    observedGeneration: generation,
    conditions: mergeConditions(review.status?.conditions, all, generation, toTimestamp(now)),
  };
};
