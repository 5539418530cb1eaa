/** Why one install is as it is: the rules' own answers, in the words of people. Pure. */
import { isReason, REASONS } from "../../api/reasons.ts";
import type { Condition, PackInstall, PackInstallStatus, TrialFinding } from "../../api/v1alpha1/index.ts";
import { toTimestamp } from "../../lib/clock.ts";
import { aboutPack, summarize } from "../../policy/configuration.ts";
import { type Evaluation, evaluateInstall, type Permit } from "../../policy/evaluate.ts";
import { docOf, type InstallInput, isBound } from "../../policy/input.ts";
import type { Problem } from "../../policy/problem.ts";
import { trialFindings } from "../../policy/trial.ts";
import { conditionOf } from "../../resources/conditions.ts";
import { REPORT_VERSION } from "../output/report-version.ts";
import { headlineOf as saidOf } from "../status/report.ts";
import { type CheckReport, reportChecks } from "./checks.ts";
import { factsFor, type GrantsReport, grantsReport, permitFor, type ReviewReport, reviewReport } from "./grants.ts";
import { type AudienceReport, admittedBy, audienceReport, type PersonReport, personReport } from "./people.ts";

export type Explanation = {
  readonly apiVersion: string;
  readonly kind: "InstallExplanation";
  readonly namespace: string;
  readonly name: string;
  readonly pack: { readonly name: string; readonly displayName?: string; readonly version?: string };
  readonly installer: string;
  /** `namespace/name` of a PackDoc, or a namespace. */
  readonly doc: string;
  /** Whether it runs, or rests because somebody wants it so; of files whether it would. */
  readonly works: boolean;
  readonly outcome: Evaluation["outcome"];
  /** One sentence. */
  readonly headline: string;
  /** What would make it work, each a sentence; empty if there is nothing to do. */
  readonly todo: readonly string[];
  /** Whom to ask. */
  readonly contact?: string;
  /** Section 2 of the policy, as if the pack were installed now by the configuration that it is bound to. */
  readonly checks: readonly CheckReport[];
  /** The configurations to choose from. */
  readonly candidates: readonly { readonly name: string; readonly summary: string }[];
  /** The configuration that it is bound to, or would be. */
  readonly configuration?: ConfigurationReport;
  readonly grants?: GrantsReport;
  readonly review?: ReviewReport;
  readonly audience: AudienceReport;
  readonly trials: readonly TrialFinding[];
  /** Whether configurations on trial concern the install at all. */
  readonly onTrial: boolean;
  readonly pendingUninstall?: NonNullable<PackInstallStatus["pendingUninstall"]> & { readonly paused?: string };
  readonly uninstalled?: PackInstallStatus["uninstalled"];
  /** What the user may not see; what depends on it is not known. */
  readonly hidden: readonly string[];
};

export type ConfigurationReport = {
  readonly name: string;
  /** The organization's default access rather than a PackConfiguration. */
  readonly builtIn: boolean;
  readonly bound: boolean;
  /** Whom it admits, and to what. Absent where it cannot be read. */
  readonly admits?: string;
  readonly summary?: string;
  readonly installer?: PersonReport;
  /** The pack stays while the installer or the doc's owner has access. */
  readonly owner?: PersonReport;
};

export type ExplainOptions = {
  /** Whether a controller has looked at the install. */
  readonly live: boolean;
  /** What the user may not see, a clause for each. */
  readonly hidden: readonly string[];
};

