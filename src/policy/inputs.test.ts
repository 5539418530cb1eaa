import { describe, expect, test } from "vitest";
import type { GrantComponent, GrantParameter, GrantValueRule } from "../api/v1alpha1/index.ts";
import { compileInputs, type Delivered, type InputProblem, notReadable, quoted } from "./inputs.ts";
import { readJson } from "./strict-json.ts";

const component = (more: Partial<GrantComponent>): GrantComponent => ({
  kind: "Formula",
  name: "GetTasks",
  action: false,
  connection: "None",
  enabled: true,
  ...more,
});

const taking = (...parameters: readonly GrantParameter[]): GrantComponent => component({ parameters });

const text = (name: string, more: Partial<GrantParameter> = {}): GrantParameter => ({ name, type: "String", ...more });

const restricting = (parameter: GrantParameter, rule: GrantValueRule): GrantComponent =>
  component({ parameters: [parameter], rules: [{ name: parameter.name, rule }] });

const table = (dynamicURL?: GrantValueRule): GrantComponent =>
  component({ kind: "SyncTable", name: "Rows", dynamic: true, ...(dynamicURL === undefined ? {} : { dynamicURL }) });

const read = (of: GrantComponent, parameters: unknown, dynamicURL?: unknown): Delivered | InputProblem => {
  const result = compileInputs(of).read(parameters, dynamicURL);
  return result.ok ? result.inputs : result.problem;
};

const delivers = (of: GrantComponent, parameters: unknown, expected: unknown = parameters): void => {
  expect(read(of, parameters)).toEqual({ parameters: expected });
};

describe("parameters without rules", () => {
  const two = taking(text("a"), text("b", { optional: true }));

  test("S0-34 are delivered as they were given, in the order of their declaration", () => {
    delivers(two, { b: "2", a: "1" });
    expect(Object.keys((read(two, { b: "2", a: "1" }) as Delivered).parameters)).toEqual(["a", "b"]);
  });

  test("may be left out if they are optional", () => {
    delivers(two, { a: "1" });
    delivers(taking(), undefined, {});
    delivers(component({}), {});
  });

  const refused: readonly (readonly [sentence: string, of: GrantComponent, given: unknown, problem: unknown])[] = [
    ["undeclared", two, { a: "1", c: 1 }, { reason: "ParameterUnknown", fix: "It takes 'a', 'b'." }],
    [
      "undeclared where none is declared",
      component({}),
      { a: 1 },
      { reason: "ParameterUnknown", fix: "It takes none." },
    ],
    ["undeclared, even as an empty value", two, { a: "1", c: null }, { reason: "ParameterUnknown" }],
    ["called __proto__", two, JSON.parse('{"a":"1","__proto__":{}}'), { reason: "ParameterUnknown" }],
    ["like a property of every object", two, { a: "1", constructor: "x" }, { reason: "ParameterUnknown" }],
    ["missing", two, { b: "2" }, { reason: "ParameterMissing", what: "The parameter 'a' is missing." }],
    ["missing altogether", two, undefined, { reason: "ParameterMissing" }],
    ["null", two, { a: null }, { reason: "ParameterTypeWrong" }],
    ["null where they are optional", two, { a: "1", b: null }, { reason: "ParameterTypeWrong" }],
    ["of another type", two, { a: 1 }, { reason: "ParameterTypeWrong", fix: "It must be a text." }],
    ["a list", two, [], { reason: "ParameterTypeWrong" }],
    ["a text", two, "a=1", { reason: "ParameterTypeWrong" }],
    ["null as a whole", two, null, { reason: "ParameterTypeWrong" }],
  ];
  test.each(refused)("S1-55 are refused if they are %s", (_, of, given, problem) => {
    expect(read(of, given)).toMatchObject(problem as object);
    expect(read(of, given)).not.toHaveProperty("restricted");
  });

  test("that are inherited are not there", () => {
    expect(read(two, Object.create({ a: "1" }))).toMatchObject({ reason: "ParameterMissing" });
    const odd = taking(text("toString"));
    expect(read(odd, {})).toMatchObject({ reason: "ParameterMissing" });
    delivers(odd, { toString: "x" });
  });

  test("never set a prototype, whatever a pack declares", () => {
    const hostile = taking(text("__proto__"));
    const { parameters } = read(hostile, JSON.parse('{"__proto__":"x"}')) as Delivered;
    expect(Object.getPrototypeOf(parameters)).toBe(Object.prototype);
  });
});

