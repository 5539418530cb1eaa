/** What a change does to one install. Pure. */
import { keyOf } from "../../api/meta.ts";
import type { GrantAccount, GrantComponent, PackGrantSpec, TrialFinding } from "../../api/v1alpha1/index.ts";
import { toTimestamp } from "../../lib/clock.ts";
import { stableJson } from "../../lib/stable-json.ts";
import type { PeopleChange, PeopleComparison, Sight } from "./people.ts";
import type { Fate } from "./settle.ts";

/** `Absent`: there is no such install. `Closed`: installed, and nothing runs for now. `Held`: as it is, for nobody can tell. */
export type InstallState =
  | "Absent"
  | "Closed"
  | "Held"
  | "Installed"
  | "Refused"
  | "Uninstalled"
  | "Uninstalling"
  | "Waiting";

export type Standing = {
  readonly state: InstallState;
  /** What it is bound to, or was when it was uninstalled. */
  readonly configuration?: string;
  /** Why it is not simply installed: a reason, and a sentence. */
  readonly reason?: string;
  readonly message?: string;
  /** When it is uninstalled. */
  readonly deadline?: string;
  /** Whether the uninstall guard stops that. */
  readonly paused?: true;
};

/** What the change does to it as a whole. `Kept`: it stays what it is, whatever else changes. */
export type Effect =
  | "Closed"
  | "Deleted"
  | "Installed"
  | "Kept"
  | "Rebound"
  | "Refused"
  | "Reopened"
  | "Uninstalled"
  | "Waiting";

export type Named = { readonly name: string; readonly reason: string };

export type InstallChange = PeopleChange & {
  readonly namespace: string;
  readonly name: string;
  readonly pack: string;
  readonly effect: Effect;
  readonly before: Standing;
  readonly after: Standing;
  /** Building blocks that work after the change and did not before, such as `Formula Search`. */
  readonly enabled: readonly string[];
  readonly disabled: readonly Named[];
  /** Building blocks that work before and after, with other rules for what is written in their parameters. */
  readonly ruled: readonly string[];
  readonly hostsOpened: readonly string[];
  readonly hostsClosed: readonly string[];
  readonly accountsAdded: readonly string[];
  readonly accountsLost: readonly Named[];
  /** What configurations on trial would do that they would not have done before. */
  readonly trials: readonly TrialFinding[];
};

const ABSENT: Standing = { state: "Absent" };

export const standingOf = (fate: Fate | undefined): Standing => {
  if (fate === undefined) return ABSENT;
  const { evaluation, install } = fate;
  switch (evaluation.outcome) {
    case "Waiting":
    case "Refused":
      return { state: evaluation.outcome, ...evaluation.problem };
    case "Uninstalled":
    case "Latched": {
      const { configuration = "", message = "", reason = "" } = install.status?.uninstalled ?? {};
      return { state: "Uninstalled", configuration, reason, message };
    }
    case "Uninstalling": {
      const { cause, deadline, paused, permit } = evaluation;
      const { message, reason } = cause;
      const when = paused === undefined ? { deadline: toTimestamp(deadline) } : { paused: true as const };
      return { state: "Uninstalling", configuration: permit.binding.name, reason, message, ...when };
    }
    case "Installed": {
      const { permit, suspended, unknown } = evaluation;
      const why = suspended ?? unknown ?? tooLarge(fate.grant);
      const state = suspended === undefined ? (unknown === undefined ? undefined : "Held") : "Closed";
      return {
        state: state ?? (why === undefined ? "Installed" : "Closed"),
        configuration: permit.binding.name,
        ...(why === undefined ? {} : { reason: why.reason, message: why.message }),
      };
    }
  }
};

/** A policy that is too large for a grant opens nothing. */
const tooLarge = (grant: PackGrantSpec | undefined): { reason: string; message: string } | undefined =>
  grant?.state === "Revoked" ? { reason: grant.reason ?? "", message: grant.message ?? "" } : undefined;

const IN_PLACE: readonly InstallState[] = ["Closed", "Held", "Installed", "Uninstalling"];

const isInPlace = ({ state }: Standing): boolean => IN_PLACE.includes(state);

