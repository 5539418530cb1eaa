/** Checks that need a walk over value and schema together: repeated entries, and the CEL rules. */
import { stableJson } from "../../lib/stable-json.ts";
import { celValue, evaluateRule, fieldPathSteps, isAboutChange } from "./cel.ts";
import type { Path, Rule, Schema } from "./crd.ts";

/** Calls `visit` for a value and everything in it that the schema describes, outside first. */
const walk = (
  value: unknown,
  schema: Schema,
  path: Path,
  visit: (value: unknown, schema: Schema, path: Path) => void,
): void => {
  visit(value, schema, path);
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) walk(item, items, [...path, index], visit);
    return;
  }
  if (value === null || typeof value !== "object") return;
  for (const [name, field] of Object.entries(value)) {
    const inner = schema.properties?.[name] ?? schema.additionalProperties;
    if (inner !== undefined) walk(field, inner, [...path, name], visit);
  }
};

const identityOf = (item: unknown, schema: Schema): string =>
  schema["x-kubernetes-list-type"] === "set"
    ? stableJson(item)
    : stableJson(
        (schema["x-kubernetes-list-map-keys"] ?? []).map((key) => (item as Record<string, unknown> | null)?.[key]),
      );

/** The places of entries that repeat an earlier one, in lists that allow each only once. */
export const repeatedEntries = (value: unknown, schema: Schema): readonly Path[] => {
  const repeated: Path[] = [];
  walk(value, schema, [], (list, listSchema, path) => {
    const type = listSchema["x-kubernetes-list-type"];
    if (!Array.isArray(list) || (type !== "set" && type !== "map")) return;
    const seen = new Set<string>();
    list.forEach((item, index) => {
      const identity = identityOf(item, listSchema);
      if (seen.has(identity)) repeated.push([...path, index]);
      seen.add(identity);
    });
  });
  return repeated;
};

export type BrokenRule = {
  readonly path: Path;
  readonly message: string;
  /** Present where nobody can tell offline whether the rule is broken. */
  readonly unknown?: string;
};

const isUnder = (path: Path, root: Path): boolean => root.every((step, index) => path[index] === step);

/** The root's rules see `metadata` by its name only. */
const selfOf = (value: unknown, schema: Schema, path: Path): unknown => {
  if (path.length > 0) return celValue(value, schema);
  const { metadata, ...others } = value as Readonly<Record<string, unknown>>;
  const { name, generateName } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  const known = Object.entries({ name, generateName }).filter(([, text]) => text !== undefined);
  return { ...(celValue(others, schema) as object), metadata: Object.fromEntries(known) };
};

/**
 * The CEL rules that an object breaks. Rules about values that are `flawed` themselves are left out: the API server
 * evaluates none before the shape is right.
 */
export const brokenRules = (object: unknown, schema: Schema, flawed: readonly Path[]): readonly BrokenRule[] => {
  const broken: BrokenRule[] = [];
  walk(object, schema, [], (value, valueSchema, path) => {
    const rules = (valueSchema["x-kubernetes-validations"] ?? []).filter((rule) => !isAboutChange(rule));
    if (rules.length === 0 || flawed.some((flaw) => isUnder(flaw, path) || isUnder(path, flaw))) return;
    const self = selfOf(value, valueSchema, path);
    for (const rule of rules) broken.push(...judged(rule, self, path));
  });
  return broken;
};

const judged = (rule: Rule, self: unknown, path: Path): readonly BrokenRule[] => {
  const result = evaluateRule(rule, self);
  if (result.verdict === "holds") return [];
  const place = [...path, ...fieldPathSteps(rule.fieldPath ?? "")];
  const message = rule.message ?? `must satisfy ${rule.rule}`;
  return [result.verdict === "broken" ? { path: place, message } : { path: place, message, unknown: result.why }];
};