export const explainInstall = (input: InstallInput, { hidden, live }: ExplainOptions): Explanation => {
  const { install } = input;
  const evaluation = evaluateInstall(input);
  const permit = permitFor(input, evaluation);
  const grants = grantsReport(input, evaluation, permit);
  const facts = factsFor(input);
  const checks = reportChecks(asBound(input));
  const trials = trialFindings(input);
  const said = isBlind(evaluation, hidden) ? conditionOf(install, "Ready") : undefined;
  const trouble = said === undefined ? troubleOf(input, evaluation, live) : troubleSaid(said);
  const configuration = configurationReport(input, evaluation, permit);
  const contact = contactOf(input);
  const pending = pendingOf(evaluation);
  return {
    apiVersion: REPORT_VERSION,
    kind: "InstallExplanation",
    namespace: install.metadata.namespace ?? "",
    name: install.metadata.name,
    pack: packOf(input),
    installer: install.spec.installer,
    doc: docOf(install),
    works: trouble === undefined || trouble.reason === "Suspended",
    outcome: evaluation.outcome,
    headline: said === undefined ? headlineOf(install, evaluation, trouble, live) : `${SAID} ${saidOf(install)}`,
    todo: todoOf(input, evaluation, [...(trouble === undefined ? [] : [trouble]), ...accountTrouble(grants)]),
    ...(contact === undefined ? {} : { contact }),
    checks,
    candidates: candidatesOf(input, evaluation),
    ...(configuration === undefined ? {} : { configuration }),
    ...(grants === undefined ? {} : { grants }),
    ...(facts === undefined || facts.unreviewed.length === 0 ? {} : { review: reviewReport(facts) }),
    audience: audienceReport(input, permit),
    trials: trials ?? [],
    onTrial: trials !== undefined,
    ...(pending === undefined ? {} : { pendingUninstall: pending }),
    ...(install.status?.uninstalled === undefined ? {} : { uninstalled: install.status.uninstalled }),
    hidden,
  };
};

/** A bound install does not choose again. */
const asBound = (input: InstallInput): InstallInput => {
  const { install } = input;
  const binding = install.status?.boundConfiguration;
  if (binding === undefined || binding.builtIn === true) return input;
  const spec = { ...install.spec, configurationRef: { name: binding.name } };
  return { ...input, install: { ...install, spec } };
};

/** Why it does not run; undefined where it does, or would. */
const troubleOf = (input: InstallInput, evaluation: Evaluation, live: boolean): Problem | undefined => {
  const { install } = input;
  switch (evaluation.outcome) {
    case "Waiting":
    case "Refused":
      return evaluation.problem;
    case "Uninstalling":
      return evaluation.paused ?? evaluation.cause;
    case "Uninstalled":
      return evaluation.cause;
    case "Latched":
      return { reason: "Uninstalled", message: install.status?.uninstalled?.message ?? "" };
    case "Installed":
      return evaluation.suspended ?? evaluation.unknown ?? (live ? notReady(install) : undefined);
  }
};

const SAID = "You may not see all that decides it. The controller says:";

/** Whether what the user may not see decides: then the controller, which sees it, is believed. */
const isBlind = (evaluation: Evaluation, hidden: readonly string[]): boolean =>
  hidden.length > 0 &&
  (evaluation.outcome === "Waiting" || ("unknown" in evaluation && evaluation.unknown !== undefined));

const troubleSaid = ({ message, reason, status }: Condition): Problem | undefined =>
  status === "True" ? undefined : { reason: isReason(reason) ? reason : "NotInstalled", message };

/** What the controller says of the sandbox. */
const notReady = (install: PackInstall): Problem | undefined => {
  const ready = conditionOf(install, "Ready");
  if (!isBound(install) || ready === undefined) {
    return { reason: "Progressing", message: "the controller has not acted yet." };
  }
  if (ready.status === "True") return undefined;
  return { reason: isReason(ready.reason) ? ready.reason : "SandboxNotReady", message: ready.message };
};

const headlineOf = (
  { metadata, status }: PackInstall,
  evaluation: Evaluation,
  trouble: Problem | undefined,
  live: boolean,
): string => {
  if (metadata.deletionTimestamp !== undefined) return "It is being deleted.";
  const message = trouble?.message ?? "";
  switch (evaluation.outcome) {
    case "Waiting":
      return `It is not installed yet and waits: ${message}`;
    case "Refused":
      return `It is not installed: ${message}`;
    case "Latched":
      return `It was uninstalled at ${status?.uninstalled?.time} and stays so until somebody asks for it again: ${message}`;
    case "Uninstalled":
      return `It is being uninstalled: ${message}`;
    case "Uninstalling":
      return evaluation.paused === undefined
        ? `Nothing runs, and it will be uninstalled at ${toTimestamp(evaluation.deadline)}: ${message}`
        : `Nothing runs, and its uninstall is stopped: ${evaluation.cause.message} ${message}`;
    case "Installed":
      return installedHeadline(evaluation, message, live && isBoundBy(status));
  }
};

