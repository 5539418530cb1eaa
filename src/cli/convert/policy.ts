/**
 * A policy in JSON (`fetches`, `actions`, `formulas`, `syncTables`, `parameters`, `dynamicUrl`, `doc.sharing`, ...) as
 * the spec of a PackConfiguration. Every key is converted or refused; none is passed over.
 */
import type { AccountType, PackConfigurationSpec, ValueRule } from "../../api/v1alpha1/index.ts";
import type { Json } from "../../policy/strict-json.ts";
import type { Path } from "../schema/crd.ts";
import { type ConversionLog, fieldsOf, flagOf, isJsonObject, listOf, textOf, typeName } from "./log.ts";

/** What the JSON says; who may use the pack, and which pack it is, it does not say. */
export type PolicySpec = Pick<PackConfigurationSpec, "components" | "accounts" | "oauthScopes" | "doc">;

const KEYS = ["fetches", "actions", "formulas", "syncTables", "accountTypes", "oauthScopes", "doc"] as const;

/** A part of the result, or nothing where it was refused or is not there. */
const part = <K extends string, T>(key: K, value: T | undefined): { readonly [key in K]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: T };

/** Problems go into the log; then the result is incomplete. */
export const convertPolicy = (policy: Json, log: ConversionLog): PolicySpec => {
  const fields = fieldsOf(policy, [], KEYS, log);
  if (fields === undefined) return {};
  const { accountTypes, oauthScopes, doc } = fields;
  return {
    ...part("components", componentsOf(fields, log)),
    ...part("accounts", accountTypes === undefined ? undefined : accountsOf(accountTypes, log)),
    ...part("oauthScopes", oauthScopes === undefined ? undefined : scopesOf(oauthScopes, log)),
    ...part("doc", doc === undefined ? undefined : docOf(doc, log)),
  };
};

type Components = NonNullable<PackConfigurationSpec["components"]>;
type Restrictions = { readonly [key in "fetches" | "actions" | "formulas" | "syncTables"]?: Json };

/** Any restriction closes the world: what is not enabled is off. */
const componentsOf = (fields: Restrictions, log: ConversionLog): Components | undefined => {
  const { fetches, actions, formulas, syncTables } = fields;
  if ([fetches, actions, formulas, syncTables].every((value) => value === undefined)) return undefined;
  const switchOf = (key: "fetches" | "actions", value: Json | undefined): "Allow" | "Deny" | undefined => {
    const allowed = value === undefined ? undefined : flagOf(value, [key], log);
    log.made(["spec", "components", key], [key]);
    return allowed === undefined ? undefined : allowed ? "Allow" : "Deny";
  };
  return {
    allow: "Listed",
    ...part("fetches", switchOf("fetches", fetches)),
    ...part("actions", switchOf("actions", actions)),
    ...part("formulas", formulas === undefined ? undefined : directivesOf("formulas", formulas, log)),
    ...part("syncTables", syncTables === undefined ? undefined : directivesOf("syncTables", syncTables, log)),
  };
};

type Directive = NonNullable<Components["syncTables"]>[number];
type List = "formulas" | "syncTables";

const DIRECTIVE_KEYS = { formulas: ["parameters"], syncTables: ["parameters", "dynamicUrl"] } as const;

/** `["Search"]`, `[{"name": "Search", "parameters": ...}]`, or `{"Search": true}`, `{"Search": {"parameters": ...}}`. */
const directivesOf = (list: List, value: Json, log: ConversionLog): readonly Directive[] | undefined => {
  const to = (index: number): Path => ["spec", "components", list, index];
  if (isJsonObject(value)) {
    return Object.entries(value).map(([name, settings], index) => {
      log.made(to(index), [list, name]);
      return namedDirective(list, name, settings, [list, name], to(index), log);
    });
  }
  if (!Array.isArray(value)) {
    return log.refuse([list], `must be a list of names, or an object with names as keys, not ${typeName(value)}.`);
  }
  return listOf(
    value,
    [list],
    (item, path, index) => {
      log.made(to(index), path);
      return typeof item === "string" ? { name: item } : listedDirective(list, item, path, to(index), log);
    },
    log,
  );
};

