/**
 * Becoming installed (design: policy, section 2): ordered checks, the first that does not pass gives the reason.
 * A check is a value of {@link CHECKS}; a new rule is a new entry there.
 */
import { ANNOTATION } from "../api/names.ts";
import type { PackConfiguration, PackDefinition, PackInstall } from "../api/v1alpha1/index.ts";
import { configurationProblem, isEnforced, speaksAbout } from "./configuration.ts";
import { type DefinitionFacts, evaluateDefinition } from "./definition.ts";
import { domainsOutside } from "./host.ts";
import { docOf, type InstallInput, isBound } from "./input.ts";
import { hasAccess, isMember } from "./people.ts";
import { enumerate, type Problem, problem } from "./problem.ts";

/** What the checks have found out so far; each check adds to it. */
export type Findings = {
  readonly definition?: PackDefinition;
  readonly facts?: DefinitionFacts;
  /** The configuration to bind; absent with `builtIn`, the organization's default access. */
  readonly configuration?: PackConfiguration;
  readonly builtIn?: true;
};

export type Step =
  | { readonly pass: Findings }
  /** Somebody else must act first. */
  | { readonly wait: Problem }
  /** The rules say no; evaluated again on every change. */
  | { readonly refuse: Problem; readonly candidates?: readonly string[] };

export type Check = (input: InstallInput, findings: Findings) => Step;

const pass = (findings: Findings = {}): Step => ({ pass: findings });
const wait = (reason: Problem["reason"], message: string): Step => ({ wait: problem(reason, message) });
const refuse = (reason: Problem["reason"], message: string): Step => ({ refuse: problem(reason, message) });

const packName = (input: InstallInput): string => input.install.spec.packRef.name;

export const organizationKnown: Check = ({ organization }) => {
  if (organization.state === "found") return pass();
  return organization.state === "absent"
    ? wait(
        "OrganizationNotFound",
        "there is no PackOrganization 'default', so nobody knows who is a member; an administrator creates it.",
      )
    : wait("OrganizationNotFound", `the PackOrganization 'default' cannot be used: ${organization.why}.`);
};

export const supported: Check = ({ install: { spec } }) => {
  if (spec.docRef !== undefined) {
    return wait(
      "NotYetSupported",
      "`spec.docRef` is not supported by this version: leave it out, and the namespace is the doc.",
    );
  }
  return (spec.accountRefs ?? []).length === 0
    ? pass()
    : wait("NotYetSupported", "`spec.accountRefs` is not supported by this version: leave it out.");
};

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
    rules: input.rules,
  });
  if (facts.problem === undefined) return pass({ definition: definition.value, facts });
  return wait(
    "DefinitionNotAccepted",
    `the PackDefinition '${pack}' is not accepted (${facts.problem.reason}): ${facts.problem.message}`,
  );
};

/** Domains that were effective before: what the definition's status remembers, and what this install has now. */
export const knownDomains = (input: InstallInput, definition: PackDefinition): readonly string[] => [
  ...new Set([...(definition.status?.knownDomains ?? []), ...(input.granted?.hosts ?? [])]),
];

export const aboutPack = (input: InstallInput): readonly PackConfiguration[] => {
  const labels = input.definition.state === "found" ? input.definition.value.metadata.labels : undefined;
  return input.configurations.filter((it) => speaksAbout(it, packName(input), labels));
};

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

const CONFIGURATION_HINT = "an administrator adds the installer to a PackConfiguration of the pack";

const namedConfiguration = (input: InstallInput, name: string): Step => {
  const configuration = aboutPack(input).find(({ metadata }) => metadata.name === name);
  if (configuration === undefined) {
    return wait("ConfigurationNotFound", `there is no PackConfiguration '${name}' for the pack '${packName(input)}'.`);
  }
  if (!isEnforced(configuration)) {
    return refuse(
      "ConfigurationNotAccessible",
      `the PackConfiguration '${name}' is on trial (\`enforcement: Audit\`) and binds nobody.`,
    );
  }
  const wrong = configurationProblem(configuration);
  if (wrong !== undefined)
    return wait("ConfigurationNotAccepted", `the PackConfiguration '${name}' is not accepted: ${wrong.message}`);
  const access = hasAccess(input.install.spec.installer, configuration, input.organization);
  if (access === "yes") return pass({ configuration });
  if (access === "unknown")
    return wait("OrganizationNotFound", "nobody can tell yet whether the installer is a member.");
  return refuse(
    "ConfigurationNotAccessible",
    `'${input.install.spec.installer}' may not use the PackConfiguration '${name}'; ${CONFIGURATION_HINT}, or the install names another one.`,
  );
};

