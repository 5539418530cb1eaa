/** The difference between two contents of one PackConfiguration, in words. Pure. */
import type {
  ConfigurationAccess,
  ConfigurationComponents,
  ConfigurationSharing,
  PackConfigurationSpec,
  ParameterRule,
  ValueRule,
} from "../../api/v1alpha1/index.ts";
import { stableJson } from "../../lib/stable-json.ts";

/** `+`: it allows more. `-`: it allows less. `~`: it decides otherwise. */
export type Difference = {
  readonly sign: "+" | "-" | "~";
  readonly about: "access" | "accounts" | "components" | "network" | "pack" | "scopes" | "sharing" | "uninstalling";
  readonly text: string;
};

type About = Difference["about"];

const more = (about: About, text: string): Difference => ({ sign: "+", about, text });
const less = (about: About, text: string): Difference => ({ sign: "-", about, text });
const other = (about: About, text: string): Difference => ({ sign: "~", about, text });

type Spec = Partial<PackConfigurationSpec>;

/** A configuration that is not there says nothing. */
export const policyDiff = (before: Spec | undefined, after: Spec | undefined): readonly Difference[] => {
  if (before === undefined || after === undefined) return whole(before, after);
  return [
    ...packDiff(before, after),
    ...accessDiff(before, after),
    ...componentsDiff(before.components, after.components),
    ...accountsDiff(before, after),
    ...listedDiff("scopes", "the OAuth scope", scopesOf(before), scopesOf(after)),
    ...listedDiff("network", "the domain", domainsOf(before), domainsOf(after)),
    ...sharingDiff(before.doc?.sharing, after.doc?.sharing),
    ...graceDiff(before, after),
  ];
};

const whole = (before: Spec | undefined, after: Spec | undefined): readonly Difference[] => {
  if (before === after) return [];
  return before === undefined
    ? [other("pack", `a new configuration about ${packText(after)}: ${whoText(after)}`)]
    : [other("pack", `the configuration about ${packText(before)} goes; it was for: ${whoText(before)}`)];
};

const packText = ({ packRef, packSelector }: Spec = {}): string =>
  packRef === undefined
    ? `packs with the labels ${Object.entries(packSelector?.matchLabels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(", ")}`
    : `the pack '${packRef.name}'`;

const packDiff = (before: Spec, after: Spec): readonly Difference[] => [
  ...(packText(before) === packText(after)
    ? []
    : [other("pack", `is about ${packText(after)}; it was about ${packText(before)}`)]),
  ...(modeOf(before) === modeOf(after)
    ? []
    : [
        other(
          "pack",
          modeOf(after) === "Audit"
            ? "is only tried from now on: it admits nobody and refuses nothing"
            : "counts from now on; it was only tried",
        ),
      ]),
];

const modeOf = ({ enforcement = "Enforce" }: Spec): string => enforcement;

const stateOf = ({ state = "Configured" }: Spec): string => state;

const whoText = (spec: Spec = {}): string => {
  if (stateOf(spec) === "Denied") return "nobody";
  if (stateOf(spec) === "Approved") return "everybody, outsiders too";
  if (spec.access?.scope === "Organization") return "every member of the organization";
  const names = (spec.access?.subjects ?? []).map(subjectText);
  return names.length === 0 ? "nobody" : names.join(", ");
};

const subjectText = ({ kind, name }: { readonly kind: string; readonly name: string }): string =>
  `${kind === "Group" ? "group" : "user"} '${name}'`;

/** From nobody to everybody. */
const widthOf = (spec: Spec): number => {
  if (stateOf(spec) === "Denied") return 0;
  if (stateOf(spec) === "Approved") return 3;
  return spec.access?.scope === "Organization" ? 2 : 1;
};

const accessDiff = (before: Spec, after: Spec): readonly Difference[] => {
  const [was, is] = [widthOf(before), widthOf(after)];
  if (was !== is) return [(is > was ? more : less)("access", `for ${whoText(after)}; it was for ${whoText(before)}`)];
  return was === 1 ? subjectsDiff(before.access, after.access) : [];
};

