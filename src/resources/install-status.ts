/** The status of a PackInstall: what is, why, and what to do. Pure; written once, at the end of a reconcile. */
import { ANNOTATION, SANDBOX_NAMESPACE } from "../api/names.ts";
import { isReason, type Reason } from "../api/reasons.ts";
import type {
  HistoryEntry,
  PackGrantSpec,
  PackInstall,
  PackInstallStatus,
  TrialFinding,
} from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import type { Evaluation, Permit } from "../policy/evaluate.ts";
import { componentStates } from "../policy/grant.ts";
import type { InstallInput } from "../policy/input.ts";
import { accountsReady } from "../policy/install-accounts.ts";
import type { Problem } from "../policy/problem.ts";
import { requestMark } from "../policy/request-mark.ts";
import { cut, type Fact, fact, mergeConditions } from "./conditions.ts";
import type { Desired } from "./desired.ts";
import { childNameOf } from "./identity.ts";
import type { ObservedPod } from "./observed.ts";
import { CONTAINER } from "./sandbox-pod.ts";

const HISTORY = 10;

export type StatusInput = {
  /** What the evaluation was made from. */
  readonly world: InstallInput;
  readonly evaluation: Evaluation;
  readonly desired: Desired;
  readonly pod: ObservedPod | undefined;
  /** Undefined where no configuration on trial concerns the install. */
  readonly trials: readonly TrialFinding[] | undefined;
  /** What kept the controller from writing an object. */
  readonly obstacle: Problem | undefined;
};

export const installStatus = (input: StatusInput): PackInstallStatus => {
  const { evaluation } = input;
  const { install, now } = input.world;
  if (evaluation.outcome === "Latched") return latchedStatus(install);
  const previous = install.status;
  const generation = install.metadata.generation ?? 0;
  const grant = grantSpec(input.desired);
  const bound = "permit" in evaluation ? evaluation.permit.binding : undefined;
  return compact({
    observedGeneration: generation,
    boundConfiguration: bound,
    candidates:
      evaluation.outcome === "Refused" && evaluation.candidates.length > 0 ? evaluation.candidates : undefined,
    components: grant === undefined ? keptWhileHeld(input, previous?.components) : nonEmpty(componentStates(grant)),
    hosts:
      grant === undefined
        ? keptWhileHeld(input, previous?.hosts)
        : nonEmpty((grant.hosts ?? []).map(({ domain }) => domain)),
    sandbox: bound === undefined ? undefined : objects(install, input.desired),
    folders: folders(input),
    trials: nonEmpty(input.trials ?? []),
    pendingUninstall: pending(evaluation) ?? keptWhileUnknown(evaluation, previous?.pendingUninstall),
    uninstalled: uninstalled(input),
    history: history(input),
    lastHandledReconcileAt: requestMark(install, ANNOTATION.reconcileRequestedAt),
    lastHandledReinstallAt: requestMark(install, ANNOTATION.reinstallRequestedAt),
    conditions: mergeConditions(previous?.conditions, facts(input), generation, toTimestamp(now)),
  });
};

/** Nothing moves after the latch, but that a request to look again is acknowledged. */
const latchedStatus = (install: PackInstall): PackInstallStatus =>
  compact({
    ...install.status,
    lastHandledReconcileAt: requestMark(install, ANNOTATION.reconcileRequestedAt),
  });

type Draft = { readonly [K in keyof PackInstallStatus]: PackInstallStatus[K] | undefined };

const compact = (draft: Draft): PackInstallStatus =>
  Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined)) as PackInstallStatus;

const nonEmpty = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

const keptWhileHeld = <T>({ desired }: StatusInput, value: T): T | undefined =>
  desired.grant === "keep" ? value : undefined;

const grantSpec = ({ grant }: Desired): PackGrantSpec | undefined =>
  grant === undefined || grant === "keep" ? undefined : grant.spec;

const objects = (install: PackInstall, { networkPolicy, pod }: Desired): PackInstallStatus["sandbox"] => {
  const name = childNameOf(install);
  return {
    namespace: SANDBOX_NAMESPACE,
    grant: name,
    ...(networkPolicy === undefined ? {} : { networkPolicy: name }),
    ...(pod === undefined ? {} : { pod: name }),
  };
};