const isLeaving = ({ state }: Standing): boolean => state === "Uninstalling" || state === "Uninstalled";

const effectOf = (before: Standing, after: Standing, fate: Fate | undefined): Effect => {
  if (after.state === "Absent") return before.state === "Absent" ? "Kept" : "Deleted";
  const wasHere = isInPlace(before) && before.state !== "Uninstalling";
  if (wasHere && (isLeaving(after) || fate?.left !== undefined)) return "Uninstalled";
  if (before.state === "Uninstalling") return effectOnLeaver(after);
  if (!isInPlace(before)) return effectOnNew(before, after);
  if (before.configuration !== after.configuration) return "Rebound";
  if (before.state === after.state) return "Kept";
  return after.state === "Closed" ? "Closed" : before.state === "Closed" ? "Reopened" : "Kept";
};

/** It was about to leave before the change. */
const effectOnLeaver = (after: Standing): Effect => {
  if (after.state === "Uninstalled") return "Uninstalled";
  return after.state === "Uninstalling" ? "Kept" : "Reopened";
};

const effectOnNew = (before: Standing, after: Standing): Effect => {
  if (isInPlace(after)) return "Installed";
  const same = before.state === after.state && before.reason === after.reason;
  if (same || after.state === "Uninstalled") return "Kept";
  return after.state === "Waiting" ? "Waiting" : "Refused";
};

const active = (grant: PackGrantSpec | undefined): PackGrantSpec | undefined =>
  grant?.state === "Active" ? grant : undefined;

type Usable = { readonly component: GrantComponent; readonly obstacle: string | undefined };

const KIND_TEXT: Readonly<Record<GrantComponent["kind"], string>> = {
  Formula: "formula",
  SyncTable: "sync table",
  SyncTableUpdate: "update of sync table",
  ColumnFormat: "column format",
};

const componentText = ({ kind, name }: Pick<GrantComponent, "kind" | "name">): string => `${KIND_TEXT[kind]} ${name}`;

/** Whether anybody can use it: enabled, and within the scopes that are allowed. */
const obstacleOf = (
  { connection, enabled, reason, scopes = [] }: GrantComponent,
  { allowedScopes }: PackGrantSpec,
): string | undefined => {
  if (!enabled) return reason ?? "NotListed";
  if (connection === "None" || allowedScopes?.allow === "All") return undefined;
  return scopes.every((scope) => allowedScopes?.allowed?.includes(scope)) ? undefined : "ScopeNotAllowed";
};

const usableIn = (grant: PackGrantSpec | undefined): ReadonlyMap<string, Usable> =>
  new Map(
    grant === undefined
      ? []
      : (grant.components ?? []).map((component) => [
          componentText(component),
          { component, obstacle: obstacleOf(component, grant) },
        ]),
  );

const rulesOf = ({ dynamicURL, rules }: GrantComponent): string => stableJson([rules, dynamicURL]);

type ComponentsChange = Pick<InstallChange, "disabled" | "enabled" | "ruled">;

const NO_COMPONENTS: ComponentsChange = { enabled: [], disabled: [], ruled: [] };

/** Of a pack that stays; one that comes or goes takes all of them along. */
const componentsChange = (before: PackGrantSpec | undefined, after: PackGrantSpec | undefined): ComponentsChange => {
  if (before === undefined || after === undefined) return NO_COMPONENTS;
  const [was, is] = [usableIn(before), usableIn(after)];
  const works = (list: ReadonlyMap<string, Usable>, name: string): boolean =>
    list.has(name) && list.get(name)?.obstacle === undefined;
  return {
    enabled: [...is.keys()].filter((name) => works(is, name) && !works(was, name)),
    disabled: [...was.keys()]
      .filter((name) => works(was, name) && !works(is, name))
      .map((name) => ({ name, reason: is.get(name)?.obstacle ?? "Removed" })),
    ruled: [...is].flatMap(([name, { component }]) => {
      const earlier = was.get(name)?.component;
      const differs = earlier !== undefined && rulesOf(earlier) !== rulesOf(component);
      return differs && works(was, name) && works(is, name) ? [name] : [];
    }),
  };
};