describe("lists", () => {
  const list = taking({ name: "ids", type: "NumberArray" });
  const variadic = taking({ name: "ids", type: "Number", variadic: true });
  const both = taking({ name: "ids", type: "NumberArray", variadic: true });

  test("are delivered with elements of their type", () => {
    delivers(list, { ids: [1, 2.5] });
    delivers(list, { ids: [] });
    delivers(variadic, { ids: [1] });
    delivers(both, { ids: [[1], []] });
    delivers(taking({ name: "ids", type: "Number", variadic: true, optional: true }), { ids: [] });
  });

  const refused: readonly (readonly [sentence: string, of: GrantComponent, ids: unknown, reason: string])[] = [
    ["one element has another type", list, [1, "2"], "ParameterTypeWrong"],
    ["one element is null", list, [1, null], "ParameterTypeWrong"],
    ["there is one value instead", list, 1, "ParameterTypeWrong"],
    ["there is an object instead", list, { 0: 1, length: 1 }, "ParameterTypeWrong"],
    ["a parameter for several times is given as one value", variadic, 1, "ParameterTypeWrong"],
    ["a parameter that is needed is given no times", variadic, [], "ParameterMissing"],
    ["a time of several has another type", variadic, [1, [2]], "ParameterTypeWrong"],
    ["a list among several lists has another element", both, [[1], ["2"]], "ParameterTypeWrong"],
    ["there are more than ten thousand", list, Array.from({ length: 10_001 }, () => 1), "ParameterTypeWrong"],
  ];
  test.each(refused)("are refused where %s", (_, of, ids, reason) => {
    expect(read(of, { ids })).toMatchObject({ reason });
  });
});

