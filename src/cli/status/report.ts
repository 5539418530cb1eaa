/** One install in the words of people: what it is, what is wrong, what to do. Pure. */
import { CONDITIONS } from "../../api/conditions.ts";
import { explainReason, isReason, REASONS } from "../../api/reasons.ts";
import type { Condition, PackInstall, PackInstallStatus } from "../../api/v1alpha1/index.ts";
import type { Pod } from "../../api/wire.ts";
import { REPORT_VERSION } from "../output/report-version.ts";
import { eventTime, type InstallSight, type Sight } from "./gather.ts";

const SHOWN_EVENTS = 5;

export type ConditionReport = {
  readonly type: string;
  readonly status: Condition["status"];
  readonly good: boolean;
  readonly reason: string;
  readonly message: string;
  readonly since: string;
};

export type InstallReport = {
  readonly apiVersion: string;
  readonly kind: "InstallReport";
  readonly namespace: string;
  readonly name: string;
  readonly created?: string;
  readonly pack: { readonly name: string; readonly displayName?: string; readonly version?: string };
  readonly configuration?: string;
  readonly installer: string;
  readonly doc: string;
  readonly ready: boolean;
  /** One sentence. */
  readonly headline: string;
  /** What to do, each a sentence; empty if there is nothing to do. */
  readonly todo: readonly string[];
  readonly conditions: readonly ConditionReport[];
  readonly candidates: readonly string[];
  readonly hosts: readonly string[];
  readonly components: readonly {
    readonly kind: string;
    readonly name: string;
    readonly enabled: boolean;
    readonly reason?: string;
    readonly explanation?: string;
  }[];
  readonly sandbox: readonly {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly state: string;
  }[];
  readonly pendingUninstall?: PackInstallStatus["pendingUninstall"];
  readonly uninstalled?: PackInstallStatus["uninstalled"];
  readonly history: NonNullable<PackInstallStatus["history"]>;
  readonly events: readonly {
    readonly time: string;
    readonly type: string;
    readonly reason: string;
    readonly note: string;
    readonly count: number;
  }[];
  /** What the user may not see. */
  readonly hidden: readonly string[];
};

const isGood = ({ type, status }: Condition): boolean => {
  const known = CONDITIONS.PackInstall.find((it) => it.type === type);
  return known?.polarity === "negative" ? status === "False" : status === "True";
};

const conditionsOf = ({ status }: PackInstall): readonly ConditionReport[] =>
  (status?.conditions ?? []).map((condition) => ({
    type: condition.type,
    status: condition.status,
    good: isGood(condition),
    reason: condition.reason,
    message: condition.message,
    since: condition.lastTransitionTime,
  }));

const conditionOf = (install: PackInstall, type: string): Condition | undefined =>
  install.status?.conditions?.find((condition) => condition.type === type);

const isOutdated = ({ metadata, status }: PackInstall): boolean =>
  metadata.generation !== undefined &&
  status?.observedGeneration !== undefined &&
  status.observedGeneration < metadata.generation;

/** What the controller has said of an install, in one sentence. */
export const headlineOf = (install: PackInstall): string => {
  const ready = conditionOf(install, "Ready");
  const { pendingUninstall, uninstalled } = install.status ?? {};
  if (install.metadata.deletionTimestamp !== undefined) return "It is being deleted.";
  if (ready === undefined) return "The controller has not looked at it yet.";
  if (isOutdated(install)) return "The controller has not looked at its newest version yet.";
  if (uninstalled !== undefined) return `It was uninstalled: ${uninstalled.message}`;
  if (pendingUninstall !== undefined)
    return `Nothing runs, and it will be uninstalled at ${pendingUninstall.deadline}: ${pendingUninstall.message}`;
  if (ready.status === "True") return ready.reason === "Suspended" ? "It is installed and suspended." : "It is ready.";
  const how =
    conditionOf(install, "Installed")?.status === "True" ? "It is installed and not ready" : "It is not installed";
  return `${how}: ${ready.message}`;
};

const NOT_LOOKED_AT = "See whether the controller runs: kubectl -n packs-system get pods.";

