/** What the controller would refuse, by its own functions. */
import { UNSUPPORTED_KINDS } from "../../api/kinds.ts";
import { keyOf } from "../../api/meta.ts";
import type { PackConfiguration, PackDefinition, PackInstall, PackOrganization } from "../../api/v1alpha1/index.ts";
import { supported } from "../../policy/checks.ts";
import { configurationProblem } from "../../policy/configuration.ts";
import { evaluateDefinition } from "../../policy/definition.ts";
import { evaluateInstall } from "../../policy/evaluate.ts";
import { organizationProblem } from "../../policy/organization.ts";
import type { Problem } from "../../policy/problem.ts";
import { domainRules } from "../../resources/settings.ts";
import type { Path } from "../schema/crd.ts";
import { inputFor } from "../world.ts";
import { type Item, installManifests, itemsOf, type LintContext } from "./context.ts";
import { type Finding, finding } from "./finding.ts";
import type { RuleId } from "./rules.ts";

export const acceptanceFindings = (context: LintContext): readonly Finding[] => [
  ...unsupportedFindings(context),
  ...itemsOf<PackOrganization>(context, "PackOrganization").flatMap(({ object, manifest }) =>
    refusal("PACK201", manifest, organizationProblem(object)),
  ),
  ...itemsOf<PackDefinition>(context, "PackDefinition").flatMap((item) => definitionFindings(context, item)),
  ...itemsOf<PackConfiguration>(context, "PackConfiguration").flatMap(({ object, manifest }) =>
    refusal("PACK201", manifest, configurationProblem(object)),
  ),
  ...allInstallFindings(context),
];

const unsupportedFindings = ({ valid }: LintContext): readonly Finding[] =>
  valid
    .filter(({ manifest }) => UNSUPPORTED_KINDS.some(({ kind }) => kind === manifest.kind))
    .map(({ manifest }) =>
      finding(
        "PACK201",
        manifest,
        ["kind"],
        `NotYetSupported: this version does not act on ${manifest.kind} objects; nothing follows from this one.`,
      ),
    );

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

/** As many domains as the API allows: what is still wrong then is wrong in every organization. */
const MOST_LENIENT = 32;

const definitionFindings = (context: LintContext, { object, manifest }: Item<PackDefinition>): readonly Finding[] => {
  const { organization } = context.world;
  const rules = domainRules(context.settings);
  const problemIn = (it: LintContext["world"]["organization"]): Problem | undefined =>
    evaluateDefinition({ definition: object, organization: it, known: [], rules }).problem;
  if (organization.state === "found") return refusal("PACK201", manifest, problemIn(organization));
  const lenient = problemIn({ state: "found", value: lenientOrganization });
  if (lenient !== undefined) return refusal("PACK201", manifest, lenient);
  return refusal("PACK202", manifest, problemIn(organization));
};

const lenientOrganization: PackOrganization = {
  apiVersion: "packs.dev/v1alpha1",
  kind: "PackOrganization",
  metadata: { name: "default" },
  spec: { members: "Everyone", maxUnreviewedDomains: MOST_LENIENT },
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
  const alone = supported(input, {});
  if ("wait" in alone) return refusal("PACK201", manifest, alone.wait);
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