describe("a rule", () => {
  const number: GrantParameter = { name: "n", type: "Number" };
  const rows: readonly (readonly [
    sentence: string,
    parameter: GrantParameter,
    rule: GrantValueRule,
    admitted: readonly unknown[],
    refused: readonly unknown[],
  ])[] = [
    [
      "values admits these texts, byte for byte",
      text("t"),
      { values: ["A", "é"] },
      ["A", "é"],
      ["a", "A ", "e\u0301", ""],
    ],
    ["values admits numbers as numbers", number, { values: ["5", "0.10"] }, [5, 0.1], [50, 0.1000001]],
    ["values of another kind admits no number", number, { values: ["A"] }, [], [0, 5]],
    ["values admits true", { name: "b", type: "Boolean" }, { values: ["true"] }, [true], [false]],
    ["pattern admits what matches as a whole", text("t"), { pattern: "A[0-9]|B" }, ["A1", "B"], ["A12", "xB", ""]],
    ["pattern admits numbers as JSON writes them", number, { pattern: "[0-9]{1,2}" }, [7, 42], [142, 1.5, -1]],
    ["pattern that RE2 does not read admits nothing", text("t"), { pattern: "(" }, [], ["(", ""]],
    [
      "minimum admits that number and those above it",
      number,
      { minimum: "0.3" },
      [0.3, 0.1 + 0.2, 1e300],
      [0.2999, -1],
    ],
    ["maximum admits that number and those below it", number, { maximum: "0.3" }, [0.3, -1e300, -0], [0.1 + 0.2, 1]],
    ["minimum and maximum admits what is between", number, { minimum: "-1", maximum: "1" }, [-1, 0, 1], [-1.0001, 1.5]],
    ["minimum that is no number admits nothing", number, { minimum: "x" }, [], [0, 1e300]],
    ["minimum admits no text", text("t"), { minimum: "1" }, [], ["2"]],
    ["with two parts admits what both admit", text("t"), { values: ["A", "B"], pattern: "[BC]" }, ["B"], ["A", "C"]],
    ["without any part admits nothing", text("t"), {}, [], ["", "A"]],
    ["values that is empty admits nothing", text("t"), { values: [] }, [], ["", "A"]],
    ["prefix admits no number", number, { prefix: "https://crm.com/" }, [], [1]],
    ["prefix that is no URL admits nothing", text("t"), { prefix: "crm.com/" }, [], ["crm.com/", "https://crm.com/"]],
    [
      "prefix without a slash at its end admits nothing",
      text("t"),
      { prefix: "https://crm.com/v1" },
      [],
      ["https://crm.com/v1"],
    ],
  ];
  test.each(rows)("S1-41 %s", (_, parameter, rule, admitted, refused) => {
    const restricted = restricting(parameter, rule);
    for (const value of admitted) delivers(restricted, { [parameter.name]: value });
    for (const value of refused) {
      expect(read(restricted, { [parameter.name]: value }), JSON.stringify(value)).toMatchObject({
        reason: "ParameterNotAllowed",
        restricted: `parameters[${parameter.name}]`,
      });
    }
  });

  test("S1-41 compares numbers as they are delivered, also where a text has more digits", () => {
    const given = readJson('{"n":0.30000000000000000001}');
    if (!given.ok) throw new Error(given.problem);
    delivers(restricting(number, { maximum: "0.3" }), given.value, { n: 0.3 });
  });

  test("S1-41 prefix compares and delivers the normal form", () => {
    const restricted = restricting(text("u"), { prefix: "https://api.crm.com/v1/" });
    delivers(restricted, { u: "https://API.crm.com:443/v1/a/../%41" }, { u: "https://api.crm.com/v1/A" });
    for (const u of [
      "https://api.crm.com/v1/../admin",
      "https://api.crm.com/v1/%2e%2e/admin",
      "https://api.crm.com/v10/",
      "https://api.crm.com.evil.net/v1/",
      "https://api.crm.com@evil.net/v1/",
      "http://api.crm.com/v1/",
      "v1/",
    ]) {
      expect(read(restricted, { u }), u).toMatchObject({ reason: "ParameterNotAllowed" });
    }
  });

  test("S1-43 makes an optional parameter a needed one", () => {
    const restricted = restricting(text("t", { optional: true }), { values: ["A"] });
    expect(read(restricted, {})).toMatchObject({
      reason: "ParameterMissing",
      restricted: "parameters[t]",
      fix: "Use 'A'.",
    });
    delivers(restricted, { t: "A" });
  });

  test("S1-43 holds for every element, and for one at least", () => {
    const list = restricting({ name: "t", type: "StringArray", optional: true }, { values: ["A", "B"] });
    const variadic = restricting(text("t", { variadic: true, optional: true }), { values: ["A", "B"] });
    for (const restricted of [list, variadic]) {
      delivers(restricted, { t: ["A", "B", "A"] });
      expect(read(restricted, { t: ["A", "C"] })).toMatchObject({ reason: "ParameterNotAllowed" });
      expect(read(restricted, { t: [] })).toMatchObject({ reason: "ParameterMissing", restricted: "parameters[t]" });
      expect(read(restricted, {})).toMatchObject({ reason: "ParameterMissing" });
    }
    const both = restricting({ name: "t", type: "StringArray", variadic: true }, { values: ["A"] });
    delivers(both, { t: [["A"], ["A", "A"]] });
    expect(read(both, { t: [["A"], []] })).toMatchObject({ reason: "ParameterMissing" });
    expect(read(both, { t: [["A"], ["B"]] })).toMatchObject({ reason: "ParameterNotAllowed" });
  });

  test("S1-43 for a parameter that the pack does not declare refuses every call", () => {
    const orphaned = component({
      parameters: [text("a", { optional: true })],
      rules: [{ name: "b", rule: { values: ["A"] } }],
    });
    expect(read(orphaned, {})).toMatchObject({ reason: "ParameterMissing", restricted: "parameters[b]" });
    expect(read(orphaned, { b: "A" })).toMatchObject({ reason: "ParameterUnknown" });
  });

  test("does not take the place of the type", () => {
    expect(read(restricting(number, { values: ["5"] }), { n: "5" })).toMatchObject({ reason: "ParameterTypeWrong" });
  });

  test("names what it admits, and never what was given", () => {
    const problem = (rule: GrantValueRule, parameter = text("t")) =>
      read(restricting(parameter, rule), { t: "secret" }) as InputProblem;
    expect(problem({ values: ["A", "B"] }).fix).toBe("Use one of 'A' and 'B'.");
    expect(problem({ values: ["x".repeat(200)] }).fix).toHaveLength(71);
    expect(problem({ pattern: "A+" }).fix).toBe("Use what matches `A+` as a whole, in at most 4096 characters.");
    expect(problem({ prefix: "https://crm.com/v1/" }).fix).toBe("Use a URL that starts with 'https://crm.com/v1/'.");
    expect(problem({ minimum: "1", maximum: "2" }).fix).toBe("Use a number from 1 to 2.");
    expect(problem({ maximum: "2" }).fix).toBe("Use a number to 2.");
    expect(JSON.stringify([problem({ values: ["A"] }), problem({ pattern: "A+" })])).not.toContain("secret");
  });

  test("S1-41 with a pattern is for 4096 characters in all elements together", () => {
    const elements = (length: number, count: number) => Array.from({ length: count }, () => "a".repeat(length));
    const list = restricting({ name: "t", type: "StringArray" }, { pattern: "a*" });
    const lists = restricting({ name: "t", type: "StringArray", variadic: true }, { pattern: "a*" });
    delivers(list, { t: elements(1024, 4) });
    delivers(lists, { t: [elements(1024, 2), elements(1024, 2)] });
    expect(read(list, { t: elements(1025, 4) })).toMatchObject({ reason: "ParameterNotAllowed" });
    expect(read(lists, { t: [elements(1025, 2), elements(1025, 2)] })).toMatchObject({ reason: "ParameterNotAllowed" });
    delivers(restricting({ name: "t", type: "StringArray" }, { values: ["a".repeat(1024)] }), { t: elements(1024, 9) });
  });
});

