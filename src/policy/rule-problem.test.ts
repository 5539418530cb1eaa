import { describe, expect, test } from "vitest";
import { enabling, packConfiguration } from "../../test/gen/objects.ts";
import type { GrantComponent, PackConfiguration, ValueRule } from "../api/v1alpha1/index.ts";
import { compileInputs } from "./inputs.ts";
import { ruleProblem } from "./rule-problem.ts";

const restricting = (rule: ValueRule): PackConfiguration =>
  packConfiguration(
    "c",
    enabling({
      formulas: [
        { name: "Other" },
        {
          name: "Read",
          parameters: [
            { name: "fine", rule: { values: ["A"] } },
            { name: "project", rule },
          ],
        },
      ],
    }),
  );

const choosing = (dynamicURL: ValueRule): PackConfiguration =>
  packConfiguration("c", enabling({ syncTables: [{ name: "Rows", dynamicURL }] }));

const PARAMETER = "`spec.components.formulas[1].parameters[1].rule";

describe("a rule for a parameter is refused when it is applied", () => {
  const rows: readonly (readonly [sentence: string, rule: ValueRule, field: string, says: RegExp])[] = [
    ["pattern that is no regular expression", { pattern: "(" }, ".pattern", /must be a regular expression/],
    ["pattern that only JavaScript reads", { pattern: "(?=a)b" }, ".pattern", /must be a regular expression/],
    ["pattern that looks back", { pattern: "(a)\\1" }, ".pattern", /must be a regular expression/],
    ["pattern of a million steps", { pattern: "(?:a{1000}){1000}" }, ".pattern", /must be a regular expression/],
    ["pattern that compiles to too much", { pattern: "[ab]{0,1000}a[ab]{0,1000}" }, ".pattern", /must be simpler/],
    ["minimum that is no number", { minimum: "1,5" }, ".minimum", /must be a decimal number/],
    ["maximum that is no number", { minimum: "1", maximum: "NaN" }, ".maximum", /must be a decimal number/],
    [
      "minimum over the maximum",
      { minimum: "10", maximum: "9.5" },
      ".minimum",
      /not be greater than the maximum '9.5'/,
    ],
    ["minimum over it below zero", { minimum: "-1", maximum: "-1.5" }, ".minimum", /must not be greater/],
    ["prefix that is no URL", { prefix: "crm.com/" }, ".prefix", /must be an https URL/],
    ["prefix without encryption", { prefix: "http://crm.com/" }, ".prefix", /must be an https URL/],
    ["prefix with a user", { prefix: "https://crm.com@evil.net/" }, ".prefix", /user name/],
    ["prefix that hides dots", { prefix: "https://crm.com/.;v1/" }, ".prefix", /'.;'/],
    ["prefix that ends in a name", { prefix: "https://crm.com/v1" }, ".prefix", /must end in '\/'/],
    ["prefix that ends in a query", { prefix: "https://crm.com/?a=/" }, ".prefix", /must end in '\/'/],
    ["prefix in upper case", { prefix: "https://CRM.com/" }, ".prefix", /its normal form 'https:\/\/crm.com\/'/],
    ["prefix with dots", { prefix: "https://crm.com/a/../" }, ".prefix", /its normal form 'https:\/\/crm.com\/'/],
  ];
  test.each(rows)("S1-41 with a %s", (_, rule, field, says) => {
    const problem = ruleProblem(restricting(rule));
    expect(problem?.reason).toBe("InvalidSpec");
    expect(problem?.message).toMatch(says);
    expect(problem?.message.startsWith(`${PARAMETER}${field}\`, for the parameter 'project' of 'Read', must `)).toBe(
      true,
    );
  });
});

describe("a rule for data sets is refused when it is applied", () => {
  const rows: readonly (readonly [sentence: string, rule: ValueRule, field: string, says: RegExp])[] = [
    ["value that is no URL", { values: ["https://crm.com/a", "b"] }, ".values[1]", /must be an https URL/],
    ["bound of numbers", { maximum: "5" }, ".maximum", /a URL is no number/],
    ["pattern that is no regular expression", { pattern: "[" }, ".pattern", /must be a regular expression/],
    ["prefix that is no URL", { prefix: "/" }, ".prefix", /must be an https URL/],
  ];
  test.each(rows)("S1-42 with a %s", (_, rule, field, says) => {
    const problem = ruleProblem(choosing(rule));
    expect(problem?.message).toMatch(says);
    expect(problem?.message).toContain(
      `\`spec.components.syncTables[0].dynamicURL${field}\`, for the data sets of 'Rows'`,
    );
  });
});

describe("a rule has no problem", () => {
  test.each<ValueRule>([
    { values: ["A", "not a URL"] },
    { pattern: "[A-Z]{2,10}-[0-9]{1,9}" },
    { pattern: "(a+)+b" },
    { minimum: "-1.5" },
    { maximum: "0.10" },
    { minimum: "2", maximum: "2.0" },
    { prefix: "https://crm.com/v1/" },
  ])("if it is %j", (rule) => {
    expect(ruleProblem(restricting(rule))).toBeUndefined();
  });

  test.each<ValueRule>([
    { values: ["https://CRM.com/a"] },
    { pattern: "https://crm\\.com/[a-z]+" },
    { prefix: "https://crm.com/" },
  ])("for data sets if it is %j", (rule) => {
    expect(ruleProblem(choosing(rule))).toBeUndefined();
  });

  test("where there is none", () => {
    expect(ruleProblem(packConfiguration("c"))).toBeUndefined();
    expect(ruleProblem(packConfiguration("c", enabling()))).toBeUndefined();
  });
});

test("S1-44 rules stand under named components, of formulas and tables alike, and the first problem is told", () => {
  const bad = { name: "project", rule: { pattern: "(" } };
  const both = packConfiguration(
    "c",
    enabling({ formulas: [{ name: "Read", parameters: [bad] }], syncTables: [{ name: "Rows", parameters: [bad] }] }),
  );
  expect(ruleProblem(both)?.message).toContain("`spec.components.formulas[0].parameters[0].rule.pattern`");
  const table = packConfiguration("c", enabling({ syncTables: [{ name: "Rows", parameters: [bad] }] }));
  expect(ruleProblem(table)?.message).toContain("`spec.components.syncTables[0].parameters[0].rule.pattern`");
});

test("S1-41 a rule that is refused would have admitted nothing, had it been taken", () => {
  const component = (rule: ValueRule): GrantComponent => ({
    kind: "Formula",
    name: "Read",
    action: false,
    connection: "None",
    enabled: true,
    parameters: [{ name: "project", type: "String" }],
    rules: [{ name: "project", rule }],
  });
  for (const rule of [{ pattern: "(" }, { minimum: "2", maximum: "1" }, { prefix: "https://crm.com/v1" }, {}]) {
    expect(compileInputs(component(rule)).hopeless, JSON.stringify(rule)).toMatchObject({
      reason: "ParameterNotAllowed",
      restricted: "parameters[project]",
    });
  }
  expect(compileInputs(component({ values: ["A"] }))).not.toHaveProperty("hopeless");
});

test("the problem of one object is found once", () => {
  const configuration = restricting({ pattern: "(" });
  expect(ruleProblem(configuration)).toBe(ruleProblem(configuration));
});
