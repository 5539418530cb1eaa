/** Which building blocks a configuration enables (design: policy, section 1). Once anything is listed, the world is closed. */
import type {
  GrantComponent,
  GrantParameter,
  GrantParameterRule,
  GrantValueRule,
  PackConfiguration,
  PackDefinition,
} from "../api/v1alpha1/index.ts";
import { perObject } from "../lib/per-object.ts";
import { matchHost } from "./host.ts";

type Formula = NonNullable<PackDefinition["spec"]["formulas"]>[number];
type SyncTable = NonNullable<PackDefinition["spec"]["syncTables"]>[number];
type Components = NonNullable<PackConfiguration["spec"]["components"]>;

/** Why a component is off. */
export type DisabledReason = "ActionsDenied" | "FetchesDenied" | "FormulaDisabled" | "NotListed" | "UpdateNotAllowed";

export type Enablement = { readonly enabled: true } | { readonly enabled: false; readonly reason: DisabledReason };

const ON: Enablement = { enabled: true };
const off = (reason: DisabledReason): Enablement => ({ enabled: false, reason });

const listed = (components: Components | undefined): Components | undefined =>
  components?.allow === "Listed" ? components : undefined;

const byClass = (policy: "Allow" | "Deny" | undefined, denied: DisabledReason, named: boolean): Enablement => {
  if (policy === "Deny") return off(denied);
  return named || policy === "Allow" ? ON : off("NotListed");
};

/** A formula: an action by the class `actions`, any other by `fetches`; deny beats being named. */
export const formulaEnabled = (formula: Formula, components: Components | undefined): Enablement => {
  const rules = listed(components);
  if (rules === undefined) return ON;
  const named = rules.formulas?.some(({ name }) => name === formula.name) ?? false;
  return formula.action === true
    ? byClass(rules.actions, "ActionsDenied", named)
    : byClass(rules.fetches, "FetchesDenied", named);
};

/** Reading a sync table is a fetch. */
export const tableEnabled = (table: SyncTable, components: Components | undefined): Enablement => {
  const rules = listed(components);
  if (rules === undefined) return ON;
  return byClass(rules.fetches, "FetchesDenied", rules.syncTables?.some(({ name }) => name === table.name) ?? false);
};

/** Updating a table's rows is an action: the class must allow it, or the named entry. */
export const tableUpdateEnabled = (table: SyncTable, components: Components | undefined): Enablement => {
  if (table.writable !== true) return off("NotListed");
  const rules = listed(components);
  if (rules === undefined) return ON;
  const reading = tableEnabled(table, components);
  if (!reading.enabled) return reading;
  const entry = rules.syncTables?.find(({ name }) => name === table.name);
  const byActions = byClass(rules.actions, "ActionsDenied", entry?.update === "Allow");
  if (entry === undefined || rules.actions === "Deny") return byActions;
  return entry.update === "Deny" || !byActions.enabled ? off("UpdateNotAllowed") : ON;
};

type Source = {
  readonly kind: GrantComponent["kind"];
  readonly name: string;
  readonly action: boolean;
  readonly enablement: Enablement;
  readonly connection?: GrantComponent["connection"] | undefined;
  readonly extraOAuthScopes?: readonly string[] | undefined;
  readonly hosts?: readonly string[] | undefined;
  readonly parameters?: NonNullable<PackDefinition["spec"]["formulas"]>[number]["parameters"] | undefined;
  readonly rules?: readonly GrantParameterRule[] | undefined;
  readonly dynamic?: boolean | undefined;
  readonly dynamicURL?: GrantParameterRule["rule"] | undefined;
};

const sources = (definition: PackDefinition, configuration: PackConfiguration | undefined): readonly Source[] => {
  const rules = configuration?.spec.components;
  const { formulas = [], syncTables = [], columnFormats = [] } = definition.spec;
  const entryOf = (list: "formulas" | "syncTables", name: string) =>
    rules?.allow === "Listed" ? rules[list]?.find((entry) => entry.name === name) : undefined;
  const tableRules = (name: string): Pick<Source, "rules" | "dynamicURL"> => {
    const entry = rules?.allow === "Listed" ? rules.syncTables?.find((it) => it.name === name) : undefined;
    return { rules: entry?.parameters, dynamicURL: entry?.dynamicURL };
  };
  const fromFormulas = formulas.map(
    (formula): Source => ({
      ...formula,
      kind: "Formula",
      action: formula.action === true,
      enablement: formulaEnabled(formula, rules),
      rules: entryOf("formulas", formula.name)?.parameters,
    }),
  );
  return [
    ...fromFormulas,
    ...syncTables.map((table) => ({
      ...table,
      kind: "SyncTable" as const,
      action: false,
      enablement: tableEnabled(table, rules),
      ...tableRules(table.name),
    })),
    ...syncTables
      .filter(({ writable }) => writable === true)
      .map((table) => ({
        ...table,
        kind: "SyncTableUpdate" as const,
        action: true,
        enablement: tableUpdateEnabled(table, rules),
        ...tableRules(table.name),
      })),
    ...columnFormats.map(({ name, formula }) =>
      formatOf(
        name,
        fromFormulas.find((source) => source.name === formula),
      ),
    ),
  ];
};