describe("a dynamic URL", () => {
  const url = (of: GrantComponent, value?: unknown) => read(of, {}, value);

  const fixed = component({ kind: "SyncTable", name: "Fixed" });

  test("S1-42 without a rule is delivered as it was given, and needed all the same", () => {
    expect(url(table(), "Any Text")).toEqual({ parameters: {}, dynamicURL: "Any Text" });
    for (const nothing of [undefined, ""]) {
      const problem = url(table(), nothing);
      expect(problem).toMatchObject({ reason: "ParameterMissing", fix: "Use the address of one data set." });
      expect(problem).not.toHaveProperty("restricted");
    }
  });

  test("S1-42 is refused by a table that is not dynamic", () => {
    expect(url(fixed)).toEqual({ parameters: {} });
    expect(url(fixed, "https://crm.com/")).toMatchObject({ reason: "ParameterUnknown", fix: "Leave it out." });
    expect(url({ ...fixed, dynamic: false }, "https://crm.com/")).toMatchObject({ reason: "ParameterUnknown" });
  });

  test("S1-43 with a rule for a table that is not dynamic refuses every call", () => {
    const orphaned = { ...fixed, dynamicURL: { prefix: "https://crm.com/" } };
    for (const given of [undefined, "https://crm.com/a"]) {
      expect(url(orphaned, given)).toMatchObject({ reason: "ParameterMissing", restricted: "dynamicURL" });
    }
  });

  const rows: readonly (readonly [
    sentence: string,
    rule: GrantValueRule,
    admitted: readonly (readonly [given: string, delivered: string])[],
    refused: readonly string[],
  ])[] = [
    [
      "prefix admits what starts so in its normal form",
      { prefix: "https://api.crm.com/v1/" },
      [
        ["https://api.crm.com/v1/a", "https://api.crm.com/v1/a"],
        ["https://API.CRM.com:443/x/../v1/%61", "https://api.crm.com/v1/a"],
      ],
      ["https://api.crm.com/v1/../v2/", "https://api.crm.com/v1/..%2fv2/", "https://api.crm.com/v1", "v1/a"],
    ],
    [
      "values admits these in their normal form",
      { values: ["https://API.crm.com/a", "not a URL"] },
      [["https://api.crm.com/./a", "https://api.crm.com/a"]],
      ["https://api.crm.com/a/", "https://api.crm.com/A", "not a URL"],
    ],
    [
      "pattern is matched against the normal form",
      { pattern: "https://api\\.crm\\.com/[a-z]+" },
      [["https://api.crm.com/A/../%62", "https://api.crm.com/b"]],
      ["https://api.crm.com/%41", "https://api.crm.com/a?b"],
    ],
    ["minimum admits none", { minimum: "0" }, [], ["1", "https://api.crm.com/"]],
    ["without any part admits none", {}, [], ["https://api.crm.com/"]],
  ];
  test.each(rows)("S1-42 rule with %s", (_, rule, admitted, refused) => {
    for (const [given, delivered] of admitted) {
      expect(url(table(rule), given)).toEqual({ parameters: {}, dynamicURL: delivered });
    }
    for (const given of refused) {
      expect(url(table(rule), given), given).toMatchObject({
        reason: "DynamicURLNotAllowed",
        restricted: "dynamicURL",
      });
    }
  });

  test("S1-43 with a rule is needed", () => {
    expect(url(table({ values: ["https://crm.com/a"] }))).toMatchObject({
      reason: "ParameterMissing",
      restricted: "dynamicURL",
    });
  });

  test("is a text of at most 2048 characters", () => {
    for (const value of [5, null, ["https://crm.com/"], "a".repeat(2049), "\ud800"]) {
      expect(url(table(), value)).toMatchObject({ reason: "ParameterTypeWrong" });
    }
  });

  test("is for tables only, for reading and writing", () => {
    expect(url(component({}), "https://crm.com/")).toMatchObject({ reason: "ParameterUnknown" });
    expect(url({ ...table(), kind: "SyncTableUpdate" }, "x")).toMatchObject({ dynamicURL: "x" });
  });
});

