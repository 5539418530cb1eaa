import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { PackConfigurationSpec } from "../../api/v1alpha1/index.ts";
import { convertText } from "./configuration.ts";
import { jsonPath } from "./json-text.ts";

const TARGET = { pack: "jira", name: "jira", access: { scope: "Organization" } } as const;

const converted = (json: unknown): Omit<PackConfigurationSpec, "packRef" | "access"> => {
  const result = convertText(JSON.stringify(json), TARGET);
  if (!result.ok) throw new Error(result.problems.join("\n"));
  const { packRef, access, ...rest } = result.configuration.spec;
  expect({ packRef, access }).toEqual({ packRef: { name: "jira" }, access: TARGET.access });
  return rest;
};

const problemsOf = (text: string): readonly string[] => {
  const result = convertText(text, TARGET);
  return result.ok ? [] : result.problems;
};

describe("S1-9 the JSON of the articles", () => {
  test("no restriction allows everything", () => {
    expect(converted({})).toEqual({});
  });

  test("only some docs, by id or by URL", () => {
    expect(converted({ doc: { sharing: { allowedDocs: ["dAbC123", "https://docs.example.com/d/x"] } } })).toEqual({
      doc: { sharing: { allow: "Listed", allowedDocs: ["dAbC123", "https://docs.example.com/d/x"] } },
    });
  });

  test("docs are shared only with people who have access", () => {
    expect(converted({ doc: { sharing: { enforcePackConfigurationPermissions: true } } })).toEqual({
      doc: { sharing: { allow: "All", enforcePackConfigurationPermissions: true } },
    });
  });

  test("view data from Slack, and take no actions", () => {
    expect(converted({ fetches: true, actions: false })).toEqual({
      components: { allow: "Listed", fetches: "Allow", actions: "Deny" },
    });
  });

  test("everything in Jira but one project", () => {
    const rule = { pattern: "^(ALPHA|BETA)$" };
    expect(converted({ formulas: { Search: { parameters: { project: rule } } } })).toEqual({
      components: { allow: "Listed", formulas: [{ name: "Search", parameters: [{ name: "project", rule }] }] },
    });
  });

  test("some tables, of which one is dynamic", () => {
    expect(
      converted({ syncTables: ["Deals", { name: "Reports", dynamicUrl: { prefix: "https://api.example.com/v1/" } }] }),
    ).toEqual({
      components: {
        allow: "Listed",
        syncTables: [{ name: "Deals" }, { name: "Reports", dynamicURL: { prefix: "https://api.example.com/v1/" } }],
      },
    });
  });

  test("private accounts, and explicit OAuth scopes", () => {
    expect(converted({ actions: true, accountTypes: ["private"], oauthScopes: ["deals:read"] })).toEqual({
      components: { allow: "Listed", actions: "Allow" },
      accounts: { allow: "Listed", types: ["Private"] },
      oauthScopes: { allow: "Listed", allowed: ["deals:read"] },
    });
  });

  test("an empty list enables nothing, and never everything", () => {
    expect(converted({ formulas: [], doc: { sharing: { allowedDocs: [] } } })).toEqual({
      components: { allow: "Listed", formulas: [] },
      doc: { sharing: { allow: "Listed", allowedDocs: [] } },
    });
  });
});

describe("rules for inputs", () => {
  const ruleFrom = (rule: unknown): unknown =>
    converted({ formulas: { Search: { parameters: { q: rule } } } }).components?.formulas?.[0]?.parameters?.[0]?.rule;

  test.each([
    ["one text", "EU", { values: ["EU"] }],
    ["a list", ["EU", 3, true], { values: ["EU", "3", "true"] }],
    ["values", { values: ["EU"] }, { values: ["EU"] }],
    ["enum, as JSON Schema has it", { enum: ["EU"] }, { values: ["EU"] }],
    ["a range", { minimum: -1.5, maximum: 1000 }, { minimum: "-1.5", maximum: "1000" }],
    ["a pattern", { pattern: "^a$" }, { pattern: "^a$" }],
    ["a prefix", { prefix: "https://example.com/a/" }, { prefix: "https://example.com/a/" }],
  ])("%s", (_, rule, wanted) => {
    expect(ruleFrom(rule)).toEqual(wanted);
  });

  it("notes that a pattern must match the whole value", () => {
    const result = convertText('{"formulas": {"A": {"parameters": {"q": {"pattern": "a"}}}}}', TARGET);
    expect(result).toMatchObject({
      ok: true,
      notes: [expect.stringContaining("$.formulas.A.parameters.q.pattern must match the whole")],
    });
  });
});

