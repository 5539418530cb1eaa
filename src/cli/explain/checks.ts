/** Section 2 of the policy for people: each check, and what it said. */
import type { Reason } from "../../api/reasons.ts";
import {
  CHECKS,
  configurationsKnown,
  definitionAccepted,
  domainsAllowed,
  onlyInstallInDoc,
  packNotDenied,
  packReviewed,
  vouchedFor,
} from "../../policy/checks.ts";
import { configurationFound, organizationKnown, packApproved } from "../../policy/configuration-choice.ts";
import { audienceCovered, docAllowed } from "../../policy/doc-fit.ts";
import type { InstallInput } from "../../policy/input.ts";
import { type Check, type Step, traceChecks } from "../../policy/step.ts";

export type CheckReport = {
  /** Stable, for machines. */
  readonly check: string;
  /** What is checked. */
  readonly title: string;
  /** `Waiting`: somebody else must act first. `NotReached`: an earlier check did not pass. */
  readonly result: "Passed" | "Waiting" | "Failed" | "NotReached";
  readonly reason?: Reason;
  readonly message?: string;
};

type Words = Pick<CheckReport, "check" | "title">;

const WORDS: ReadonlyMap<Check, Words> = new Map([
  [vouchedFor, { check: "VouchedFor", title: "the admission policies vouch for the names in objects" }],
  [organizationKnown, { check: "OrganizationKnown", title: "there is a PackOrganization" }],
  [definitionAccepted, { check: "DefinitionAccepted", title: "the pack is defined, and its definition is accepted" }],
  [packReviewed, { check: "PackReviewed", title: "what needs a review is reviewed" }],
  [packNotDenied, { check: "PackNotDenied", title: "no configuration denies the pack" }],
  [configurationsKnown, { check: "ConfigurationsKnown", title: "all configurations can be read" }],
  [onlyInstallInDoc, { check: "OnlyInstallInDoc", title: "it is the only install of the pack in its doc" }],
  [packApproved, { check: "PackApproved", title: "the pack is approved, where that is needed" }],
  [configurationFound, { check: "ConfigurationFound", title: "one configuration admits the installer" }],
  [domainsAllowed, { check: "DomainsAllowed", title: "the configuration allows the pack's domains" }],
  [docAllowed, { check: "DocAllowed", title: "the configuration allows the doc" }],
  [audienceCovered, { check: "AudienceCovered", title: "everybody in the doc has access, where that is asked for" }],
]);

/** What there is to say of a check. @throws where a check has no words, which a test excludes */
export const wordsOf = (check: Check): Words => {
  const words = WORDS.get(check);
  if (words === undefined) throw new Error("a check has no words");
  return words;
};

/** Every check in its order. One that was not reached says nothing. */
export const reportChecks = (input: InstallInput): readonly CheckReport[] => {
  const steps = traceChecks(CHECKS, input);
  return CHECKS.map((check, index) => ({ ...wordsOf(check), ...resultOf(steps[index]) }));
};

const resultOf = (step: Step | undefined): Pick<CheckReport, "message" | "reason" | "result"> => {
  if (step === undefined) return { result: "NotReached" };
  if ("pass" in step) return { result: "Passed" };
  return "wait" in step ? { result: "Waiting", ...step.wait } : { result: "Failed", ...step.refuse };
};