const namedDirective = (
  list: List,
  name: string,
  settings: Json,
  path: Path,
  to: Path,
  log: ConversionLog,
): Directive => {
  if (settings === true) return { name };
  if (!isJsonObject(settings)) {
    log.refuse(path, `must be true or an object, not ${typeName(settings)}; leave out what is not to be enabled.`);
    return { name };
  }
  return { name, ...settingsOf(fieldsOf(settings, path, DIRECTIVE_KEYS[list], log), path, to, log) };
};

const listedDirective = (list: List, item: Json, path: Path, to: Path, log: ConversionLog): Directive | undefined => {
  const fields = fieldsOf(item, path, ["name", ...DIRECTIVE_KEYS[list]], log);
  if (fields === undefined) return undefined;
  if (fields.name === undefined) return log.refuse([...path, "name"], "must be written.");
  const name = textOf(fields.name, [...path, "name"], log);
  return name === undefined ? undefined : { name, ...settingsOf(fields, path, to, log) };
};

type DirectiveFields = { readonly parameters?: Json; readonly dynamicUrl?: Json };

const settingsOf = (
  fields: DirectiveFields | undefined,
  path: Path,
  to: Path,
  log: ConversionLog,
): Pick<Directive, "parameters" | "dynamicURL"> => {
  const { parameters, dynamicUrl } = fields ?? {};
  return {
    ...part("parameters", parameters === undefined ? undefined : parametersOf(parameters, path, to, log)),
    ...part(
      "dynamicURL",
      dynamicUrl === undefined ? undefined : ruleOf(dynamicUrl, [...path, "dynamicUrl"], [...to, "dynamicURL"], log),
    ),
  };
};

const parametersOf = (
  value: Json,
  path: Path,
  to: Path,
  log: ConversionLog,
): NonNullable<Directive["parameters"]> | undefined => {
  const from = [...path, "parameters"];
  if (!isJsonObject(value)) return log.refuse(from, `must be an object with names as keys, not ${typeName(value)}.`);
  log.made([...to, "parameters"], from);
  return Object.entries(value).flatMap(([name, rule], index) => {
    const here = [...to, "parameters", index];
    log.made(here, [...from, name]);
    const converted = ruleOf(rule, [...from, name], [...here, "rule"], log);
    return converted === undefined ? [] : [{ name, rule: converted }];
  });
};

const RULE_KEYS = ["values", "enum", "pattern", "minimum", "maximum", "prefix"] as const;

/** One value, a list of values, or an object with a rule. */
const ruleOf = (value: Json, from: Path, to: Path, log: ConversionLog): ValueRule | undefined => {
  log.made(to, from);
  if (Array.isArray(value)) return valuesOf(value, from, to, log);
  if (!isJsonObject(value)) return valuesOf([value], from, to, log);
  const fields = fieldsOf(value, from, RULE_KEYS, log);
  if (fields === undefined) return undefined;
  if (fields.values !== undefined && fields.enum !== undefined) {
    return log.refuse([...from, "enum"], "must not stand beside `values`, which means the same.");
  }
  const listed = fields.values === undefined ? "enum" : "values";
  const values = fields[listed];
  return {
    ...(values === undefined ? {} : valuesOf(values, [...from, listed], to, log)),
    ...part("pattern", fields.pattern === undefined ? undefined : patternOf(fields.pattern, from, to, log)),
    ...part("minimum", boundOf("minimum", fields.minimum, from, to, log)),
    ...part("maximum", boundOf("maximum", fields.maximum, from, to, log)),
    ...part("prefix", fields.prefix === undefined ? undefined : prefixOf(fields.prefix, from, to, log)),
  };
};

const valuesOf = (value: Json, from: Path, to: Path, log: ConversionLog): ValueRule | undefined => {
  const values = listOf(
    value,
    from,
    (item, path, index) => {
      log.made([...to, "values", index], path);
      return valueText(item, path, log);
    },
    log,
  );
  log.made([...to, "values"], from);
  return values === undefined ? undefined : { values };
};

