/** The status of a PackFolder: whether it is known with whom its docs are shared. Pure. */
import type { PackFolder, PackFolderStatus } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import type { Ascent, Broken } from "../policy/audience.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { mergeConditions } from "./conditions.ts";
import { acceptedFact, readyFact } from "./summary.ts";

export type FolderStatusInput = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly folder: PackFolder;
  /** From the folder itself. */
  readonly ascent: Ascent;
};

/** An edit of another folder can help, so a folder never ends (`Stalled`): it waits. */
export const folderStatus = ({ ascent: { broken }, folder, now }: FolderStatusInput): PackFolderStatus => {
  const generation = folder.metadata.generation ?? 0;
  const open = broken === undefined ? undefined : folderProblem(broken);
  const facts = [readyFact(open), acceptedFact(open?.reason === "AudienceUnknown" ? open : undefined)];
  return {
    observedGeneration: generation,
    conditions: mergeConditions(folder.status?.conditions, facts, generation, toTimestamp(now)),
  };
};

const HINT: Readonly<Record<Broken["why"], string>> = {
  missing: "create it, or correct the reference to it",
  unreadable: "wait",
  loop: "give one of them another parent, or none",
  deep: "move this one further up",
};

/** Why the audience of docs is not known, and what to do. */
export const folderProblem = ({ message, why }: Broken): Problem =>
  problem(
    why === "missing" ? "FolderNotFound" : "AudienceUnknown",
    `${message}; ${HINT[why]}. Until then the audience is not known, and no pack comes or goes because of it.`,
  );