describe("what is restricted", () => {
  test("S1-43 is told before anything is given, in the order of the declaration", () => {
    const restricted = component({
      kind: "SyncTable",
      dynamic: true,
      parameters: [text("b"), { name: "a", type: "NumberArray" }, text("free")],
      rules: [
        { name: "a", rule: { minimum: "1" } },
        { name: "b", rule: { values: ["X", "Y"] } },
      ],
      dynamicURL: { prefix: "https://crm.com/" },
    });
    expect(compileInputs(restricted).restrictions).toEqual([
      { restricted: "parameters[b]", text: "The parameter 'b' must be given: use one of 'X' and 'Y'." },
      {
        restricted: "parameters[a]",
        text: "The parameter 'a' must be given: use for every element a number from 1.",
      },
      {
        restricted: "dynamicURL",
        text: "The `dynamicURL` must be given: use a URL that starts with 'https://crm.com/'.",
      },
    ]);
    expect(compileInputs(component({})).restrictions).toEqual([]);
  });

  const rows: readonly (readonly [sentence: string, of: GrantComponent, problem: Partial<InputProblem>])[] = [
    [
      "a parameter that is not declared",
      component({ rules: [{ name: "gone", rule: { values: ["A"] } }] }),
      { reason: "ParameterMissing", restricted: "parameters[gone]" },
    ],
    [
      "a parameter of which no value is allowed",
      restricting(text("t"), { values: [] }),
      { reason: "ParameterNotAllowed", restricted: "parameters[t]" },
    ],
    [
      "a number between bounds that exclude each other",
      restricting({ name: "n", type: "Number" }, { minimum: "2", maximum: "1" }),
      { reason: "ParameterNotAllowed", restricted: "parameters[n]" },
    ],
    [
      "a parameter by two parts, of which one allows nothing",
      restricting(text("t"), { values: ["A"], pattern: "(" }),
      { reason: "ParameterNotAllowed", restricted: "parameters[t]" },
    ],
    [
      "a data set of which no value is a URL",
      table({ values: ["not a URL"] }),
      { reason: "DynamicURLNotAllowed", restricted: "dynamicURL" },
    ],
    ["a data set by numbers", table({ minimum: "1" }), { reason: "DynamicURLNotAllowed", restricted: "dynamicURL" }],
  ];
  test.each(rows)("S1-41 cannot be met if it is %s", (_, of, problem) => {
    const { hopeless, read: readInputs } = compileInputs(of);
    expect(hopeless).toMatchObject(problem);
    for (const given of [undefined, { t: "A", n: 1 }, {}]) {
      for (const url of [undefined, "https://crm.com/"]) expect(readInputs(given, url).ok).toBe(false);
    }
  });

  test("can be met otherwise", () => {
    expect(compileInputs(restricting(text("t"), { pattern: "a" }))).not.toHaveProperty("hopeless");
    expect(compileInputs(table({ values: ["https://crm.com/"] }))).not.toHaveProperty("hopeless");
  });
});

