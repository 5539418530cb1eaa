/** What a check of section 2 is, and what it can say. */
import type { PackConfiguration, PackDefinition, PackRequest } from "../api/v1alpha1/index.ts";
import type { DefinitionFacts } from "./definition.ts";
import type { InstallInput } from "./input.ts";
import { type Problem, problem } from "./problem.ts";

/** What the checks have found out so far; each check adds to it. */
export type Findings = {
  readonly definition?: PackDefinition;
  readonly facts?: DefinitionFacts;
  /** The configuration to bind; absent with `builtIn`, the organization's default access. */
  readonly configuration?: PackConfiguration;
  readonly builtIn?: true;
  /** The approved request by which the default access is bound. */
  readonly request?: PackRequest;
};

export type Step =
  | { readonly pass: Findings }
  /** Somebody else must act first. */
  | { readonly wait: Problem }
  /** The rules say no; evaluated again on every change. */
  | { readonly refuse: Problem; readonly candidates?: readonly string[] };

export type Check = (input: InstallInput, findings: Findings) => Step;

export const pass = (findings: Findings = {}): Step => ({ pass: findings });
export const wait = (reason: Problem["reason"], message: string): Step => ({ wait: problem(reason, message) });
export const refuse = (reason: Problem["reason"], message: string): Step => ({ refuse: problem(reason, message) });

/** What each check says, one after the other, up to and with the first that does not pass. */
export const traceChecks = (checks: readonly Check[], input: InstallInput): readonly Step[] => {
  const steps: Step[] = [];
  let findings: Findings = {};
  for (const check of checks) {
    const step = check(input, findings);
    steps.push(step);
    if (!("pass" in step)) break;
    findings = { ...findings, ...step.pass };
  }
  return steps;
};

/** The checks one after the other; the first that does not pass gives the answer. */
export const runChecks = (checks: readonly Check[], input: InstallInput): Step => {
  let findings: Findings = {};
  for (const check of checks) {
    const step = check(input, findings);
    if (!("pass" in step)) return step;
    findings = { ...findings, ...step.pass };
  }
  return pass(findings);
};
