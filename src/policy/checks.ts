/**
 * Becoming installed (design: policy, section 2): ordered checks, the first that does not pass gives the reason.
 * A check is a value of {@link CHECKS}; a new rule is a new entry there.
 */
import type { PackConfiguration, PackDefinition, PackInstall } from "../api/v1alpha1/index.ts";
import { aboutPack } from "./configuration.ts";
import { configurationFound, organizationKnown, packApproved } from "./configuration-choice.ts";
import { evaluateDefinition } from "./definition.ts";
import { audienceCovered, docAllowed } from "./doc-fit.ts";
import { domainsOutside } from "./host.ts";
import { docOf, type InstallInput, isBound, packName } from "./input.ts";
import { isLatched, returnsByItself } from "./latch.ts";
import { enumerate } from "./problem.ts";
import { type Check, pass, refuse, runChecks, wait } from "./step.ts";

/** What was asked for counts only while somebody vouches for who asked. */
export const vouchedFor: Check = ({ unvouched }) => (unvouched === undefined ? pass() : { wait: unvouched });

/** Row 1. */
export const definitionAccepted: Check = (input) => {
  const { definition, organization } = input;
  const pack = packName(input);
  if (definition.state === "unknown")
    return wait("PackNotFound", `the PackDefinition '${pack}' cannot be read: ${definition.why}.`);
  if (definition.state === "absent") {
    return wait("PackNotFound", `there is no PackDefinition '${pack}'; its maker or an administrator applies it.`);
  }
  const facts = evaluateDefinition({
    definition: definition.value,
    organization,
    known: knownDomains(input, definition.value),
    reviews: input.reviews,
    now: input.now,
    rules: input.rules,
  });
  if (facts.problem === undefined) return pass({ definition: definition.value, facts });
  return wait(
    "DefinitionNotAccepted",
    `the PackDefinition '${pack}' is not accepted (${facts.problem.reason}): ${facts.problem.message}`,
  );
};

/** Row 2. */
export const packReviewed: Check = (input, { facts }) => {
  const open = facts?.unreviewed ?? [];
  if (open.length === 0) return pass();
  if (!input.reviewsKnown) return wait("KindNotServed", "the PackReviews cannot be listed at present.");
  return wait(
    "ReviewRequired",
    `the PackDefinition '${packName(input)}' needs a review: ${open.map(({ message }) => message).join("; ")}. A reviewer creates a PackReview with \`spec.reviewDigest: ${facts?.reviewDigest}\`.`,
  );
};

/** Domains that were effective before: what the definition's status remembers, and what any install of the pack has now. */
export const knownDomains = (input: InstallInput, definition: PackDefinition): readonly string[] => [
  ...new Set([...(definition.status?.knownDomains ?? []), ...(input.granted?.hosts ?? []), ...input.grantedToPack]),
];

type Named = { readonly metadata: { readonly name: string } };

const byName = (a: Named, b: Named): number => (a.metadata.name < b.metadata.name ? -1 : 1);

export const denyingConfiguration = (input: InstallInput): PackConfiguration | undefined =>
  aboutPack(input)
    .filter(({ spec }) => spec.state === "Denied")
    .sort(byName)[0];

export const deniedMessage = (input: InstallInput, denying: PackConfiguration): string =>
  `the PackConfiguration '${denying.metadata.name}' denies the pack '${packName(input)}' to everybody.`;

/** Absence of a denial counts only if the configurations could be listed. */
export const configurationsKnown: Check = (input) =>
  input.configurationsKnown ? pass() : wait("KindNotServed", "the PackConfigurations cannot be listed at present.");

/** Row 3, first half. */
export const packNotDenied: Check = (input) => {
  const denying = denyingConfiguration(input);
  return denying === undefined ? pass() : refuse("PackDenied", deniedMessage(input, denying));
};

const isOlder = (a: PackInstall, b: PackInstall): boolean => {
  const [x, y] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  return x === y ? (a.metadata.uid ?? "") < (b.metadata.uid ?? "") : x < y;
};

/** An uninstalled one counts again once it is asked for, or where packs come back by themselves. */
const mayComeBack = (install: PackInstall, organization: InstallInput["organization"]): boolean =>
  !isLatched(install) || returnsByItself(organization);

/** Of two bound installs in one doc, which only a race can make, the younger one has to leave. */
export const olderTwin = (input: InstallInput): PackInstall | undefined =>
  [...input.siblings].sort(byName).find((sibling) => isBound(sibling) && isOlder(sibling, input.install));

export const twinMessage = (input: InstallInput, twin: PackInstall): string =>
  `the pack '${packName(input)}' is already installed in '${docOf(input.install)}' by the PackInstall '${twin.metadata.name}'; delete one of the two.`;

/** Row 3, second half: one install for each pack and doc. An older one counts if it would pass the other checks. */
export const onlyInstallInDoc: Check = (input) => {
  const rival = [...input.siblings].sort(byName).find(
    (sibling) =>
      isBound(sibling) ||
      (isOlder(sibling, input.install) &&
        mayComeBack(sibling, input.organization) &&
        "pass" in
          runChecks(
            CHECKS.filter((check) => check !== onlyInstallInDoc),
            { ...input, install: sibling, granted: undefined, siblings: [] },
          )),
  );
  return rival === undefined ? pass() : refuse("AlreadyInstalled", twinMessage(input, rival));
};

/** The effective domains that a configuration does not allow. */
export const domainsNotAllowed = (
  configuration: PackConfiguration | undefined,
  effective: readonly string[],
): readonly string[] => {
  const network = configuration?.spec.network;
  return network?.allow === "Listed" ? domainsOutside(effective, network.allowedDomains ?? []) : [];
};

export const domainsMessage = (configuration: PackConfiguration, outside: readonly string[]): string =>
  `the pack needs ${enumerate(outside)}, which the PackConfiguration '${configuration.metadata.name}' does not allow (\`spec.network.allowedDomains\`).`;

/** Row 6. */
export const domainsAllowed: Check = (_, { configuration, facts }) => {
  const outside = domainsNotAllowed(configuration, facts?.effectiveDomains ?? []);
  return outside.length === 0 || configuration === undefined
    ? pass()
    : refuse("DomainsNotAllowed", domainsMessage(configuration, outside));
};

/** Section 2, in its order. */
export const CHECKS: readonly Check[] = [
  vouchedFor,
  organizationKnown,
  definitionAccepted,
  packReviewed,
  packNotDenied,
  configurationsKnown,
  onlyInstallInDoc,
  packApproved,
  configurationFound,
  domainsAllowed,
  docAllowed,
  audienceCovered,
];