/** Where the doc was when the pack last fitted, empty at the top; a later folder that does not fit is a move. */
const folders = ({ evaluation, world: { doc, install } }: StatusInput): readonly string[] | undefined => {
  if (evaluation.outcome === "Uninstalling") return install.status?.folders;
  if (evaluation.outcome !== "Installed") return undefined;
  const audience = doc.state === "found" ? doc.value.audience : doc;
  if (evaluation.unknown !== undefined || audience.state !== "found") return install.status?.folders;
  return audience.value.folders;
};

/** A grace period goes on while nobody can tell whether its cause still stands. */
const keptWhileUnknown = <T>(evaluation: Evaluation, value: T): T | undefined =>
  evaluation.outcome === "Installed" && evaluation.unknown !== undefined ? value : undefined;

const pending = (evaluation: Evaluation): PackInstallStatus["pendingUninstall"] | undefined =>
  evaluation.outcome !== "Uninstalling"
    ? undefined
    : {
        since: toTimestamp(evaluation.since),
        deadline: toTimestamp(evaluation.deadline),
        reason: evaluation.cause.reason,
        message: cut(evaluation.cause.message),
        configuration: evaluation.cause.configuration,
      };

const uninstalled = ({
  evaluation,
  world: { install, now },
}: StatusInput): PackInstallStatus["uninstalled"] | undefined => {
  if (evaluation.outcome !== "Uninstalled") return undefined;
  const { reason, message, configuration, contact } = evaluation.cause;
  return {
    time: toTimestamp(now),
    reason,
    message: cut(message),
    configuration,
    ...(contact === undefined ? {} : { contact }),
    observedGeneration: install.metadata.generation ?? 0,
  };
};

/** One entry for each time the pack came or went, newest first. */
const history = ({ evaluation, world: { install, now } }: StatusInput): readonly HistoryEntry[] | undefined => {
  const before = install.status?.history ?? [];
  const had = install.status?.boundConfiguration;
  const entry = (reason: Reason, configuration: string, message?: string): readonly HistoryEntry[] =>
    [{ time: toTimestamp(now), reason, configuration, ...(message === undefined ? {} : { message }) }, ...before].slice(
      0,
      HISTORY,
    );
  if (evaluation.outcome === "Uninstalled") {
    return entry(evaluation.cause.reason, evaluation.cause.configuration, cut(evaluation.cause.message));
  }
  if (evaluation.outcome === "Installed" && evaluation.permit.binding.name !== had?.name) {
    return entry("Installed", evaluation.permit.binding.name);
  }
  return before.length === 0 ? undefined : before;
};

const facts = (input: StatusInput): readonly Fact[] => {
  const own = ownFacts(input);
  return own.length === 0 ? own : [...own, ...trialFacts(input.trials)];
};

/** What configurations on trial would do; nothing while there is none. */
const trialFacts = (trials: readonly TrialFinding[] | undefined): readonly Fact[] => {
  if (trials === undefined) return [];
  const [first] = trials;
  if (first === undefined) {
    return [fact("PolicyFit", "True", "WithinPolicy", "No configuration on trial would refuse or uninstall the pack.")];
  }
  const message = trials.map(({ configuration, message: why }) => `On trial, '${configuration}': ${why}`).join(" ");
  return [fact("PolicyFit", "False", first.reason as Reason, cut(message))];
};

const ownFacts = (input: StatusInput): readonly Fact[] => {
  const { evaluation } = input;
  switch (evaluation.outcome) {
    case "Installed":
      return installedFacts(input, evaluation);
    case "Uninstalling":
      return uninstallingFacts(input, evaluation);
    case "Uninstalled":
      return absentFacts(evaluation.cause, evaluation.cause.reason, "Uninstalled");
    case "Refused":
      return absentFacts(evaluation.problem, evaluation.problem.reason, evaluation.problem.reason);
    case "Waiting":
      return absentFacts(evaluation.problem, undefined, evaluation.problem.reason);
    case "Latched":
      return [];
  }
};

