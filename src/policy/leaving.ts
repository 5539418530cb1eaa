/** Staying installed (design: policy, section 3): what makes a bound install leave, and what nobody can tell. */
import type { BoundConfiguration, PackConfiguration, PackInstall, PackRequest } from "../api/v1alpha1/index.ts";
import { hasAccess } from "./access.ts";
import {
  deniedMessage,
  denyingConfiguration,
  domainsMessage,
  domainsNotAllowed,
  olderTwin,
  twinMessage,
} from "./checks.ts";
import { aboutPack, isEnforced } from "./configuration.ts";
import { deniedRequestMessage, membershipUnknown } from "./configuration-choice.ts";
import {
  allowsDoc,
  docMessage,
  docNotFoundMessage,
  type SharingObstacle,
  sharingMessage,
  sharingObstacle,
} from "./doc-fit.ts";
import type { Permit } from "./evaluate.ts";
import type { InstallInput } from "./input.ts";
import { isMember } from "./people.ts";
import { type Problem, problem } from "./problem.ts";
import { and, or, type Truth, truth } from "./truth.ts";

/** The configuration that an install is bound to, as it is now. A re-made one counts if it admits the installer. */
export type Bound =
  | { readonly state: "builtIn" }
  | { readonly state: "bound"; readonly configuration: PackConfiguration }
  /** Made anew, and nobody can tell whether it admits the installer. */
  | { readonly state: "unsure" }
  | { readonly state: "gone" };

export const boundConfiguration = (input: InstallInput, binding: BoundConfiguration): Bound => {
  if (binding.builtIn === true) return { state: "builtIn" };
  const configuration = aboutPack(input).find(({ metadata }) => metadata.name === binding.name);
  if (configuration === undefined || !isEnforced(configuration)) return { state: "gone" };
  if (configuration.metadata.uid === binding.uid) return { state: "bound", configuration };
  const access = hasAccess(input.install.spec.installer, configuration, input);
  if (access === "yes") return { state: "bound", configuration };
  return access === "unknown" && input.organization.state === "found" ? { state: "unsure" } : { state: "gone" };
};

/** Section 3: the first fact that no longer fits. */
export const leavingCause = (
  input: InstallInput,
  bound: Bound,
  { binding, hosts }: Pick<Permit, "binding" | "hosts">,
): Problem | undefined => packGone(input) ?? bindingGone(input, bound, binding) ?? unfit(input, bound, hosts);

const packGone = (input: InstallInput): Problem | undefined => {
  if (input.definition.state === "absent") {
    return problem("PackNotFound", `the PackDefinition '${input.install.spec.packRef.name}' was deleted.`);
  }
  const denying = denyingConfiguration(input);
  if (denying !== undefined) return problem("PackDenied", deniedMessage(input, denying));
  const twin = olderTwin(input);
  if (twin !== undefined) return problem("AlreadyInstalled", twinMessage(input, twin));
  return input.doc.state === "absent" ? problem("DocNotFound", docNotFoundMessage(input)) : undefined;
};

const bindingGone = (input: InstallInput, bound: Bound, binding: BoundConfiguration): Problem | undefined => {
  if (bound.state === "gone") {
    return problem(
      "ConfigurationDeleted",
      `the PackConfiguration '${binding.name}' was deleted, or does not speak about this pack any more.`,
    );
  }
  const { install } = input;
  const denied = deniedSince(input, binding);
  if (denied !== undefined) return problem("ApprovalDenied", deniedRequestMessage(install.spec.packRef.name, denied));
  if (access(input, bound) !== "no") return undefined;
  return problem(
    "InstallerAccessLost",
    `neither the installer '${install.spec.installer}' nor the doc's owner may use ${bound.state === "builtIn" ? "the pack by the organization's default" : `the PackConfiguration '${binding.name}'`} any more.`,
  );
};

/** The request that admitted the install, if it is denied now and somebody vouches for who denied it. */
const deniedSince = (
  { requests, unvouched }: InstallInput,
  { request }: BoundConfiguration,
): PackRequest | undefined =>
  request === undefined || unvouched !== undefined
    ? undefined
    : requests.find(({ metadata, spec }) => metadata.uid === request.uid && spec.decision === "Denied");

