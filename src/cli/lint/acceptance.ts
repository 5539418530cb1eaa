/** What the controller would refuse, by its own functions. */
import { keyOf } from "../../api/meta.ts";
import type { PackConfiguration, PackDefinition, PackInstall } from "../../api/v1alpha1/index.ts";
import { configurationProblem } from "../../policy/configuration.ts";
import { evaluateDefinition } from "../../policy/definition.ts";
import { evaluateInstall } from "../../policy/evaluate.ts";
import type { Problem } from "../../policy/problem.ts";
import { domainRules } from "../../resources/settings.ts";
import type { Path } from "../schema/crd.ts";
import { inputFor } from "../world.ts";
import { type Item, installManifests, itemsOf, type LintContext } from "./context.ts";
import { type Finding, finding } from "./finding.ts";
import type { RuleId } from "./rules.ts";

export const acceptanceFindings = (context: LintContext): readonly Finding[] => [
  ...itemsOf<PackDefinition>(context, "PackDefinition").flatMap((item) => definitionFindings(context, item)),
  ...itemsOf<PackConfiguration>(context, "PackConfiguration").flatMap(({ object, manifest }) =>
    refusal("PACK201", manifest, configurationProblem(object)),
  ),
  ...allInstallFindings(context),
];

/** The field that a message names first: "`spec.networkDomains[0]` 'com' must not ...". */
const fieldNamedIn = (message: string): Path => {
  const named = /`(spec(?:\.[A-Za-z]+|\[\d+\])+)/.exec(message)?.[1];
  if (named === undefined) return ["spec"];
  return [...named.matchAll(/([A-Za-z]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
};

const refusal = (
  rule: RuleId,
  manifest: Item<unknown>["manifest"],
  problem: Problem | undefined,
): readonly Finding[] =>
  problem === undefined
    ? []
    : [finding(rule, manifest, fieldNamedIn(problem.message), `${problem.reason}: ${problem.message}`)];

const definitionFindings = (context: LintContext, { object, manifest }: Item<PackDefinition>): readonly Finding[] => {
  const { now, organization, reviews } = context.world;
  const { problem, reviewDigest, unreviewed } = evaluateDefinition({
    definition: object,
    organization,
    known: [],
    reviews: reviews.filter(({ spec }) => spec.packRef.name === object.metadata.name),
    now,
    rules: domainRules(context.settings),
  });
  if (problem !== undefined) return refusal("PACK201", manifest, problem);
  if (unreviewed.length === 0) return [];
  const facts = unreviewed.map(({ message }) => message).join("; ");
  return [
    finding(
      "PACK202",
      manifest,
      ["spec"],
      `ReviewRequired: ${facts}. A reviewer creates a PackReview with \`spec.reviewDigest: ${reviewDigest}\`.`,
    ),
  ];
};

const allInstallFindings = (context: LintContext): readonly Finding[] => {
  const manifests = installManifests(context);
  return context.world.installs.flatMap((install) => {
    const manifest = manifests.get(keyOf(install));
    return manifest === undefined ? [] : installFindings(context, { object: install, manifest });
  });
};

/** Judged only where the pack and the organization are given, or all of it must be. */
const installFindings = (
  context: LintContext,
  { object: install, manifest }: Item<PackInstall>,
): readonly Finding[] => {
  const { world, settings, strict } = context;
  const input = inputFor(world, install, settings);
  const known = world.organization.state === "found" && world.definitions.has(install.spec.packRef.name);
  if (!known && !strict) return [];
  const evaluation = evaluateInstall(input);
  if (evaluation.outcome !== "Refused" && evaluation.outcome !== "Waiting") return [];
  const { reason, message } = evaluation.problem;
  if (reason === "AlreadyInstalled") return [finding("PACK403", manifest, ["spec", "packRef"], message)];
  if (reason === "DefinitionNotAccepted") return [];
  return [
    finding("PACK203", manifest, fieldNamedIn(message), `${reason}: ${message}`, {
      level: strict ? "error" : "warning",
    }),
  ];
};