const onlyAccessibleConfiguration = (input: InstallInput): Step => {
  const enforced = aboutPack(input).filter(isEnforced);
  if (enforced.length === 0) return defaultAccess(input);
  const installer = input.install.spec.installer;
  const accepted = enforced.filter((it) => configurationProblem(it) === undefined);
  const accessible = accepted.filter((it) => hasAccess(installer, it, input.organization) === "yes");
  const names = accessible.map(({ metadata }) => metadata.name).sort();
  const [only] = accessible;
  if (accessible.length === 1 && only !== undefined) return pass({ configuration: only });
  if (accessible.length > 1) {
    return {
      refuse: problem(
        "ConfigurationAmbiguous",
        `'${installer}' may use ${accessible.length} configurations of the pack: ${enumerate(names)}. Choose one in \`spec.configurationRef\`.`,
      ),
      candidates: names.slice(0, 32),
    };
  }
  const unusable = enforced.length - accepted.length;
  const hint = unusable === 0 ? "" : ` (${unusable} of its configurations are not accepted)`;
  return refuse(
    "NoAccessibleConfiguration",
    `no PackConfiguration of the pack '${packName(input)}' admits '${installer}'${hint}; ${CONFIGURATION_HINT}.`,
  );
};

/** No configuration speaks about the pack: the organization's default decides. */
const defaultAccess = (input: InstallInput): Step => {
  const installer = input.install.spec.installer;
  if (input.organization.state !== "found") return organizationKnown(input, {});
  if (input.organization.value.spec.defaultAccess !== "Members") {
    return refuse(
      "NoAccessibleConfiguration",
      `no PackConfiguration speaks about the pack '${packName(input)}', and the organization's default is 'Deny'; an administrator creates a PackConfiguration.`,
    );
  }
  return isMember(installer, input.organization) === "yes"
    ? pass({ builtIn: true })
    : refuse("NoAccessibleConfiguration", `'${installer}' is not a member of the organization; ${CONFIGURATION_HINT}.`);
};

/** Row 5. */
export const configurationFound: Check = (input) => {
  const name = input.install.spec.configurationRef?.name;
  return name === undefined ? onlyAccessibleConfiguration(input) : namedConfiguration(input, name);
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

export const allowsDoc = (configuration: PackConfiguration | undefined, install: PackInstall): boolean => {
  const sharing = configuration?.spec.doc?.sharing;
  return sharing?.allow !== "Listed" || (sharing.allowedDocs ?? []).includes(docOf(install));
};

export const docMessage = (configuration: PackConfiguration, install: PackInstall): string =>
  `the PackConfiguration '${configuration.metadata.name}' does not list the doc '${docOf(install)}' (\`spec.doc.sharing.allowedDocs\`).`;

/** Row 7. */
export const docAllowed: Check = ({ install }, { configuration }) =>
  configuration === undefined || allowsDoc(configuration, install)
    ? pass()
    : refuse("DocNotAllowed", docMessage(configuration, install));

/** Section 2, in its order. */
export const CHECKS: readonly Check[] = [
  organizationKnown,
  supported,
  definitionAccepted,
  packNotDenied,
  configurationsKnown,
  onlyInstallInDoc,
  configurationFound,
  domainsAllowed,
  docAllowed,
];

export const runChecks = (checks: readonly Check[], input: InstallInput): Step => {
  let findings: Findings = {};
  for (const check of checks) {
    const step = check(input, findings);
    if (!("pass" in step)) return step;
    findings = { ...findings, ...step.pass };
  }
  return pass(findings);
};

/** Whether uninstalled packs come back without being asked for. Unknown: no. */
export const returnsByItself = (organization: InstallInput["organization"]): boolean =>
  organization.state === "found" && organization.value.spec.reinstallPolicy === "Automatic";

/** Uninstalled, and nobody has asked since: neither by a new generation nor by the annotation. */
export const isLatched = (install: PackInstall): boolean => {
  const uninstalled = install.status?.uninstalled;
  return (
    uninstalled !== undefined &&
    uninstalled.observedGeneration === install.metadata.generation &&
    !asksToReinstall(install)
  );
};

/** The longest request mark that a status can keep. */
const MARK_LENGTH = 256;

/** The value of a request annotation, as far as a status can keep it. */
export const requestMark = (install: PackInstall, annotation: string): string | undefined =>
  install.metadata.annotations?.[annotation]?.slice(0, MARK_LENGTH);

/** A request to install again that nobody has acted on. Taking the annotation away asks for nothing. */
const asksToReinstall = (install: PackInstall): boolean => {
  const mark = requestMark(install, ANNOTATION.reinstallRequestedAt) ?? "";
  return mark !== "" && mark !== install.status?.lastHandledReinstallAt;
};