const subjectsDiff = (
  before: ConfigurationAccess | undefined,
  after: ConfigurationAccess | undefined,
): readonly Difference[] => {
  const [was, is] = [before, after].map((access) => (access?.subjects ?? []).map(subjectText));
  return setDiff(
    "access",
    was,
    is,
    (name) => `${name} may use it`,
    (name) => `${name} may not use it any more`,
  );
};

const setDiff = (
  about: About,
  before: readonly string[] = [],
  after: readonly string[] = [],
  added: (name: string) => string,
  removed: (name: string) => string,
): readonly Difference[] => [
  ...before.filter((name) => !after.includes(name)).map((name) => less(about, removed(name))),
  ...after.filter((name) => !before.includes(name)).map((name) => more(about, added(name))),
];

/** What is allowed; undefined: everything. */
type Allowed = readonly string[] | undefined;

const listedDiff = (about: About, noun: string, before: Allowed, after: Allowed): readonly Difference[] => {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [less(about, `only ${listText(noun, after ?? [])}; before: any`)];
  if (after === undefined) return [more(about, `any; before: only ${listText(noun, before)}`)];
  return setDiff(
    about,
    before,
    after,
    (it) => `${noun} '${it}' is allowed`,
    (it) => `${noun} '${it}' is not allowed any more`,
  );
};

const listText = (noun: string, names: readonly string[]): string =>
  names.length === 0 ? "none" : `${noun} ${names.map((name) => `'${name}'`).join(", ")}`;

const scopesOf = ({ oauthScopes }: Spec): Allowed =>
  oauthScopes?.allow === "Listed" ? (oauthScopes.allowed ?? []) : undefined;

const domainsOf = ({ network }: Spec): Allowed =>
  network?.allow === "Listed" ? (network.allowedDomains ?? []) : undefined;

const accountsDiff = (before: Spec, after: Spec): readonly Difference[] => {
  const typesOf = ({ accounts }: Spec): Allowed => (accounts?.allow === "Listed" ? (accounts.types ?? []) : undefined);
  return listedDiff("accounts", "accounts of the type", typesOf(before), typesOf(after));
};

const docsOf = (sharing: ConfigurationSharing | undefined): Allowed =>
  sharing?.allow === "Listed" ? (sharing.allowedDocs ?? []) : undefined;

const sharingDiff = (
  before: ConfigurationSharing | undefined,
  after: ConfigurationSharing | undefined,
): readonly Difference[] => {
  const enforced = (sharing: ConfigurationSharing | undefined): boolean =>
    sharing?.enforcePackConfigurationPermissions === true;
  const docs = listedDiff("sharing", "the doc", docsOf(before), docsOf(after));
  if (enforced(before) === enforced(after)) return docs;
  return [
    ...docs,
    enforced(after)
      ? less("sharing", "docs with the pack may be shared only with people who have access to this configuration")
      : more("sharing", "docs with the pack may be shared with anybody"),
  ];
};

const graceDiff = (before: Spec, after: Spec): readonly Difference[] => {
  const [was, is] = [before, after].map(({ gracePeriodSeconds = 0 }) => gracePeriodSeconds);
  return was === is
    ? []
    : [other("uninstalling", `a revoked pack waits ${is} s before it is uninstalled; it was ${was} s`)];
};

const componentsDiff = (
  before: ConfigurationComponents | undefined,
  after: ConfigurationComponents | undefined,
): readonly Difference[] => {
  const [was, is] = [before, after].map((it) => (it?.allow === "Listed" ? it : undefined));
  if (was === undefined && is === undefined) return [];
  if (was === undefined) return [less("components", `only what is listed: ${componentsText(is)}; before: everything`)];
  if (is === undefined) return [more("components", `everything; before: only ${componentsText(was)}`)];
  return [
    ...classDiff("building blocks that only read", was.fetches, is.fetches),
    ...classDiff("building blocks that change something", was.actions, is.actions),
    ...entriesDiff("formula", was.formulas, is.formulas),
    ...entriesDiff("sync table", was.syncTables, is.syncTables),
  ];
};