describe("what is refused, with its place", () => {
  test.each([
    ['{"fetchs": true}', "$.fetchs is not known. Did you mean 'fetches'?"],
    ['{"formulas": {"A": {"parametrs": {}}}}', "$.formulas.A.parametrs is not known. Did you mean 'parameters'?"],
    ['{"formulas": {"A": {"dynamicUrl": "x"}}}', "$.formulas.A.dynamicUrl is not known."],
    ['{"doc": {"sharing": {"allowedDocs": ["a"], "viewers": []}}}', "$.doc.sharing.viewers is not known."],
    ['{"doc": {"share": {}}}', "$.doc.share is not known."],
    ['{"__proto__": {}}', "$ must not have the key '__proto__'."],
    ["[]", "$ must be an object, not a list."],
    ["null", "$ must be an object, not null."],
    ['{"fetches": "yes"}', "$.fetches must be true or false, not a text."],
    ['{"actions": null}', "$.actions must be true or false, not null."],
    ['{"formulas": "A"}', "$.formulas must be a list of names, or an object with names as keys, not a text."],
    ['{"formulas": [1]}', "$.formulas[0] must be an object, not a number."],
    ['{"formulas": [{"parameters": {}}]}', "$.formulas[0].name must be written."],
    ['{"formulas": {"A": false}}', "$.formulas.A must be true or an object, not false; leave out"],
    ['{"formulas": {"A": {"parameters": {"q": [null]}}}}', "$.formulas.A.parameters.q[0] must be a text, a number"],
    [
      '{"formulas": {"A": {"parameters": {"q": {"minimum": []}}}}}',
      "$.formulas.A.parameters.q.minimum must be a number",
    ],
    ['{"formulas": {"A": {"parameters": ["q"]}}}', "$.formulas.A.parameters must be an object"],
    [
      '{"formulas": {"A": {"parameters": {"q": {"values": ["a"], "enum": ["b"]}}}}}',
      "$.formulas.A.parameters.q.enum must not",
    ],
    ['{"accountTypes": ["mine"]}', "$.accountTypes[0] must be 'Private' or 'Shared'."],
    ['{"oauthScopes": "a"}', "$.oauthScopes must be a list, not a text."],
    ['{"doc": {"sharing": {"allowedDocs": [1]}}}', "$.doc.sharing.allowedDocs[0] must be a text, not a number."],
    ['{"fetches": true, "fetches": false}', "$.fetches stands twice"],
    ['{"formulas": [{"name": "A", "parameters": {"q": 1, "q": 2}}]}', "$.formulas[0].parameters.q stands twice"],
    ['{"fetches": true,}', "$ must be JSON: "],
    ["", "$ must be JSON: "],
    ['{"a": 12345678901234567890}', "$ must not have numbers that JavaScript cannot hold"],
  ])("%s", (text, problem) => {
    expect(problemsOf(text).join("\n")).toContain(problem);
  });

  test.each([
    ['{"formulas": {"first name": true}}', '$.formulas["first name"] '],
    ['{"formulas": ["A", "B", "A"]}', "$.formulas[2] "],
    ['{"formulas": {"A": {"parameters": {}}}}', "$.formulas.A.parameters "],
    ['{"formulas": {"A": {"parameters": {"q": {}}}}}', "$.formulas.A.parameters.q "],
    ['{"formulas": {"A": {"parameters": {"q": {"pattern": "(?=a)"}}}}}', "$.formulas.A.parameters.q.pattern "],
    ['{"formulas": {"A": {"parameters": {"q": {"minimum": 1e30}}}}}', "$.formulas.A.parameters.q.minimum "],
    ['{"formulas": {"A": {"parameters": {"q": {"enum": ["a", "a"]}}}}}', "$.formulas.A.parameters.q"],
    ['{"syncTables": {"T": {"dynamicUrl": {"prefix": "http://a"}}}}', "$.syncTables.T.dynamicUrl.prefix "],
    ['{"oauthScopes": ["a b"]}', "$.oauthScopes[0] "],
    ['{"doc": {"sharing": {"allowedDocs": ["a b"]}}}', "$.doc.sharing.allowedDocs[0] "],
  ])("what the API server would not take: %s", (text, place) => {
    expect(problemsOf(text).some((problem) => problem.startsWith(place))).toBe(true);
  });

  test("every problem is named, not only the first", () => {
    expect(problemsOf('{"fetches": 1, "actions": 2, "x": 3}')).toHaveLength(3);
  });

  test("whatever the text: it is converted or refused, and never throws", () => {
    const policy = fc.dictionary(
      fc.constantFrom("fetches", "actions", "formulas", "syncTables", "accountTypes", "oauthScopes", "doc", "x"),
      fc.jsonValue({ maxDepth: 4 }),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          policy.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const result = convertText(text, TARGET);
          expect(result.ok || result.problems.length > 0).toBe(true);
        },
      ),
    );
  });
});

test("a path is written so that it can be found", () => {
  expect(jsonPath(["formulas", 0, "first name", "a_1"])).toBe('$.formulas[0]["first name"].a_1');
});
