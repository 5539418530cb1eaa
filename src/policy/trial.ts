/**
 * Configurations with `enforcement: Audit` are shadows (design: policy, section 3): what they would do to an install is
 * written down, and nobody gains or loses anything by it.
 */
import type { PackConfiguration, TrialFinding } from "../api/v1alpha1/index.ts";
import { hasAccess } from "./access.ts";
import { knownDomains } from "./checks.ts";
import { aboutPack, configurationProblem, isEnforced } from "./configuration.ts";
import { evaluateDefinition } from "./definition.ts";
import type { InstallInput } from "./input.ts";
import { isLatched } from "./latch.ts";
import { configurationMisfit } from "./leaving.ts";

/** Undefined where no configuration on trial concerns the install; empty where it fits all of them. */
export const trialFindings = (input: InstallInput): readonly TrialFinding[] | undefined => {
  const trials = aboutPack(input).filter((it) => concerns(it, input));
  if (trials.length === 0) return undefined;
  const hosts = effectiveHosts(input);
  return trials
    .flatMap((configuration) => {
      const misfit = configurationMisfit(input, configuration, hosts);
      return misfit === undefined ? [] : [{ configuration: configuration.metadata.name, ...misfit }];
    })
    .sort((a, b) => (a.configuration < b.configuration ? -1 : 1));
};

const concerns = (configuration: PackConfiguration, input: InstallInput): boolean =>
  !isEnforced(configuration) &&
  !isLatched(input.install) &&
  configurationProblem(configuration) === undefined &&
  hasAccess(input.install.spec.installer, configuration, input) === "yes";

const effectiveHosts = (input: InstallInput): readonly string[] => {
  const { definition, now, organization, reviews, rules } = input;
  if (definition.state !== "found") return [];
  const known = knownDomains(input, definition.value);
  return evaluateDefinition({ definition: definition.value, organization, known, reviews, now, rules })
    .effectiveDomains;
};
