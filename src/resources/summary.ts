/** The conditions that sum up every kind that people write. */
import type { Problem } from "../policy/problem.ts";
import { type Fact, fact } from "./conditions.ts";

export const acceptedFact = (problem: Problem | undefined): Fact =>
  problem === undefined
    ? fact("Accepted", "True", "Accepted", "Every check is passed.")
    : fact("Accepted", "False", problem.reason, problem.message);

/** `Ready`; `problem` is the first thing that keeps it from being so. */
export const readyFact = (problem: Problem | undefined): Fact =>
  problem === undefined
    ? fact("Ready", "True", "Succeeded", "Everything is as it should be.")
    : fact("Ready", "False", problem.reason, problem.message);

/** Refused for good: only an edit helps. */
export const stalledFacts = (problem: Problem | undefined): readonly Fact[] =>
  problem === undefined ? [] : [fact("Stalled", "True", problem.reason, problem.message)];
