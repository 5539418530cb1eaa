/** Rows 4 and 5 of section 2: whether the pack is approved, and which configuration an install is bound to. */
import type { KubeObject } from "../api/meta.ts";
import type { PackConfiguration, PackRequest } from "../api/v1alpha1/index.ts";
import { hasAccess } from "./access.ts";
import { aboutPack, configurationProblem, isEnforced } from "./configuration.ts";
import { type InstallInput, packName } from "./input.ts";
import { isMember } from "./people.ts";
import { ended, enumerate, type Problem, problem } from "./problem.ts";
import { type Check, pass, refuse, type Step, wait } from "./step.ts";
import { or } from "./truth.ts";

export const organizationKnown: Check = ({ organization }) => {
  if (organization.state === "found") return pass();
  return organization.state === "absent"
    ? wait(
        "OrganizationNotFound",
        "there is no PackOrganization 'default', so nobody knows who is a member; an administrator creates it.",
      )
    : wait("OrganizationNotFound", `the PackOrganization 'default' cannot be used: ${organization.why}.`);
};

const CONFIGURATION_HINT = "an administrator adds the installer to a PackConfiguration of the pack";

/** The configurations that may be bound: enforced, and accepted. */
const bindable = (input: InstallInput): readonly PackConfiguration[] =>
  aboutPack(input).filter((it) => isEnforced(it) && configurationProblem(it) === undefined);

/** The configurations that surely admit the installer. */
export const accessible = (input: InstallInput): PackConfiguration[] =>
  bindable(input).filter((it) => accessOfInstaller(input, it) === "yes");

const accessOfInstaller = (input: InstallInput, configuration: PackConfiguration) =>
  hasAccess(input.install.spec.installer, configuration, input);

/** Why nobody can tell who may use what. */
export const membershipUnknown = ({ install, organization }: InstallInput): Problem =>
  organization.state === "found"
    ? problem(
        "GroupDataStale",
        `whether '${install.spec.installer}' or the doc's owner belongs to a group that a configuration of the pack names is not known: the group's members are older than it allows, or cannot be listed.`,
      )
    : problem("OrganizationNotFound", "nobody can tell yet whether the installer is a member.");

/** Older first; of equal age by name. */
export const byAge = (a: KubeObject, b: KubeObject): number => {
  const key = ({ metadata }: KubeObject) =>
    `${metadata.creationTimestamp ?? ""}|${metadata.namespace ?? ""}/${metadata.name}`;
  return key(a) < key(b) ? -1 : 1;
};

/** The oldest request with this decision. */
const decided = ({ requests }: InstallInput, decision: PackRequest["spec"]["decision"]): PackRequest | undefined =>
  requests.filter(({ spec }) => spec.decision === decision).sort(byAge)[0];

/** Row 4. An approved request admits every member; so does a configuration that the installer may use. */
export const packApproved: Check = (input) => {
  const { organization } = input;
  if (organization.state !== "found" || organization.value.spec.approvals?.mode !== "Required") return pass();
  if (decided(input, "Approved") !== undefined) return pass();
  const admitted = or("no", ...bindable(input).map((it) => accessOfInstaller(input, it)));
  if (admitted === "yes") return pass();
  if (admitted === "unknown") return { wait: membershipUnknown(input) };
  return notApproved(input);
};

const notApproved = (input: InstallInput): Step => {
  if (!input.requestsKnown) return wait("KindNotServed", "the PackRequests cannot be listed at present.");
  const [pack, open, denied] = [packName(input), decided(input, undefined), decided(input, "Denied")];
  if (open !== undefined) {
    return wait(
      "ApprovalPending",
      `the pack '${pack}' waits for a decision about the PackRequest '${requestName(open)}'.`,
    );
  }
  return denied === undefined
    ? wait("ApprovalPending", `the pack '${pack}' has to be approved first; create a PackRequest for it.`)
    : refuse("ApprovalDenied", deniedRequestMessage(pack, denied));
};

export const requestName = ({ metadata }: PackRequest): string => `${metadata.namespace}/${metadata.name}`;

export const deniedRequestMessage = (pack: string, request: PackRequest): string => {
  const { decidedBy, decisionReason } = request.spec;
  const why = decisionReason === undefined ? "." : `: ${ended(decisionReason)}`;
  return `'${decidedBy}' denied the request '${requestName(request)}' for the pack '${pack}'${why}`;
};

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
  const access = accessOfInstaller(input, configuration);
  if (access === "yes") return pass({ configuration });
  if (access === "unknown") return { wait: membershipUnknown(input) };
  return refuse(
    "ConfigurationNotAccessible",
    `'${input.install.spec.installer}' may not use the PackConfiguration '${name}'; ${CONFIGURATION_HINT}, or the install names another one.`,
  );
};

const onlyAccessibleConfiguration = (input: InstallInput): Step => {
  const enforced = aboutPack(input).filter(isEnforced);
  if (enforced.length === 0) return defaultAccess(input);
  const installer = input.install.spec.installer;
  const candidates = bindable(input).map((it) => ({ it, access: accessOfInstaller(input, it) }));
  const accessible = candidates.filter(({ access }) => access === "yes").map(({ it }) => it);
  if (accessible.length > 1) return ambiguous(input, accessible.map(({ metadata }) => metadata.name).sort());
  if (candidates.some(({ access }) => access === "unknown")) return { wait: membershipUnknown(input) };
  const [only] = accessible;
  if (only !== undefined) return pass({ configuration: only });
  const unusable = enforced.length - candidates.length;
  const hint = unusable === 0 ? "" : ` (${unusable} of its configurations are not accepted)`;
  return refuse(
    "NoAccessibleConfiguration",
    `no PackConfiguration of the pack '${packName(input)}' admits '${installer}'${hint}; ${CONFIGURATION_HINT}.`,
  );
};

const ambiguous = ({ install }: InstallInput, names: readonly string[]): Step => ({
  refuse: problem(
    "ConfigurationAmbiguous",
    `'${install.spec.installer}' may use ${names.length} configurations of the pack: ${enumerate(names)}. Choose one in \`spec.configurationRef\`.`,
  ),
  candidates: names.slice(0, 32),
});

/** No configuration speaks about the pack: an approved request or the organization's default decides, for members. */
const defaultAccess = (input: InstallInput): Step => {
  const { install, organization } = input;
  if (organization.state !== "found") return organizationKnown(input, {});
  const { approvals, defaultAccess: byDefault } = organization.value.spec;
  const request = decided(input, "Approved");
  const needsRequest = byDefault !== "Members" || approvals?.mode === "Required";
  if (needsRequest && request === undefined) {
    return input.requestsKnown
      ? refuse(
          "NoAccessibleConfiguration",
          `no PackConfiguration speaks about the pack '${packName(input)}', and the organization's default is 'Deny'; an administrator creates a PackConfiguration, or approves a PackRequest.`,
        )
      : wait("KindNotServed", "the PackRequests cannot be listed at present.");
  }
  if (isMember(install.spec.installer, organization) !== "yes") {
    return refuse(
      "NoAccessibleConfiguration",
      `'${install.spec.installer}' is not a member of the organization; ${CONFIGURATION_HINT}.`,
    );
  }
  return pass(needsRequest && request !== undefined ? { builtIn: true, request } : { builtIn: true });
};

/** Row 5. */
export const configurationFound: Check = (input) => {
  const name = input.install.spec.configurationRef?.name;
  return name === undefined ? onlyAccessibleConfiguration(input) : namedConfiguration(input, name);
};
