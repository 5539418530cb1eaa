/** The status of a PackDefinition: is it accepted, what of it is in effect, what must be reviewed, who vouches. Pure. */
import type { CertificationState, PackDefinition, PackDefinitionStatus, ReviewState } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { type DefinitionFacts, nextKnownDomains } from "../policy/definition.ts";
import { enumerate, type Problem, problem } from "../policy/problem.ts";
import { type Fact, fact, mergeConditions } from "./conditions.ts";
import { acceptedFact, readyFact, stalledFacts } from "./summary.ts";

export type DefinitionStatusInput = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly definition: PackDefinition;
  readonly facts: DefinitionFacts;
  /** Every domain that was effective since installs exist. */
  readonly known: readonly string[];
  /** How many installs name the pack. */
  readonly installs: number;
  /** How many accounts name the pack. */
  readonly accounts: number;
};

const MOST_REVIEWERS = 32;

/** What works until the review is there. */
const meanwhile = ({ effectiveDomains, withheldFrom }: DefinitionFacts): string => {
  if (effectiveDomains.length === 0) return "Until then it reaches nothing.";
  const reach = `Until then it reaches ${enumerate(effectiveDomains)}`;
  return withheldFrom.length === 0 ? `${reach}.` : `${reach}, and takes no credential to ${enumerate(withheldFrom)}.`;
};

const reviewMissing = (facts: DefinitionFacts): Problem | undefined =>
  facts.unreviewed.length === 0
    ? undefined
    : problem(
        "ReviewRequired",
        `A reviewer must create a PackReview with \`reviewDigest: ${facts.reviewDigest}\`, because ${facts.unreviewed.map(({ message }) => message).join("; ")}. ${meanwhile(facts)}`,
      );

const reviewedFact = (facts: DefinitionFacts, missing: Problem | undefined): Fact => {
  if (missing !== undefined) return fact("Reviewed", "False", missing.reason, missing.message);
  return facts.sensitive.length === 0
    ? fact("Reviewed", "True", "NoReviewNeeded", "Nothing in this definition needs a review.")
    : fact(
        "Reviewed",
        "True",
        "Reviewed",
        `Everything that needs a review is approved, by ${enumerate(facts.review.by)}.`,
      );
};

const certifiedFact = ({ certification: { by = "", certified, until } }: DefinitionFacts): Fact =>
  certified
    ? fact(
        "Certified",
        "True",
        "Certified",
        `'${by}' vouches for it as it is now${until === undefined ? "" : `, until ${until}`}.`,
      )
    : fact("Certified", "False", "NotCertified", "Nobody vouches for this definition as it is now.");

const reviewState = ({ review: { approved, by, required } }: DefinitionFacts): ReviewState | undefined =>
  required.length === 0 && by.length === 0
    ? undefined
    : {
        ...(required.length === 0 ? {} : { required }),
        ...(approved.length === 0 ? {} : { approved }),
        ...(by.length === 0 ? {} : { by: by.slice(0, MOST_REVIEWERS) }),
      };

const certificationState = ({ certification: { by, certified, time } }: DefinitionFacts): CertificationState => ({
  certified,
  ...(by === undefined ? {} : { by }),
  ...(time === undefined ? {} : { time }),
});

/**
 * A definition that waits for a review is neither Reconciling nor Stalled: somebody else must act, and what was in effect
 * before goes on. Installs tell by themselves whether they work within that.
 */
export const definitionStatus = (input: DefinitionStatusInput): PackDefinitionStatus => {
  const { accounts, definition, facts, installs, known, now } = input;
  const generation = definition.metadata.generation ?? 0;
  const missing = reviewMissing(facts);
  const review = reviewState(facts);
  const knownDomains = nextKnownDomains(known, facts.effectiveDomains, installs);
  const all = [
    readyFact(facts.problem ?? missing),
    acceptedFact(facts.problem),
    reviewedFact(facts, missing),
    certifiedFact(facts),
    ...stalledFacts(facts.problem),
  ];
  return {
    observedGeneration: generation,
    reviewDigest: facts.reviewDigest,
    contentDigest: facts.contentDigest,
    ...(review === undefined ? {} : { review }),
    certification: certificationState(facts),
    ...(facts.effectiveDomains.length === 0 ? {} : { effectiveDomains: facts.effectiveDomains }),
    ...(knownDomains.length === 0 ? {} : { knownDomains }),
    installs,
    accounts,
    conditions: mergeConditions(definition.status?.conditions, all, generation, toTimestamp(now)),
  };
};