const isBoundBy = (status: PackInstallStatus | undefined): boolean => status?.boundConfiguration !== undefined;

/** `bound`: it is so already. */
const installedHeadline = (
  { suspended, unknown }: Extract<Evaluation, { outcome: "Installed" }>,
  message: string,
  bound: boolean,
): string => {
  const is = bound ? "It is installed" : "It would be installed";
  if (suspended !== undefined) return `${is}, and nothing runs: ${message}`;
  if (unknown !== undefined) return `${is}, and held as it is: ${message}`;
  if (message !== "") return `${is}, and not ready: ${message}`;
  return bound ? `${is} and ready.` : `${is}.`;
};

const accountTrouble = (grants: GrantsReport | undefined): readonly Problem[] => {
  const finding = grants?.accounts.finding;
  return finding === undefined || finding.status === "True" ? [] : [finding];
};

/** What would make it so: the advice of each reason, once. */
const todoOf = (input: InstallInput, evaluation: Evaluation, problems: readonly Problem[]): readonly string[] => {
  const uninstalled = input.install.status?.uninstalled?.reason;
  const cause = "cause" in evaluation ? [evaluation.cause.reason] : [];
  const latched = evaluation.outcome === "Latched" && uninstalled !== undefined ? [uninstalled] : [];
  const reasons = [...cause, ...latched, ...problems.map(({ reason }) => reason)];
  const advice = [...new Set(reasons)].map((reason) => (isReason(reason) ? REASONS[reason].advice : ""));
  return [...new Set([...advice, askFor(input, reasons)])].filter((text) => text !== "");
};

/** Who has no access can ask for the pack. */
const askFor = ({ install, requests }: InstallInput, reasons: readonly string[]): string => {
  const { namespace } = install.metadata;
  if (!reasons.includes("NoAccessibleConfiguration") || requests.length > 0) return "";
  return `Or ask for the pack: create a PackRequest for '${install.spec.packRef.name}' in the namespace '${namespace}'; an administrator answers it.`;
};

const packOf = ({ definition, install }: InstallInput): Explanation["pack"] => ({
  name: install.spec.packRef.name,
  ...(definition.state === "found"
    ? { displayName: definition.value.spec.displayName, version: definition.value.spec.version }
    : {}),
});

/** An uninstalled pack keeps the contact of its time. */
const contactOf = ({ install, organization }: InstallInput): string | undefined =>
  install.status?.uninstalled?.contact ??
  (organization.state === "found" ? organization.value.spec.supportContact : undefined);

const candidatesOf = (input: InstallInput, evaluation: Evaluation): Explanation["candidates"] => {
  if (evaluation.outcome !== "Refused") return [];
  return aboutPack(input)
    .filter(({ metadata }) => evaluation.candidates.includes(metadata.name))
    .map((configuration) => ({ name: configuration.metadata.name, summary: summarize(configuration) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
};

const configurationReport = (
  input: InstallInput,
  evaluation: Evaluation,
  permit: Permit | undefined,
): ConfigurationReport | undefined => {
  const binding = permit?.binding ?? ("permit" in evaluation ? evaluation.permit.binding : undefined);
  if (binding === undefined) return undefined;
  const common = { name: binding.name, builtIn: binding.builtIn === true, bound: isBound(input.install) };
  if (permit === undefined) return common;
  const { configuration } = permit;
  const owner = input.doc.state === "found" ? input.doc.value.owner : undefined;
  return {
    ...common,
    admits: admittedBy(configuration),
    ...(configuration === undefined ? {} : { summary: summarize(configuration) }),
    installer: personReport(input.install.spec.installer, permit, input),
    ...(owner?.state === "found" ? { owner: personReport(owner.value, permit, input) } : {}),
  };
};

const pendingOf = (evaluation: Evaluation): Explanation["pendingUninstall"] | undefined => {
  if (evaluation.outcome !== "Uninstalling") return undefined;
  const { cause, deadline, paused, since } = evaluation;
  return {
    since: toTimestamp(since),
    deadline: toTimestamp(deadline),
    reason: cause.reason,
    message: cause.message,
    configuration: cause.configuration,
    ...(paused === undefined ? {} : { paused: paused.message }),
  };
};
