/**
 * What the reviews of one pack amount to at one moment (design: api, PackReview; policy, section 3). A review speaks about
 * the definition that has its digests. Once the definition is another one, what the review names still holds as far as
 * the definition keeps it, and nothing new takes effect by it.
 */
import type { PackDefinition, PackReview } from "../api/v1alpha1/index.ts";
import { parseTimestamp } from "../lib/clock.ts";
import { enumerate, type Problem, problem } from "./problem.ts";

/** A definition, and the digests by which reviews name it: `sha256:<hex>`. */
export type ReviewedDefinition = {
  readonly definition: PackDefinition;
  /** Of the facts that a review speaks about. */
  readonly reviewDigest: string;
  /** Of everything. */
  readonly contentDigest: string;
};

/** What several reviews approve together. */
export type Approvals = {
  readonly networkDomains: ReadonlySet<string>;
  readonly tokenURLs: ReadonlySet<string>;
  readonly customAuthentication: boolean;
  /** The most that one of them approves; 0 if none does. */
  readonly responseBytes: number;
};

/** Whether somebody vouches for a definition as it is now. */
export type Certification = {
  readonly certified: boolean;
  readonly by?: string;
  /** When the review was made, RFC 3339. */
  readonly time?: string;
  /** When it ends unless the definition changes before, RFC 3339. */
  readonly until?: string;
};

export type ReviewFacts = {
  /** What is approved of the definition as it is now. */
  readonly current: Approvals;
  /** What is approved of the definition in any state: a part of it that is kept stays in effect. */
  readonly kept: Approvals;
  /** Who reviewed the definition as it is now, sorted. */
  readonly by: readonly string[];
  readonly certification: Certification;
  /** When the first of the reviews that count expires: milliseconds since 1970. */
  readonly expiresAt: number | undefined;
};

/** Milliseconds since 1970; Infinity for a review without end. What is no time is over already. */
const expiryOf = ({ spec: { expireTime } }: PackReview): number => {
  if (expireTime === undefined) return Number.POSITIVE_INFINITY;
  try {
    return parseTimestamp(expireTime);
  } catch {
    return Number.NEGATIVE_INFINITY;
  }
};

/** `now`: milliseconds since 1970. The moment of expiry itself is too late. */
export const isExpired = (review: PackReview, now: number): boolean => expiryOf(review) <= now;

/** When the review expires, if that is still to come: milliseconds since 1970, as `now`. */
export const expiresAfter = (review: PackReview, now: number): number | undefined => {
  const expiry = expiryOf(review);
  return Number.isFinite(expiry) && expiry > now ? expiry : undefined;
};

/** What keeps a review, its approvals included, from counting whatever digests it names. */
export const reviewProblem = (review: PackReview, definition: PackDefinition): Problem | undefined => {
  const { certify, checklist, reviewer } = review.spec;
  if (certify !== true) return undefined;
  if (definition.spec.maker?.users?.includes(reviewer) === true) {
    return problem(
      "SelfCertification",
      `'${reviewer}' makes the pack '${definition.metadata.name}' (\`spec.maker.users\`) and cannot certify it; somebody else must.`,
    );
  }
  const failed = (checklist ?? []).filter(({ result }) => result === "Failed").map(({ item }) => item);
  if (failed.length === 0) return undefined;
  return problem(
    "ChecklistFailed",
    `it certifies the pack although ${enumerate(failed)} failed in \`spec.checklist\`; remove \`certify\`, or check again.`,
  );
};

/**
 * The reviews that may count. While nobody vouches for the reviewers' names (`unvouched`), these are the ones that were
 * accepted before, as they were then.
 */
export const vouchedReviews = (
  reviews: readonly PackReview[],
  unvouched: Problem | undefined,
): readonly PackReview[] => (unvouched === undefined ? reviews : reviews.filter(wasAccepted));

/** Whether the controller has accepted the review as it is. */
export const wasAccepted = ({ metadata, status }: PackReview): boolean =>
  status?.conditions?.some(
    ({ type, status: state, observedGeneration }) =>
      type === "Accepted" && state === "True" && observedGeneration === metadata.generation,
  ) === true;

const counts = (review: PackReview, definition: PackDefinition, now: number): boolean =>
  review.spec.packRef.name === definition.metadata.name &&
  review.metadata.deletionTimestamp === undefined &&
  !isExpired(review, now) &&
  reviewProblem(review, definition) === undefined;

const approvalsOf = (reviews: readonly PackReview[]): Approvals => {
  const approved = reviews.map(({ spec }) => spec.approve ?? {});
  return {
    networkDomains: new Set(approved.flatMap(({ networkDomains = [] }) => networkDomains)),
    tokenURLs: new Set(approved.flatMap(({ tokenURL }) => (tokenURL === undefined ? [] : [tokenURL]))),
    customAuthentication: approved.some(({ customAuthentication }) => customAuthentication === true),
    responseBytes: Math.max(0, ...approved.map(({ responseBytes = 0 }) => responseBytes)),
  };
};

/** The one that lasts longest; of equals the oldest, then by name: independent of the order in which they come. */
const certificationOf = (reviews: readonly PackReview[], { contentDigest }: ReviewedDefinition): Certification => {
  const [first] = reviews
    .filter(({ spec }) => spec.certify === true && spec.contentDigest === contentDigest)
    .sort(
      (a, b) =>
        compare(expiryOf(b), expiryOf(a)) ||
        compare(a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? "") ||
        compare(a.metadata.name, b.metadata.name),
    );
  if (first === undefined) return { certified: false };
  const { metadata, spec } = first;
  return {
    certified: true,
    by: spec.reviewer,
    ...(metadata.creationTimestamp === undefined ? {} : { time: metadata.creationTimestamp }),
    ...(spec.expireTime === undefined ? {} : { until: spec.expireTime }),
  };
};

const compare = <T extends number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** `now`: milliseconds since 1970. Independent of the order of the reviews; one review less never approves more. */
export const evaluateReviews = (
  reviews: readonly PackReview[],
  reviewed: ReviewedDefinition,
  now: number,
): ReviewFacts => {
  const counting = reviews.filter((review) => counts(review, reviewed.definition, now));
  const current = counting.filter(({ spec }) => spec.reviewDigest === reviewed.reviewDigest);
  const expiry = Math.min(...counting.map(expiryOf));
  return {
    current: approvalsOf(current),
    kept: approvalsOf(counting),
    by: [...new Set(current.map(({ spec }) => spec.reviewer))].sort(),
    certification: certificationOf(current, reviewed),
    expiresAt: Number.isFinite(expiry) ? expiry : undefined,
  };
};