const valueText = (item: Json, path: Path, log: ConversionLog): string | undefined =>
  typeof item === "string" || typeof item === "number" || typeof item === "boolean"
    ? String(item)
    : log.refuse(path, `must be a text, a number, true or false, not ${typeName(item)}.`);

const isAnchored = (pattern: string): boolean => pattern.startsWith("^") && pattern.endsWith("$");

/** In JSON Schema a part of the value may match; here it must be the whole. */
const patternOf = (value: Json, from: Path, to: Path, log: ConversionLog): string | undefined => {
  const path = [...from, "pattern"];
  log.made([...to, "pattern"], path);
  const pattern = textOf(value, path, log);
  if (pattern !== undefined && !isAnchored(pattern)) {
    log.note(path, "must match the whole value here, not a part of it; write '.*' where anything may stand.");
  }
  return pattern;
};

const boundOf = (
  key: "minimum" | "maximum",
  value: Json | undefined,
  from: Path,
  to: Path,
  log: ConversionLog,
): string | undefined => {
  if (value === undefined) return undefined;
  const path = [...from, key];
  log.made([...to, key], path);
  return typeof value === "number" || typeof value === "string"
    ? String(value)
    : log.refuse(path, `must be a number, not ${typeName(value)}.`);
};

const prefixOf = (value: Json, from: Path, to: Path, log: ConversionLog): string | undefined => {
  log.made([...to, "prefix"], [...from, "prefix"]);
  return textOf(value, [...from, "prefix"], log);
};

const ACCOUNT_TYPES: Readonly<Record<string, AccountType>> = { private: "Private", shared: "Shared" };

const accountsOf = (value: Json, log: ConversionLog): PackConfigurationSpec["accounts"] | undefined => {
  const types = listOf(
    value,
    ["accountTypes"],
    (item, path, index) => {
      log.made(["spec", "accounts", "types", index], path);
      const type = typeof item === "string" ? ACCOUNT_TYPES[item.toLowerCase()] : undefined;
      return type ?? log.refuse(path, "must be 'Private' or 'Shared'.");
    },
    log,
  );
  return types === undefined ? undefined : { allow: "Listed", types };
};

const scopesOf = (value: Json, log: ConversionLog): PackConfigurationSpec["oauthScopes"] | undefined => {
  log.made(["spec", "oauthScopes", "allowed"], ["oauthScopes"]);
  const allowed = textsOf(value, ["oauthScopes"], ["spec", "oauthScopes", "allowed"], log);
  return allowed === undefined ? undefined : { allow: "Listed", allowed };
};

const textsOf = (value: Json, from: Path, to: Path, log: ConversionLog): readonly string[] | undefined =>
  listOf(
    value,
    from,
    (item, path, index) => {
      log.made([...to, index], path);
      return textOf(item, path, log);
    },
    log,
  );

const docOf = (value: Json, log: ConversionLog): PackConfigurationSpec["doc"] | undefined => {
  const sharing = fieldsOf(value, ["doc"], ["sharing"], log)?.sharing;
  if (sharing === undefined) return undefined;
  const from = ["doc", "sharing"];
  const to = ["spec", "doc", "sharing"];
  const fields = fieldsOf(sharing, from, ["allowedDocs", "enforcePackConfigurationPermissions"], log);
  if (fields === undefined) return undefined;
  const { allowedDocs: docs, enforcePackConfigurationPermissions: enforce } = fields;
  log.made([...to, "allowedDocs"], [...from, "allowedDocs"]);
  const allowedDocs =
    docs === undefined ? undefined : textsOf(docs, [...from, "allowedDocs"], [...to, "allowedDocs"], log);
  const enforced =
    enforce === undefined ? undefined : flagOf(enforce, [...from, "enforcePackConfigurationPermissions"], log);
  return {
    sharing: {
      allow: docs === undefined ? "All" : "Listed",
      ...part("allowedDocs", allowedDocs),
      ...part("enforcePackConfigurationPermissions", enforced),
    },
  };
};