/** Advice for each reason that a condition is not as it should be, `Ready` first, each once. */
const todoOf = (install: PackInstall): readonly string[] => {
  if (conditionOf(install, "Ready") === undefined || isOutdated(install)) return [NOT_LOOKED_AT];
  const troubled = (install.status?.conditions ?? []).filter(
    (condition) => !isGood(condition) || condition.reason === "Suspended",
  );
  const reasons = [
    ...(install.status?.uninstalled === undefined ? [] : [install.status.uninstalled.reason, "Uninstalled"]),
    ...(install.status?.pendingUninstall === undefined ? [] : [install.status.pendingUninstall.reason]),
    ...troubled.map(({ reason }) => reason),
  ];
  const advice = [...new Set(reasons)].map((reason) => (isReason(reason) ? REASONS[reason].advice : ""));
  const contact = install.status?.uninstalled?.contact;
  return [...new Set([...advice, contact === undefined ? "" : `Whom to ask: ${contact}`])].filter(
    (text) => text !== "",
  );
};

const podState = (pod: Sight<Pod>): string => {
  if (pod.state === "hidden") return "not visible to you";
  if (pod.state === "absent") return "not there";
  const ready =
    pod.value.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
  const phase = pod.value.status?.phase ?? "Pending";
  return ready ? `${phase}, ready` : `${phase}, not ready`;
};

const sandboxOf = ({ install, pod }: InstallSight): InstallReport["sandbox"] => {
  const { namespace = "", pod: podName, networkPolicy, grant } = install.status?.sandbox ?? {};
  return [
    ...(grant === undefined ? [] : [{ kind: "PackGrant", namespace: "packs-system", name: grant, state: "" }]),
    ...(networkPolicy === undefined ? [] : [{ kind: "NetworkPolicy", namespace, name: networkPolicy, state: "" }]),
    ...(podName === undefined ? [] : [{ kind: "Pod", namespace, name: podName, state: podState(pod) }]),
  ];
};

const packOf = ({ install, definition }: InstallSight): InstallReport["pack"] => ({
  name: install.spec.packRef.name,
  ...(definition.state === "seen"
    ? { displayName: definition.value.spec.displayName, version: definition.value.spec.version }
    : {}),
});

const docOf = ({ spec, metadata }: PackInstall): string =>
  spec.docRef === undefined ? `the namespace ${metadata.namespace ?? ""}` : spec.docRef.name;

const hiddenOf = ({ definition, pod, events }: InstallSight): readonly string[] => [
  ...(definition.state === "hidden" ? ["the PackDefinition"] : []),
  ...(pod.state === "hidden" ? ["the sandbox's pod"] : []),
  ...(events.state === "hidden" ? ["events"] : []),
];

export const reportInstall = (sight: InstallSight): InstallReport => {
  const { install, events } = sight;
  const { boundConfiguration, candidates, components, history, hosts, pendingUninstall, uninstalled } =
    install.status ?? {};
  const { creationTimestamp } = install.metadata;
  return {
    apiVersion: REPORT_VERSION,
    kind: "InstallReport",
    namespace: install.metadata.namespace ?? "",
    name: install.metadata.name,
    ...(creationTimestamp === undefined ? {} : { created: creationTimestamp }),
    pack: packOf(sight),
    ...(boundConfiguration === undefined ? {} : { configuration: boundConfiguration.name }),
    installer: install.spec.installer,
    doc: docOf(install),
    ready: conditionOf(install, "Ready")?.status === "True" && !isOutdated(install),
    headline: headlineOf(install),
    todo: todoOf(install),
    conditions: conditionsOf(install),
    candidates: candidates ?? [],
    hosts: hosts ?? [],
    components: (components ?? []).map(({ kind, name, state, reason }) => ({
      kind,
      name,
      enabled: state === "Enabled",
      ...(reason === undefined ? {} : { reason }),
      ...(reason !== undefined && isReason(reason) ? { explanation: explainReason(reason) } : {}),
    })),
    sandbox: sandboxOf(sight),
    ...(pendingUninstall === undefined ? {} : { pendingUninstall }),
    ...(uninstalled === undefined ? {} : { uninstalled }),
    history: history ?? [],
    events: (events.state === "seen" ? events.value : []).slice(0, SHOWN_EVENTS).map((event) => ({
      time: eventTime(event),
      type: event.type,
      reason: event.reason,
      note: event.note ?? "",
      count: event.series?.count ?? 1,
    })),
    hidden: hiddenOf(sight),
  };
};
