/** What a caller hands to a building block: only what is declared, of its type, within the administrator's rules. */
import { REASONS, type Reason } from "../api/reasons.ts";
import type { GrantComponent, GrantParameter } from "../api/v1alpha1/index.ts";
import type { Json } from "./strict-json.ts";
import { MAX_URL_LENGTH } from "./url.ts";
import { admitsNothing, type CompiledRule, compileRule, type Scalar } from "./value-rule.ts";
import { elementOf, hasType, TYPE_TEXT } from "./value-types.ts";

/** Why an input is refused. `what` and `fix` are sentences; they repeat no value that the caller gave. */
export type InputProblem = {
  readonly reason: Extract<
    Reason,
    | "DynamicURLNotAllowed"
    | "InputNotReadable"
    | "ParameterMissing"
    | "ParameterNotAllowed"
    | "ParameterTypeWrong"
    | "ParameterUnknown"
  >;
  readonly what: string;
  readonly fix: string;
  /** The restricted input, where a rule is the cause: `parameters[project]` or `dynamicURL`. */
  readonly restricted?: string;
};

export type Delivered = {
  readonly parameters: Readonly<Record<string, Json>>;
  readonly dynamicURL?: string;
};

export type InputResult =
  | { readonly ok: true; readonly inputs: Delivered }
  | { readonly ok: false; readonly problem: InputProblem };

/** An input that must be given, within a rule of the administrator. */
export type Restriction = {
  /** `parameters[project]` or `dynamicURL`. */
  readonly restricted: string;
  /** What may be given, a sentence. */
  readonly text: string;
};

export type InputReader = {
  /** `parameters`: any value at all; undefined is the same as `{}`. Never throws on what JSON can hold. */
  readonly read: (parameters: unknown, dynamicURL: unknown) => InputResult;
  /** Parameters in the order of their declaration, then the `dynamicURL`. */
  readonly restrictions: readonly Restriction[];
  /** Why everything that could be given is refused, where that is known. */
  readonly hopeless?: InputProblem;
};

/** Elements of one list. */
const MAX_ELEMENTS = 10_000;

const refuse = (problem: InputProblem): { readonly ok: false; readonly problem: InputProblem } => ({
  ok: false,
  problem,
});

/** A name that a caller made up, fit for a sentence. */
export const quoted = (name: string): string => `'${name.replace(/[^\p{L}\p{N} ._/@-]/gu, "?").slice(0, 50)}'`;

/** What was sent is not strict JSON. `problem`: as `readJson` says it, "must ...". */
export const notReadable = (problem: string): InputProblem => ({
  reason: "InputNotReadable",
  what: `What you sent cannot be read: it ${problem}.`,
  fix: REASONS.InputNotReadable.advice,
});

/** A reader for one building block. What it needs is compiled once. */
export const compileInputs = (component: GrantComponent): InputReader => {
  const declared = component.parameters ?? [];
  const names = new Set(declared.map(({ name }) => name));
  const rules = new Map((component.rules ?? []).map(({ name, rule }) => [name, compileRule(rule)]));
  const urlRule = component.dynamicURL === undefined ? undefined : compileRule(component.dynamicURL, true);
  const readers = declared.map((parameter) => compileParameter(parameter, rules.get(parameter.name)));
  const readUrl = component.dynamic === true ? compileDynamicUrl(component, urlRule) : refuseUrl(component);
  const hopeless = hopelessness(component, rules, urlRule);
  const read: InputReader["read"] = (parameters, dynamicURL) => {
    const given = parameters === undefined ? {} : parameters;
    if (!isObject(given)) return refuse(NOT_AN_OBJECT);
    const undeclared = Object.keys(given).find((name) => !names.has(name));
    if (undeclared !== undefined) return refuse(unknownParameter(undeclared, component));
    if (hopeless !== undefined) return refuse(hopeless);
    const delivered: [string, Json][] = [];
    for (const read of readers) {
      const result = read(given);
      if (result === undefined) continue;
      if (!result.ok) return result;
      delivered.push(result.entry);
    }
    const url = readUrl(dynamicURL);
    if (url !== undefined && !url.ok) return url;
    return {
      ok: true,
      inputs: {
        parameters: Object.fromEntries(delivered),
        ...(url === undefined ? {} : { dynamicURL: url.url }),
      },
    };
  };
  return {
    read,
    restrictions: restrictionsOf(declared, rules, urlRule),
    ...(hopeless === undefined ? {} : { hopeless }),
  };
};

const restrictionsOf = (
  declared: readonly GrantParameter[],
  rules: ReadonlyMap<string, CompiledRule>,
  urlRule: CompiledRule | undefined,
): readonly Restriction[] => {
  const restrictions = declared.flatMap((parameter) => {
    const rule = rules.get(parameter.name);
    if (rule === undefined) return [];
    const text = `The parameter '${parameter.name}' must be given: use ${adviceFor(parameter, rule)}.`;
    return [{ restricted: inRule(parameter.name), text }];
  });
  if (urlRule === undefined) return restrictions;
  return [
    ...restrictions,
    { restricted: "dynamicURL", text: `The \`dynamicURL\` must be given: use ${urlRule.advice}.` },
  ];
};

