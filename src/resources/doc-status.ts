/** The status of a PackDoc: what it is called, who is in it, with whom it may be shared. Pure. */
import { keyOf } from "../api/meta.ts";
import type {
  AudienceSummary,
  PackConfiguration,
  PackDoc,
  PackDocStatus,
  ShareRestriction,
} from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { sha256 } from "../lib/stable-json.ts";
import { type AccessWorld, reachesOutsiders } from "../policy/access.ts";
import type { Audience } from "../policy/audience.ts";
import { claimsOf, docUrl, rivalOf } from "../policy/doc.ts";
import { type RestrictionWorld, restrictionOf } from "../policy/doc-restriction.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { mergeConditions } from "./conditions.ts";
import { folderProblem } from "./folder-status.ts";
import { acceptedFact, readyFact, stalledFacts } from "./summary.ts";

export type DocStatusInput = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly doc: PackDoc;
  readonly audience: Audience;
  /** The PackDocs of the cluster that claim something that this one claims, too. */
  readonly claimants: readonly PackDoc[];
  /** What the installs in the doc are bound to; undefined if one of the configurations is not there. */
  readonly configurations: readonly PackConfiguration[] | undefined;
  readonly world: RestrictionWorld;
};

export const docStatus = (input: DocStatusInput): PackDocStatus => {
  const { audience, claimants, doc, now, world } = input;
  const generation = doc.metadata.generation ?? 0;
  const refused = claimProblem(doc, claimants);
  const open = refused ?? audienceProblem(audience);
  const restriction = restrictionFor(input);
  return {
    observedGeneration: generation,
    ...(audience.incomplete === undefined ? { audience: summarize(audience, world) } : {}),
    ...(restriction === undefined ? {} : { restriction }),
    conditions: mergeConditions(
      doc.status?.conditions,
      [readyFact(open), acceptedFact(refused), ...stalledFacts(refused)],
      generation,
      toTimestamp(now),
    ),
  };
};

/** Changed only by what is known: while a configuration or the organization is missing, what was said stands. */
const restrictionFor = ({ configurations, doc, world }: DocStatusInput): ShareRestriction | undefined => {
  const before = doc.status?.restriction;
  if (configurations === undefined) return before;
  const restriction = restrictionOf(configurations, world);
  return restriction !== undefined && world.organization.state !== "found" ? (before ?? restriction) : restriction;
};

/** What it claims and does not get. */
const claimProblem = (doc: PackDoc, claimants: readonly PackDoc[]): Problem | undefined => {
  const { url } = doc.spec;
  if (url !== undefined && docUrl(url) === undefined) {
    return problem(
      "InvalidSpec",
      `the URL '${url}' can be read in two ways, so no configuration can name the doc by it; write it without escapes and dots in its path.`,
    );
  }
  const lost = claimsOf(doc).flatMap((claim) => {
    const rival = rivalOf(doc, claim, claimants);
    return rival === undefined ? [] : [`the ${nounOf(claim)} belongs to the older PackDoc '${keyOf(rival)}'`];
  });
  return lost.length === 0
    ? undefined
    : problem(
        "NameConflict",
        `${lost.join(", and ")}; choose another one. Until then configurations name this doc without it, as '${keyOf(doc)}'.`,
      );
};

const nounOf = (claim: string): string => {
  const [kind, name] = [claim.slice(0, claim.indexOf(":")), claim.slice(claim.indexOf(":") + 1)];
  return `${kind === "id" ? "id" : "URL"} '${name}'`;
};

const audienceProblem = ({ broken, incomplete = "" }: Audience): Problem | undefined =>
  broken === undefined ? undefined : folderProblem({ why: broken, message: incomplete });

/** Entries that are there twice, by the doc and by a folder, count once. */
const summarize = (audience: Audience, world: AccessWorld): AudienceSummary => {
  const entries = [...new Set(audience.entries.map(({ kind, name }) => `${kind} ${name}`))].sort();
  const external = reachesOutsiders(audience, world);
  return {
    hash: `sha256:${sha256(JSON.stringify(entries))}`,
    ...(external === "unknown" ? {} : { external: external === "yes" }),
    size: entries.length,
  };
};