/** Not installed. `stalled`: nothing changes until somebody acts on the rules themselves. */
const absentFacts = ({ reason, message }: Problem, stalled: Reason | undefined, gate: Reason): readonly Fact[] => [
  fact("Ready", "False", reason, message),
  fact("Accepted", "False", gate, message),
  fact("ConfigurationBound", "False", gate, message),
  fact("AccountsReady", "Unknown", "NotInstalled", "Accounts are looked at once the pack is installed."),
  fact("NetworkEnforced", "False", "NotInstalled", "There is no sandbox."),
  fact("SandboxReady", "False", "NotInstalled", "There is no sandbox."),
  fact("Installed", "False", reason, message),
  ...(stalled === undefined ? [] : [fact("Stalled", "True", stalled, message)]),
];

type Uninstalling = Extract<Evaluation, { outcome: "Uninstalling" }>;

const uninstallingFacts = (input: StatusInput, { cause, deadline, paused, permit }: Uninstalling): readonly Fact[] => {
  const message =
    paused === undefined
      ? `${cause.message} Nothing runs; unless the cause goes away, the pack is uninstalled at ${toTimestamp(deadline)}.`
      : `${cause.message} ${paused.message}`;
  const reason = paused?.reason ?? cause.reason;
  return [
    fact("Ready", "False", reason, message),
    fact("Accepted", "False", cause.reason, message),
    boundFact(permit.binding.name),
    accountsFact(input, permit),
    networkFact(input.pod),
    sandboxFact(input),
    fact("Installed", "True", "Uninstalling", message),
    ...(reason === "UninstallPaused" ? [] : [fact("Reconciling", "True", "Uninstalling", message)]),
  ];
};

const boundFact = (name: string): Fact => fact("ConfigurationBound", "True", "Bound", `Bound to '${name}'.`);

/** Installed, whatever keeps it from working for now. */
const installedFacts = (
  input: StatusInput,
  evaluation: Extract<Evaluation, { outcome: "Installed" }>,
): readonly Fact[] => {
  const { permit, suspended, unknown } = evaluation;
  const rests = suspended?.reason === "Suspended";
  const network = rests ? restingFact("NetworkEnforced") : networkFact(input.pod);
  const sandbox = rests ? restingFact("SandboxReady") : sandboxFact(input);
  const stuck = stuckBy(input);
  const ready = readyFact(input, evaluation, stuck, [network, sandbox]);
  const moving = ready.status === "False" && suspended === undefined && stuck === undefined;
  return [
    ready,
    acceptedFact(suspended, unknown),
    boundFact(permit.binding.name),
    accountsFact(input, permit),
    network,
    sandbox,
    fact("Installed", "True", "Installed", `Installed by the configuration '${permit.binding.name}'.`),
    ...(rests ? [fact("Suspended", "True", "Suspended", suspended.message)] : []),
    ...(moving ? [fact("Reconciling", "True", "Progressing", ready.message)] : []),
    ...(stuck === undefined ? [] : [fact("Stalled", "True", stuck.reason, stuck.message)]),
  ];
};

const acceptedFact = (suspended: Problem | undefined, unknown: Problem | undefined): Fact => {
  if (unknown !== undefined) return fact("Accepted", "Unknown", unknown.reason, unknown.message);
  const lost = suspended?.reason === "DefinitionNotAccepted" || suspended?.reason === "ConfigurationNotAccepted";
  return lost
    ? fact("Accepted", "False", suspended.reason, suspended.message)
    : fact("Accepted", "True", "Accepted", "Every check is passed.");
};

/** What only a person can change: a policy that is too large, objects of somebody else under our names. */
const stuckBy = ({ desired, obstacle }: StatusInput): Problem | undefined => {
  const grant = grantSpec(desired);
  if (grant?.state === "Revoked") return closedProblem(grant);
  return obstacle?.reason === "NameConflict" ? obstacle : undefined;
};

const closedProblem = ({ reason, message }: PackGrantSpec): Problem => ({
  reason: reason !== undefined && isReason(reason) ? reason : "GrantNotActive",
  message: message ?? "",
});

const restingFact = (type: string): Fact =>
  fact(type, "False", "Suspended", "The install is suspended; there is no sandbox.");