/** A column format is its formula under another name: the same account, scopes, hosts, parameters and rules. */
const formatOf = (name: string, formula: Source | undefined): Source => ({
  action: false,
  ...formula,
  kind: "ColumnFormat",
  name,
  enablement: formula?.enablement.enabled === true ? ON : off("FormulaDisabled"),
});

const baseScopes = (definition: PackDefinition): readonly string[] => {
  const { oauth2, oauth2ClientCredentials, googleServiceAccount, platformToken } = definition.spec.authentication;
  return (oauth2 ?? oauth2ClientCredentials ?? googleServiceAccount ?? platformToken)?.scopes ?? [];
};

const byKindAndName = (a: { kind: string; name: string }, b: { kind: string; name: string }): number =>
  a.kind === b.kind ? (a.name < b.name ? -1 : 1) : a.kind < b.kind ? -1 : 1;

/** A component that names hosts keeps those in effect; where none is left it is off, never open to all. */
export const compileComponents = (
  definition: PackDefinition,
  configuration: PackConfiguration | undefined,
  effective: readonly string[],
): readonly GrantComponent[] => {
  const latest = latestOf(definition)(configuration ?? UNCONFIGURED);
  const hosts = effective.join();
  if (latest.compiled === undefined || latest.hosts !== hosts) {
    latest.hosts = hosts;
    latest.compiled = sources(definition, configuration)
      .map((source) => compileComponent(source, baseScopes(definition), effective))
      .sort(byKindAndName);
  }
  return latest.compiled;
};

const UNCONFIGURED = {};

/** Thousands of installs of one pack by one configuration share what is compiled for them. */
const latestOf = perObject((_definition: PackDefinition) =>
  perObject((_configuration: object): { hosts: string; compiled?: readonly GrantComponent[] } => ({ hosts: "" })),
);

const compileComponent = (source: Source, base: readonly string[], effective: readonly string[]): GrantComponent => {
  const hosts = source.hosts?.filter((host) => effective.some((domain) => matchHost(host, domain)));
  const stranded = hosts !== undefined && hosts.length === 0;
  const { enablement } = source;
  const scopes = [...new Set([...base, ...(source.extraOAuthScopes ?? [])])].sort();
  return {
    kind: source.kind,
    name: source.name,
    action: source.action,
    connection: source.connection ?? "None",
    ...(scopes.length === 0 ? {} : { scopes }),
    ...(hosts === undefined ? {} : { hosts: [...hosts].sort() }),
    ...(source.parameters === undefined ? {} : { parameters: source.parameters.map(parameterOf) }),
    ...(source.rules === undefined ? {} : { rules: rulesOf(source.rules) }),
    ...(source.dynamic === true ? { dynamic: true } : {}),
    ...(source.dynamicURL === undefined ? {} : { dynamicURL: canonical(source.dynamicURL) }),
    enabled: enablement.enabled && !stranded,
    ...(enablement.enabled ? (stranded ? { reason: "HostNotAllowed" } : {}) : { reason: enablement.reason }),
  };
};

const rulesOf = (rules: readonly GrantParameterRule[]): readonly GrantParameterRule[] =>
  rules.map(({ name, rule }) => ({ name, rule: canonical(rule) })).sort((a, b) => (a.name < b.name ? -1 : 1));

/** Values are a set. */
const canonical = (rule: GrantValueRule): GrantValueRule =>
  rule.values === undefined ? rule : { ...rule, values: [...rule.values].sort() };

const parameterOf = ({ name, type, optional, variadic }: GrantParameter): GrantParameter => ({
  name,
  type,
  ...(optional === undefined ? {} : { optional }),
  ...(variadic === undefined ? {} : { variadic }),
});

/** Bytes of everything that a definition offers, compiled without any restriction. Computed once for each object. */
export const definitionSize = perObject((definition: PackDefinition): number => {
  const hosts = definition.spec.networkDomains ?? [];
  return Buffer.byteLength(JSON.stringify(compileComponents(definition, undefined, hosts)));
});