const hostsOf = (grant: PackGrantSpec | undefined): readonly string[] =>
  (grant?.hosts ?? []).map(({ domain }) => domain).sort();

const missingIn = (list: readonly string[], names: readonly string[]): readonly string[] =>
  names.filter((name) => !list.includes(name));

/** What an account serves: everybody in the doc, or its owner alone. */
const usesOf = ({ takeActions, viewData }: GrantAccount, { accountTypes = [] }: PackGrantSpec): readonly string[] => {
  const shared = accountTypes.includes("Shared");
  const acts =
    takeActions === "Owner"
      ? accountTypes.includes("Private")
      : takeActions === "DocMembers" && viewData === "DocMembers" && shared;
  return [...(viewData === "DocMembers" && shared ? ["viewing data"] : []), ...(acts ? ["actions"] : [])];
};

const accountUses = (grant: PackGrantSpec | undefined): ReadonlyMap<string, readonly string[]> =>
  new Map(grant === undefined ? [] : (grant.accounts ?? []).map((it) => [it.name, usesOf(it, grant)]));

type AccountsChange = Pick<InstallChange, "accountsAdded" | "accountsLost">;

const accountsChange = (before: PackGrantSpec | undefined, after: PackGrantSpec | undefined): AccountsChange => {
  const [was, is] = [accountUses(before), accountUses(after)];
  return {
    accountsAdded: [...is.keys()].filter((name) => !was.has(name)),
    accountsLost: [...was].flatMap(([name, uses]) => {
      const left = is.get(name);
      if (left === undefined) return [{ name, reason: after === undefined ? "GrantNotActive" : "NotGranted" }];
      const lost = missingIn(left, uses);
      return lost.length === 0 ? [] : [{ name, reason: `no longer for ${lost.join(" and ")}` }];
    }),
  };
};

const newTrials = (before: Fate | undefined, after: Fate | undefined): readonly TrialFinding[] => {
  const known = new Set((before?.trials ?? []).map(({ configuration, reason }) => `${configuration} ${reason}`));
  return (after?.trials ?? []).filter(({ configuration, reason }) => !known.has(`${configuration} ${reason}`));
};

/** Compares installs; one of the two worlds at least has it. */
export const compareInstall = (before: Sight, after: Sight, people: PeopleComparison): InstallChange | undefined => {
  const install = (after.fate ?? before.fate)?.install;
  if (install === undefined) return undefined;
  const [was, is] = [standingOf(before.fate), standingOf(after.fate)];
  const [had, has] = [active(before.fate?.grant), active(after.fate?.grant)];
  const change: InstallChange = {
    namespace: install.metadata.namespace ?? "",
    name: install.metadata.name,
    pack: install.spec.packRef.name,
    effect: effectOf(was, is, after.fate),
    before: was,
    after: is,
    ...people.compare(before, after),
    ...componentsChange(had, has),
    hostsOpened: missingIn(hostsOf(had), hostsOf(has)),
    hostsClosed: missingIn(hostsOf(has), hostsOf(had)),
    ...accountsChange(had, has),
    trials: newTrials(before.fate, after.fate),
  };
  return isNothing(change) ? undefined : change;
};

const LISTS = [
  "gained",
  "lost",
  "enabled",
  "disabled",
  "ruled",
  "hostsOpened",
  "hostsClosed",
  "accountsAdded",
  "accountsLost",
  "trials",
] as const;

const isNothing = (change: InstallChange): boolean =>
  change.effect === "Kept" && LISTS.every((list) => change[list].length === 0) && sameStanding(change);

const sameStanding = ({ after, before }: InstallChange): boolean =>
  after.state === before.state && after.reason === before.reason && after.configuration === before.configuration;

/** `namespace/name`. */
export const changeKey = ({ name, namespace }: InstallChange): string => keyOf({ metadata: { namespace, name } });

/** Whether somebody has less than before. A trial takes nothing from anybody. */
export const isLoss = ({ accountsLost, disabled, effect, lost }: InstallChange): boolean =>
  effect === "Uninstalled" || effect === "Closed" || [accountsLost, disabled, lost].some((list) => list.length > 0);