/** What of a configuration the pack or its doc does not fit; `hosts`: the domains in effect. */
export const configurationMisfit = (
  input: InstallInput,
  configuration: PackConfiguration,
  hosts: readonly string[],
): Problem | undefined => {
  const outside = domainsNotAllowed(configuration, hosts);
  if (outside.length > 0) return problem("DomainsNotAllowed", domainsMessage(configuration, outside));
  if (input.doc.state === "found" && !allowsDoc(configuration, input.doc.value)) {
    return problem("DocNotAllowed", docMessage(configuration, input));
  }
  const obstacle = sharingObstacle(input, configuration);
  if (obstacle?.kind !== "uncovered") return undefined;
  return problem(sharingReason(input.install, obstacle), sharingMessage(configuration, obstacle.entry));
};

const unfit = (input: InstallInput, bound: Bound, hosts: readonly string[]): Problem | undefined =>
  bound.state === "bound" ? configurationMisfit(input, bound.configuration, hosts) : undefined;

type Uncovered = Extract<SharingObstacle, { kind: "uncovered" }>;

/** The folder is to blame if the doc was not under it when the pack last fitted; without any it was at the top. */
const sharingReason = ({ status }: PackInstall, { entry: { folder } }: Uncovered): Problem["reason"] =>
  folder === undefined || (status?.folders ?? []).includes(folder) ? "SharingIncompatible" : "FolderIncompatible";

/** Whether the installer or the doc's owner still has access to what is bound. */
const access = (input: InstallInput, bound: Bound): Truth => {
  const { doc, install } = input;
  const may = (user: string): Truth => mayUse(user, input, bound);
  const ofInstaller = may(install.spec.installer);
  if (ofInstaller === "yes") return ofInstaller;
  if (doc.state !== "found") return or(ofInstaller, "unknown");
  const { owner } = doc.value;
  return or(ofInstaller, owner.state === "found" ? may(owner.value) : owner.state === "absent" ? "no" : "unknown");
};

const mayUse = (user: string, input: InstallInput, bound: Bound): Truth =>
  bound.state === "bound" ? hasAccess(user, bound.configuration, input) : mayByDefault(user, input);

/** An approved request admits every member; it counts until it is denied. */
const mayByDefault = (user: string, { install, organization }: InstallInput): Truth => {
  if (organization.state !== "found") return "unknown";
  const byRequest = install.status?.boundConfiguration?.request !== undefined;
  return and(truth(byRequest || organization.value.spec.defaultAccess === "Members"), isMember(user, organization));
};

/** What nobody can tell at present: the install is held as it is. */
export const unknownFact = (input: InstallInput, bound: Bound): Problem | undefined =>
  unknownOrganization(input) ?? unknownDoc(input) ?? unknownAccess(input, bound) ?? unknownSharing(input, bound);

const unknownOrganization = ({ organization }: InstallInput): Problem | undefined => {
  if (organization.state === "found") return undefined;
  return problem(
    "OrganizationNotFound",
    organization.state === "absent"
      ? "the PackOrganization 'default' is gone; this install is held as it is."
      : `the PackOrganization 'default' cannot be used (${organization.why}); this install is held as it is.`,
  );
};

const unknownDoc = ({ doc }: InstallInput): Problem | undefined =>
  doc.state === "unknown"
    ? problem("KindNotServed", `the doc cannot be read (${doc.why}); this install is held as it is.`)
    : undefined;

const unknownAccess = (input: InstallInput, bound: Bound): Problem | undefined => {
  if (access(input, bound) !== "unknown") return undefined;
  const owner = input.doc.state === "found" ? input.doc.value.owner : input.doc;
  if (owner.state === "unknown" && mayUse(input.install.spec.installer, input, bound) === "no") {
    return problem("KindNotServed", `who owns the doc cannot be read (${owner.why}); this install is held as it is.`);
  }
  const { message, reason } = membershipUnknown(input);
  return problem(reason, `${message} This install is held as it is.`);
};

const unknownSharing = (input: InstallInput, bound: Bound): Problem | undefined => {
  const obstacle = bound.state === "bound" ? sharingObstacle(input, bound.configuration) : undefined;
  return obstacle?.kind === "unknown" ? obstacle.problem : undefined;
};