const inRule = (parameter: string): string => `parameters[${parameter}]`;

/** A restriction that cannot be met is no leave to go without it. */
const hopelessness = (
  component: GrantComponent,
  rules: ReadonlyMap<string, CompiledRule>,
  urlRule: CompiledRule | undefined,
): InputProblem | undefined => {
  for (const [name, rule] of rules) {
    const isDeclared = component.parameters?.some((parameter) => parameter.name === name) === true;
    if (!isDeclared) return orphanedRule(name, component);
    if (admitsNothing(rule)) return emptyRule("ParameterNotAllowed", `the parameter '${name}'`, inRule(name));
  }
  if (urlRule === undefined) return undefined;
  if (component.dynamic !== true) return orphanedUrlRule(component);
  return admitsNothing(urlRule) ? emptyRule("DynamicURLNotAllowed", "the `dynamicURL`", "dynamicURL") : undefined;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const NOT_AN_OBJECT: InputProblem = {
  reason: "ParameterTypeWrong",
  what: "The parameters are not an object.",
  fix: "Give them as an object from names to values.",
};

const unknownParameter = (name: string, { name: component, parameters }: GrantComponent): InputProblem => ({
  reason: "ParameterUnknown",
  what: `'${component}' has no parameter ${quoted(name)}.`,
  fix:
    parameters === undefined || parameters.length === 0
      ? "It takes none."
      : `It takes ${parameters.map((parameter) => `'${parameter.name}'`).join(", ")}.`,
});

const orphanedRule = (name: string, { name: component }: GrantComponent): InputProblem => ({
  reason: "ParameterMissing",
  what: `'${component}' needs the parameter '${name}', which is restricted and which the pack does not declare.`,
  fix: "The name in the configuration must be corrected.",
  restricted: inRule(name),
});

const orphanedUrlRule = ({ name }: GrantComponent): InputProblem => ({
  reason: "ParameterMissing",
  what: `'${name}' needs a \`dynamicURL\`, which is restricted and which the pack does not take there.`,
  fix: "The rule in the configuration must be removed.",
  restricted: "dynamicURL",
});

const emptyRule = (
  reason: "DynamicURLNotAllowed" | "ParameterNotAllowed",
  input: string,
  restricted: string,
): InputProblem => ({
  reason,
  what: `No value of ${input} is allowed: its rule admits none.`,
  fix: "The rule in the configuration must be corrected.",
  restricted,
});

type Read =
  | { readonly ok: true; readonly entry: [name: string, value: Json] }
  | { readonly ok: false; readonly problem: InputProblem }
  | undefined;

const compileParameter = (
  parameter: GrantParameter,
  rule: CompiledRule | undefined,
): ((given: Readonly<Record<string, unknown>>) => Read) => {
  const { name } = parameter;
  const isNeeded = rule !== undefined || parameter.optional !== true;
  const read = parameter.variadic === true ? readTimes(parameter, rule, isNeeded) : readOnce(parameter, rule);
  return (given) => {
    if (!Object.hasOwn(given, name)) return isNeeded ? refuse(missing(parameter, rule)) : undefined;
    const value = given[name];
    const isTooLong = rule?.maxLength !== undefined && lengthOf(value) > rule.maxLength;
    return isTooLong ? refuse(notAllowed(parameter, rule)) : read(value);
  };
};

/** Of a text, of the texts of a list, or of a list of those. */
const lengthOf = (value: unknown): number => {
  if (typeof value === "string") return value.length;
  return Array.isArray(value) ? value.flat().reduce((sum, it) => sum + (typeof it === "string" ? it.length : 0), 0) : 0;
};

const readOnce = (parameter: GrantParameter, rule: CompiledRule | undefined): ((value: unknown) => Read) => {
  const { type, list } = elementOf(parameter.type);
  const isOfType = list
    ? (value: unknown) => isList(value) && value.every((it) => hasType(type, it))
    : (value: unknown) => hasType(type, value);
  return (value) => {
    if (!isOfType(value)) return refuse(wrongType(parameter));
    if (rule === undefined) return { ok: true, entry: [parameter.name, value as Json] };
    return restricted(parameter, rule, value as Scalar | readonly Scalar[]);
  };
};

/** A list of values, one for each time that the parameter is given. */
const readTimes = (
  parameter: GrantParameter,
  rule: CompiledRule | undefined,
  isNeeded: boolean,
): ((value: unknown) => Read) => {
  const readOne = readOnce(parameter, rule);
  return (value) => {
    if (!isList(value)) return refuse(wrongType(parameter));
    if (value.length === 0 && isNeeded) return refuse(missing(parameter, rule));
    const entries: Json[] = [];
    for (const one of value) {
      const read = readOne(one);
      if (read === undefined || !read.ok) return read;
      entries.push(read.entry[1]);
    }
    return { ok: true, entry: [parameter.name, entries] };
  };
};

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length <= MAX_ELEMENTS;

const restricted = (parameter: GrantParameter, rule: CompiledRule, value: Scalar | readonly Scalar[]): Read => {
  const entry = (admitted: Json): Read => ({ ok: true, entry: [parameter.name, admitted] });
  if (!isList(value)) {
    const admitted = rule.admit(value as Scalar);
    return admitted === undefined ? refuse(notAllowed(parameter, rule)) : entry(admitted);
  }
  if (value.length === 0) return refuse(missing(parameter, rule));
  const admitted = value.map((it) => rule.admit(it as Scalar));
  return admitted.every((it) => it !== undefined) ? entry(admitted) : refuse(notAllowed(parameter, rule));
};

const missing = (parameter: GrantParameter, rule: CompiledRule | undefined): InputProblem => {
  const { name, variadic, type } = parameter;
  return rule === undefined
    ? {
        reason: "ParameterMissing",
        what: `The parameter '${name}' is missing.`,
        fix: `Give it ${variadic === true ? "once or more: each" : "a value: it"} must be ${typeText(type)}.`,
      }
    : {
        reason: "ParameterMissing",
        what: `The parameter '${name}' is missing or empty, and it is restricted, so it must be given.`,
        fix: `Use ${adviceFor(parameter, rule)}.`,
        restricted: inRule(name),
      };
};

const typeText = (parameterType: GrantParameter["type"]): string => {
  const { type, list } = elementOf(parameterType);
  return list ? `a list whose elements are each ${TYPE_TEXT[type]}` : TYPE_TEXT[type];
};

const wrongType = ({ name, type, variadic }: GrantParameter): InputProblem => ({
  reason: "ParameterTypeWrong",
  what: `The parameter '${name}' has a value of another type.`,
  fix: variadic === true ? `It must be a list; each entry must be ${typeText(type)}.` : `It must be ${typeText(type)}.`,
});

const notAllowed = (parameter: GrantParameter, rule: CompiledRule): InputProblem => ({
  reason: "ParameterNotAllowed",
  what: `This value of the parameter '${parameter.name}' is not allowed.`,
  fix: `Use ${adviceFor(parameter, rule)}.`,
  restricted: inRule(parameter.name),
});

const adviceFor = ({ type, variadic }: GrantParameter, rule: CompiledRule): string =>
  elementOf(type).list || variadic === true ? `for every element ${rule.advice}` : rule.advice;

type ReadUrl = { readonly ok: true; readonly url: string } | { readonly ok: false; readonly problem: InputProblem };

/** Of a table that is not dynamic, and of all that is no table. */
const refuseUrl =
  ({ name }: GrantComponent) =>
  (value: unknown): ReadUrl | undefined =>
    value === undefined ? undefined : refuse(urlUnknown(name));

/** The data set of a dynamic table: without one there is nothing to read. */
const compileDynamicUrl =
  ({ name }: GrantComponent, rule: CompiledRule | undefined) =>
  (value: unknown): ReadUrl => {
    if (value === undefined || value === "") return refuse(urlMissing(name, rule));
    if (typeof value !== "string" || value.length > MAX_URL_LENGTH || !value.isWellFormed()) return refuse(URL_WRONG);
    if (rule === undefined) return { ok: true, url: value };
    const admitted = rule.admit(value);
    return admitted === undefined ? refuse(urlNotAllowed(name, rule)) : { ok: true, url: String(admitted) };
  };

const urlMissing = (table: string, rule: CompiledRule | undefined): InputProblem => ({
  reason: "ParameterMissing",
  what: `The \`dynamicURL\` of '${table}' is missing, and it says which data set is meant.`,
  fix: `Use ${rule === undefined ? "the address of one data set" : rule.advice}.`,
  ...(rule === undefined ? {} : { restricted: "dynamicURL" }),
});

const urlUnknown = (component: string): InputProblem => ({
  reason: "ParameterUnknown",
  what: `'${component}' takes no \`dynamicURL\`: it is no dynamic table.`,
  fix: "Leave it out.",
});

const URL_WRONG: InputProblem = {
  reason: "ParameterTypeWrong",
  what: "The `dynamicURL` is not a text, or is too long.",
  fix: `It must be a text of at most ${MAX_URL_LENGTH} characters.`,
};

const urlNotAllowed = (table: string, rule: CompiledRule): InputProblem => ({
  reason: "DynamicURLNotAllowed",
  what: `This \`dynamicURL\` of '${table}' is not allowed.`,
  fix: `Use ${rule.advice}; it is compared in its normal form, and escaped slashes or dots have none.`,
  restricted: "dynamicURL",
});