const readyFact = (
  { obstacle }: StatusInput,
  { suspended, unknown }: Extract<Evaluation, { outcome: "Installed" }>,
  stuck: Problem | undefined,
  needed: readonly Fact[],
): Fact => {
  const wrong = stuck ?? obstacle;
  if (wrong !== undefined) return fact("Ready", "False", wrong.reason, wrong.message);
  if (suspended !== undefined) {
    return fact("Ready", suspended.reason === "Suspended" ? "True" : "False", suspended.reason, suspended.message);
  }
  if (unknown !== undefined) return fact("Ready", "Unknown", unknown.reason, unknown.message);
  const missing = needed.find(({ status }) => status !== "True");
  return missing === undefined
    ? fact("Ready", "True", "Succeeded", "The pack is installed, fenced and running.")
    : fact("Ready", "False", missing.reason as Reason, missing.message);
};

const accountsFact = (input: StatusInput, { configuration, definition, facts: inEffect }: Permit): Fact => {
  const type = "AccountsReady";
  if (definition === undefined || inEffect === undefined) {
    return fact(
      type,
      "Unknown",
      "DefinitionNotAccepted",
      "Without an accepted definition nobody knows which accounts are needed.",
    );
  }
  const { message, reason, status } = accountsReady(input.world, definition, inEffect, configuration);
  return fact(type, status, reason, message);
};

/** What the proof in the pod reported, in its termination message: `{"result": "...", "detail": "..."}`. */
const networkFact = (pod: ObservedPod | undefined): Fact => {
  const type = "NetworkEnforced";
  const proof = pod?.status.initContainerStatuses?.find(({ name }) => name === CONTAINER.prove)?.state;
  if (proof?.terminated === undefined) {
    return fact(
      type,
      "Unknown",
      "Proving",
      "The pod has not proved yet that only the gateway is reachable; no node may have started it.",
    );
  }
  const { result, detail } = parseProof(proof.terminated.message);
  if (result === "Enforced" && proof.terminated.exitCode === 0) {
    return fact(type, "True", "Enforced", "The pod proved from inside that only the gateway is reachable.");
  }
  const reason: Reason = PROOF_FAILURES.find((it) => it === result) ?? "SandboxFailed";
  return fact(
    type,
    "False",
    reason,
    detail === "" ? `The proof ended with exit code ${proof.terminated.exitCode}.` : detail,
  );
};

const PROOF_FAILURES = ["EgressOpen", "OwnNodeReachable", "GatewayUnreachable", "SourceRewritten"] as const;

const parseProof = (message: string | undefined): { readonly result: string; readonly detail: string } => {
  try {
    const parsed: unknown = JSON.parse(message ?? "");
    if (parsed === null || typeof parsed !== "object") return { result: "", detail: "" };
    const { result, detail } = parsed as { result?: unknown; detail?: unknown };
    return { result: String(result ?? ""), detail: String(detail ?? "").slice(0, 512) };
  } catch {
    return { result: "", detail: "" };
  }
};

const sandboxFact = ({ obstacle, pod }: StatusInput): Fact => {
  const type = "SandboxReady";
  if (obstacle !== undefined) return fact(type, "False", obstacle.reason, obstacle.message);
  const ready = pod?.status.conditions?.find((condition) => condition.type === "Ready");
  if (pod !== undefined && ready?.status === "True") return fact(type, "True", "SandboxReady", "The sandbox answers.");
  const waiting = [...(pod?.status.initContainerStatuses ?? []), ...(pod?.status.containerStatuses ?? [])]
    .map(({ name, state }) => ({ name, waiting: state?.waiting }))
    .find((it) => it.waiting?.reason !== undefined && it.waiting.reason !== "PodInitializing");
  if (waiting?.waiting !== undefined) {
    return fact(
      type,
      "False",
      "SandboxBlocked",
      `The container '${waiting.name}' waits: ${waiting.waiting.reason}. ${waiting.waiting.message ?? ""}`.trim(),
    );
  }
  if (pod?.status.phase === "Failed") return fact(type, "False", "SandboxFailed", "The pod failed; it is replaced.");
  return fact(type, "False", "SandboxPending", "The pod is not running yet.");
};
