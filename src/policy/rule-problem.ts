/**
 * What keeps a configuration's rules for inputs from being understood. The API server has checked their shape; this is
 * what it cannot: whether a regular expression is small enough, and whether an input is ever compared with what is there.
 */

import type { FormulaDirective, PackConfiguration, ValueRule } from "../api/v1alpha1/index.ts";
import { perObject } from "../lib/per-object.ts";
import { compareDecimals, parseDecimal } from "./decimal.ts";
import { patternProblem } from "./pattern.ts";
import { type Problem, problem } from "./problem.ts";
import { isUnderPrefix, normalizeUrl } from "./url.ts";

/** One rule, and where it stands: `spec.components.formulas[0].parameters[1].rule`, of what. */
type PlacedRule = { readonly path: string; readonly of: string; readonly rule: ValueRule; readonly url: boolean };

/** `path`: below the rule, `.pattern`. `what`: a sentence without a subject: "must ...". */
type Defect = { readonly path: string; readonly what: string };

/**
 * The first rule that could not do what it says; its configuration is not accepted. The message names the field first,
 * by its place: "`spec.components.formulas[0].parameters[1].rule.pattern` must ...".
 */
export const ruleProblem = perObject((configuration: PackConfiguration): Problem | undefined => {
  for (const { path, of, rule, url } of rulesOf(configuration)) {
    const defect = url ? urlRuleDefect(rule) : ruleDefect(rule);
    if (defect !== undefined) {
      return problem("InvalidSpec", `\`${path}${defect.path}\`, for ${of}, ${defect.what}.`);
    }
  }
  return undefined;
});

const rulesOf = ({ spec: { components } }: PackConfiguration): readonly PlacedRule[] => [
  ...(components?.formulas ?? []).flatMap((entry, index) =>
    parameterRules(entry, `spec.components.formulas[${index}]`),
  ),
  ...(components?.syncTables ?? []).flatMap((entry, index) => {
    const path = `spec.components.syncTables[${index}]`;
    const { dynamicURL, name } = entry;
    const parameters = parameterRules(entry, path);
    if (dynamicURL === undefined) return parameters;
    return [
      ...parameters,
      { path: `${path}.dynamicURL`, of: `the data sets of '${name}'`, rule: dynamicURL, url: true },
    ];
  }),
];

const parameterRules = ({ name, parameters }: FormulaDirective, path: string): readonly PlacedRule[] =>
  (parameters ?? []).map((parameter, index) => ({
    path: `${path}.parameters[${index}].rule`,
    of: `the parameter '${parameter.name}' of '${name}'`,
    rule: parameter.rule,
    url: false,
  }));

const ruleDefect = ({ pattern, minimum, maximum, prefix }: ValueRule): Defect | undefined =>
  patternDefect(pattern) ?? boundsDefect(minimum, maximum) ?? prefixDefect(prefix);

/** A data set is compared in the normal form of its URL, with whatever the rule has. */
const urlRuleDefect = (rule: ValueRule): Defect | undefined => {
  const bound = (["minimum", "maximum"] as const).find((it) => rule[it] !== undefined);
  if (bound !== undefined) {
    return { path: `.${bound}`, what: "must be replaced by `values`, `pattern` or `prefix`: a URL is no number" };
  }
  for (const [index, value] of (rule.values ?? []).entries()) {
    const url = normalizeUrl(value);
    if (!url.ok) return { path: `.values[${index}]`, what: url.problem };
  }
  return ruleDefect(rule);
};

const patternDefect = (pattern: string | undefined): Defect | undefined => {
  const what = pattern === undefined ? undefined : patternProblem(pattern);
  return what === undefined ? undefined : { path: ".pattern", what };
};

const boundsDefect = (minimum: string | undefined, maximum: string | undefined): Defect | undefined => {
  const least = minimum === undefined ? undefined : parseDecimal(minimum);
  const most = maximum === undefined ? undefined : parseDecimal(maximum);
  const what = "must be a decimal number, such as '-1.5'";
  if (minimum !== undefined && least === undefined) return { path: ".minimum", what };
  if (maximum !== undefined && most === undefined) return { path: ".maximum", what };
  if (least === undefined || most === undefined || compareDecimals(least, most) <= 0) return undefined;
  return { path: ".minimum", what: `must not be greater than the maximum '${maximum}'` };
};

const prefixDefect = (prefix: string | undefined): Defect | undefined => {
  if (prefix === undefined) return undefined;
  const url = normalizeUrl(prefix);
  if (!url.ok) return { path: ".prefix", what: url.problem };
  if (!isUnderPrefix(url.url, url.url)) return { path: ".prefix", what: "must end in '/' and have no query" };
  return url.url === prefix ? undefined : { path: ".prefix", what: `must be written in its normal form '${url.url}'` };
};