test("S0-11 what is not strict JSON is refused with what is wrong with it", () => {
  for (const text of ['{"a":1,"a":2}', '{"__proto__":{}}', '{"a":NaN}', '{"a":1e999}', "{", "\ufeff{}"]) {
    const result = readJson(text);
    if (result.ok) throw new Error(`it was read: ${text}`);
    const { reason, what, fix } = notReadable(result.problem);
    expect(reason).toBe("InputNotReadable");
    expect(what).toMatch(/^What you sent cannot be read: it must .*\.$/);
    expect(fix).toMatch(/^Send JSON in UTF-8/);
  }
});

test("a name that a caller made up is cut and cleaned before it stands in a sentence", () => {
  expect(quoted("a\u202Eb\n'c")).toBe("'a?b??c'");
  expect(quoted("x".repeat(99))).toHaveLength(52);
});

describe("every refusal says what is the case, and what to do", () => {
  const sentence = (of: GrantComponent, parameters: unknown, dynamicURL?: unknown): string => {
    const { fix, what } = read(of, parameters, dynamicURL) as InputProblem;
    return `${what} ${fix}`;
  };
  const limited = restricting(text("t"), { values: ["A"] });
  const limitedList = restricting({ name: "t", type: "StringArray" }, { values: ["A"] });
  const limitedTimes = restricting(text("t", { variadic: true }), { values: ["A"] });
  const rows: readonly (readonly [of: GrantComponent, given: unknown, dynamicURL: unknown, sentence: string])[] = [
    [taking(), [], undefined, "The parameters are not an object. Give them as an object from names to values."],
    [taking(), null, undefined, "The parameters are not an object. Give them as an object from names to values."],
    [taking(), 5, undefined, "The parameters are not an object. Give them as an object from names to values."],
    [taking(), { a: 1 }, undefined, "'GetTasks' has no parameter 'a'. It takes none."],
    [component({}), { a: 1 }, undefined, "'GetTasks' has no parameter 'a'. It takes none."],
    [taking(text("a"), text("b")), { c: 1 }, undefined, "'GetTasks' has no parameter 'c'. It takes 'a', 'b'."],
    [taking(text("a")), {}, undefined, "The parameter 'a' is missing. Give it a value: it must be a text."],
    [
      taking(text("a", { variadic: true })),
      {},
      undefined,
      "The parameter 'a' is missing. Give it once or more: each must be a text.",
    ],
    [taking(text("a")), { a: 1 }, undefined, "The parameter 'a' has a value of another type. It must be a text."],
    [
      taking(text("a", { variadic: true })),
      { a: "1" },
      undefined,
      "The parameter 'a' has a value of another type. It must be a list; each entry must be a text.",
    ],
    [
      taking({ name: "a", type: "NumberArray" }),
      { a: 1 },
      undefined,
      "The parameter 'a' has a value of another type. It must be a list whose elements are each a number.",
    ],
    [
      limited,
      {},
      undefined,
      "The parameter 't' is missing or empty, and it is restricted, so it must be given. Use 'A'.",
    ],
    [limited, { t: "B" }, undefined, "This value of the parameter 't' is not allowed. Use 'A'."],
    [
      limitedList,
      { t: ["B"] },
      undefined,
      "This value of the parameter 't' is not allowed. Use for every element 'A'.",
    ],
    [
      limitedTimes,
      { t: ["B"] },
      undefined,
      "This value of the parameter 't' is not allowed. Use for every element 'A'.",
    ],
    [
      component({ rules: [{ name: "b", rule: { values: ["A"] } }] }),
      {},
      undefined,
      "'GetTasks' needs the parameter 'b', which is restricted and which the pack does not declare. The name in the configuration must be corrected.",
    ],
    [
      component({ parameters: [text("a")], rules: [{ name: "b", rule: { values: ["A"] } }] }),
      { a: "1" },
      undefined,
      "'GetTasks' needs the parameter 'b', which is restricted and which the pack does not declare. The name in the configuration must be corrected.",
    ],
    [
      restricting(text("t"), {}),
      { t: "A" },
      undefined,
      "No value of the parameter 't' is allowed: its rule admits none. The rule in the configuration must be corrected.",
    ],
    [
      table({}),
      {},
      "https://crm.com/",
      "No value of the `dynamicURL` is allowed: its rule admits none. The rule in the configuration must be corrected.",
    ],
    [
      component({ kind: "SyncTable", dynamicURL: { values: ["https://crm.com/"] } }),
      {},
      undefined,
      "'GetTasks' needs a `dynamicURL`, which is restricted and which the pack does not take there. The rule in the configuration must be removed.",
    ],
    [
      table(),
      {},
      undefined,
      "The `dynamicURL` of 'Rows' is missing, and it says which data set is meant. Use the address of one data set.",
    ],
    [
      table({ values: ["https://crm.com/"] }),
      {},
      undefined,
      "The `dynamicURL` of 'Rows' is missing, and it says which data set is meant. Use 'https://crm.com/'.",
    ],
    [component({}), {}, "x", "'GetTasks' takes no `dynamicURL`: it is no dynamic table. Leave it out."],
    [table(), {}, 5, "The `dynamicURL` is not a text, or is too long. It must be a text of at most 2048 characters."],
    [
      table({ values: ["https://crm.com/"] }),
      {},
      "https://crm.com/b",
      "This `dynamicURL` of 'Rows' is not allowed. Use 'https://crm.com/'; it is compared in its normal form, and escaped slashes or dots have none.",
    ],
  ];
  test.each(rows)("of %j with %j and %j", (of, given, dynamicURL, expected) => {
    expect(sentence(of, given, dynamicURL)).toBe(expected);
  });

  test("at the limits of what may be given", () => {
    const list = taking({ name: "ids", type: "NumberArray" });
    delivers(list, { ids: Array.from({ length: 10_000 }, () => 1) });
    expect(read(table(), {}, "a".repeat(2048))).toMatchObject({ dynamicURL: "a".repeat(2048) });
    const free = taking({ name: "t", type: "StringArray" });
    delivers(free, { t: ["a".repeat(5000)] });
  });
});