const componentsText = (components: ConfigurationComponents | undefined): string => {
  const parts = [
    ...(components?.fetches === undefined ? [] : [`${components.fetches.toLowerCase()} what only reads`]),
    ...(components?.actions === undefined ? [] : [`${components.actions.toLowerCase()} what changes something`]),
    ...(components?.formulas ?? []).map(({ name }) => `formula '${name}'`),
    ...(components?.syncTables ?? []).map(({ name }) => `sync table '${name}'`),
  ];
  return parts.length === 0 ? "nothing" : parts.join(", ");
};

type ClassPolicy = "Allow" | "Deny" | undefined;

const CLASS_WIDTH: Readonly<Record<string, number>> = { Deny: 0, Listed: 1, Allow: 2 };
const CLASS_TEXT: Readonly<Record<string, string>> = { Deny: "none", Listed: "only those named", Allow: "all" };

const classDiff = (noun: string, before: ClassPolicy, after: ClassPolicy): readonly Difference[] => {
  const [was, is] = [before ?? "Listed", after ?? "Listed"];
  if (was === is) return [];
  const sign = (CLASS_WIDTH[is] ?? 0) > (CLASS_WIDTH[was] ?? 0) ? more : less;
  return [sign("components", `${noun}: ${CLASS_TEXT[is]}; before: ${CLASS_TEXT[was]}`)];
};

type Entry = {
  readonly name: string;
  readonly parameters?: readonly ParameterRule[];
  readonly dynamicURL?: ValueRule;
  readonly update?: "Allow" | "Deny";
};

const entriesDiff = (
  noun: string,
  before: readonly Entry[] = [],
  after: readonly Entry[] = [],
): readonly Difference[] => [
  ...setDiff(
    "components",
    before.map(({ name }) => name),
    after.map(({ name }) => name),
    (name) => `${noun} '${name}' is named`,
    (name) => `${noun} '${name}' is not named any more`,
  ),
  ...after.flatMap((entry) => {
    const earlier = before.find(({ name }) => name === entry.name);
    return earlier === undefined ? [] : entryDiff(`${noun} '${entry.name}'`, earlier, entry);
  }),
];

const entryDiff = (subject: string, before: Entry, after: Entry): readonly Difference[] => {
  const rules = (entry: Entry): ReadonlyMap<string, ValueRule> =>
    new Map([
      ...(entry.parameters ?? []).map(({ name, rule }) => [`parameter '${name}'`, rule] as const),
      ...(entry.dynamicURL === undefined ? [] : [["the data set's URL", entry.dynamicURL] as const]),
    ]);
  const [was, is] = [rules(before), rules(after)];
  return [
    ...updateDiff(subject, before.update, after.update),
    ...[...new Set([...was.keys(), ...is.keys()])].flatMap((name) =>
      ruleDiff(`${subject}, ${name}`, was.get(name), is.get(name)),
    ),
  ];
};

const updateDiff = (subject: string, before: ClassPolicy, after: ClassPolicy): readonly Difference[] => {
  if (before === after) return [];
  const width = (policy: ClassPolicy): number => (policy === "Allow" ? 2 : policy === undefined ? 1 : 0);
  const text = (policy: ClassPolicy): string => (policy === undefined ? "not said" : policy.toLowerCase());
  return [
    (width(after) > width(before) ? more : less)(
      "components",
      `${subject}, updates: ${text(after)}; before: ${text(before)}`,
    ),
  ];
};

const ruleDiff = (
  subject: string,
  before: ValueRule | undefined,
  after: ValueRule | undefined,
): readonly Difference[] => {
  if (stableJson(before) === stableJson(after)) return [];
  if (before === undefined) return [less("components", `${subject}: must be ${ruleText(after)}; before: anything`)];
  if (after === undefined) return [more("components", `${subject}: anything; before: ${ruleText(before)}`)];
  return [other("components", `${subject}: must be ${ruleText(after)}; before: ${ruleText(before)}`)];
};

/** As it is written, without its type. */
const ruleText = (rule: ValueRule | undefined): string =>
  Object.entries(rule ?? {})
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.map(quoted).join(", ") : quoted(value)}`)
    .join(", ");

const quoted = (value: unknown): string => (typeof value === "string" ? `'${value}'` : JSON.stringify(value));
