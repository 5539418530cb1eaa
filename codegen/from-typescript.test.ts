import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PACK_INSTALL } from "../src/api/kinds.ts";
import { readKinds } from "./from-typescript.ts";
import type { Kind, Property } from "./model.ts";
import { SourceError } from "./problems.ts";
import { toCrd } from "./to-crd.ts";
import { toJsonSchema } from "./to-json-schema.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "codegen-source-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = `/** A status. */
export type S = {};
/**
 * A kind.
 * @shortName k
 */
export type PackInstall = Resourceful<Spec, S>;
/** A spec. */
export type Spec = {
`;

/** A kind whose spec has these lines, which start at line 10 of `kind.ts`. */
const kindWith = (lines: string, more = ""): Kind => {
  const file = join(folder, "kind.ts");
  writeFileSync(file, `${HEAD}${lines}\n};\n${more}`);
  const [kind] = readKinds([file], folder, [PACK_INSTALL]);
  if (kind === undefined) throw new Error("no kind");
  return kind;
};

const problemsOf = (lines: string, more = ""): readonly string[] => {
  try {
    kindWith(lines, more);
    return [];
  } catch (error) {
    if (error instanceof SourceError) return error.message.split("\n");
    throw error;
  }
};

const fieldOf = (lines: string, more = ""): Property => {
  const [field] = kindWith(lines, more).spec.properties;
  if (field === undefined) throw new Error("no field");
  return field;
};

const FIRST_LINE = HEAD.split("\n").length;

describe("a source that cannot be a schema is refused with file and line", () => {
  const at = (line: number, message: string): string => `kind.ts:${FIRST_LINE + line}: ${message}`;
  const string = "@maxLength 5";

  test.each([
    ["any", "/** A. */ readonly a: any;", [at(0, "a schema cannot say `any`")]],
    ["unknown", "/** A. */ readonly a: unknown;", [at(0, "a schema cannot say `unknown`")]],
    [
      "a tuple",
      "/** A. */ readonly a: readonly [string, string];",
      [at(0, "a schema cannot say `readonly [string, string]`")],
    ],
    ["a list that can be written", "/** A. */ readonly a: string[];", [at(0, "a schema cannot say `string[]`")]],
    ["null", "/** A. */ readonly a: 'B' | null;", [at(0, "a union may have only string literals, not `null`")]],
    [
      "a union of types",
      "/** A. */ readonly a: string | number;",
      [
        at(0, "a union may have only string literals, not `string`"),
        at(0, "a union may have only string literals, not `number`"),
      ],
    ],
    ["a string without a limit", "/** A. */\nreadonly a: string;", [at(1, "a string needs @maxLength")]],
    [
      "a number that may be a float",
      "/** A. */\nreadonly a: number;",
      [
        at(1, "a number needs @integer int32 or int64; floats are written as strings"),
        at(1, "a number needs @minimum and @maximum"),
      ],
    ],
    [
      "a list without limits",
      `/** A. */\nreadonly a: readonly E[];`,
      [at(1, "a list needs @listType atomic, set or map"), at(1, "a list needs @maxItems")],
    ],
    [
      "a map list without keys",
      `/**\n * A.\n * @listType map\n * @maxItems 2\n */\nreadonly a: readonly O[];`,
      [at(5, "a list of type map needs @listMapKey")],
    ],
    [
      "a key that may be missing",
      `/**\n * A.\n * @listType map\n * @listMapKey b\n * @maxItems 2\n */\nreadonly a: readonly O[];`,
      [at(6, "the list map key `b` must be a required field of the items")],
    ],
    [
      "a default in a list item",
      `/**\n * A.\n * @listType atomic\n * @maxItems 2\n */\nreadonly a: readonly D[];`,
      [
        `kind.ts:${FIRST_LINE + 13}: no @default inside list items: client-side apply would print \`configured\` for ever`,
      ],
    ],
    [
      "a type that contains itself",
      "/** A. */ readonly a?: R;",
      [`kind.ts:${FIRST_LINE + 14}: \`R\` contains itself; a schema must be finite`],
    ],
    ["a type that is not there", "/** A. */ readonly a: Nowhere;", [at(0, "unknown type `Nowhere`")]],
    [
      "a field without a description",
      `/** ${string} */ readonly a: string;`,
      [at(0, "a description for people is missing")],
    ],
    ["a field without any comment", "readonly a: boolean;", [at(0, "a description for people is missing")]],
    ["a field that can be written", "/** A. */ a: boolean;", [at(0, "`a` must be readonly")]],
    [
      "a tag that does not exist",
      "/**\n * A.\n * @maxLenght 5\n * @maxLength 5\n */\nreadonly a: string;",
      [at(2, "@maxLenght means nothing here")],
    ],
    [
      "a tag of another type",
      "/**\n * A.\n * @maxLength 5\n */\nreadonly a: boolean;",
      [at(2, "@maxLength means nothing here")],
    ],
    [
      "a limit that is no number",
      "/**\n * A.\n * @maxLength five\n */\nreadonly a: string;",
      [at(2, "@maxLength needs a whole number")],
    ],
    [
      "a default that is no JSON",
      "/**\n * A.\n * @default yes\n */\nreadonly a?: boolean;",
      [at(2, "@default needs a JSON value, not `yes`")],
    ],
    [
      "a pattern without words",
      "/**\n * A.\n * @maxLength 5\n * @pattern ^a$\n */\nreadonly a: string;",
      [at(3, "@pattern needs a message that says what to write")],
    ],
    [
      "a rule without words",
      "/**\n * A.\n * @rule self\n */\nreadonly a: boolean;",
      [at(2, "@rule needs a message that says what to write")],
    ],
    [
      "a choice that does not exist",
      "/** A. */\nreadonly a: 'B';\n/**\n * C.\n * @onlyWhen a=X\n */\nreadonly c?: boolean;",
      [at(4, "@onlyWhen: `a` has no value 'X'")],
    ],
    [
      "a choice on a field that is needed",
      "/** A. */\nreadonly a: 'B';\n/**\n * C.\n * @exactlyWhen a=B\n */\nreadonly c: boolean;",
      [at(4, "@exactlyWhen needs an optional field")],
    ],
    [
      "a record without a limit",
      "/** A. */ readonly a: Readonly<Record<string, E>>;",
      [at(0, "a record needs @maxProperties")],
    ],
  ])("%s", (_, lines, expected) => {
    const more = [
      "/** O. */ export type O = {",
      "/** B. */ readonly b?: 'C';",
      "};",
      "/** D. */ export type D = {",
      "/**",
      " * E.",
      " * @default true",
      " */",
      "readonly e?: boolean;",
      "};",
      "/** R. */ export type R = {",
      "/** R again. */",
      "readonly r?: R;",
      "};",
      "/** E. */ export type E = 'E';",
    ].join("\n");
    expect(problemsOf(lines, more)).toEqual(expected);
  });

  test("all problems are told at once", () => {
    expect(problemsOf("/** A. */ readonly a: any;\n/** B. */ readonly b: string;")).toHaveLength(2);
  });

  test("a kind that is missing is told", () => {
    const file = join(folder, "empty.ts");
    writeFileSync(file, "export type Nothing = 'A';");
    expect(() => readKinds([file], folder, [PACK_INSTALL])).toThrow("no type PackInstall = Resourceful<Spec, Status>");
  });

  test("a list in a status that is not atomic is told", () => {
    const file = join(folder, "status.ts");
    writeFileSync(
      file,
      "/** S. */ export type S = {\n/**\n * A.\n * @listType set\n * @maxItems 2\n */\nreadonly a: readonly E[];\n};\n/** E. */ export type E = 'B';\n/** K. */ export type PackInstall = Resourceful<S, S>;",
    );
    expect(() => readKinds([file], folder, [PACK_INSTALL])).toThrow(
      "status.ts:7: lists in a status or a PackGrant must be @listType atomic",
    );
  });
});

describe("what a tag means", () => {
  const crdOf = (kind: Kind): string => JSON.stringify(toCrd(kind));

  test("a field's text and limits win over those of its type, and rules of both count", () => {
    const named =
      "/**\n * Named.\n * @maxLength 9\n * @minLength 1\n * @pattern ^a\n *   message: must start with a\n */\nexport type N = string;";
    const { schema } = fieldOf(
      "/**\n * Own.\n * @maxLength 5\n * @pattern z$\n *   message: must end with z\n */\nreadonly a: N;",
      named,
    );
    expect(schema).toMatchObject({ description: "Own.", maxLength: 5, minLength: 1 });
    expect(schema.type === "string" && schema.patterns.map(({ message }) => message)).toEqual([
      "must start with a",
      "must end with z",
    ]);
  });

  test("a pattern becomes a rule with words in the CRD and a pattern in the JSON Schema", () => {
    const kind = kindWith(
      "/**\n * A.\n * @maxLength 5\n * @notPattern ^\\d'\n *   message: must not start with a digit\n */\nreadonly a: string;",
    );
    expect(crdOf(kind)).toContain(
      JSON.stringify({ rule: "!self.matches('^\\\\d\\'')", message: "must not start with a digit" }),
    );
    expect(toJsonSchema(kind)).toMatchObject({
      properties: { spec: { properties: { a: { not: { pattern: "^\\d'" } } } } },
    });
  });

  test("an escaped end of comment in a pattern is what it stands for", () => {
    const { schema } = fieldOf(
      "/**\n * A.\n * @maxLength 5\n * @pattern ^(a*\\/)*$\n *   message: must be a path\n */\nreadonly a: string;",
    );
    expect(schema.type === "string" && schema.patterns[0]?.source).toBe("^(a*/)*$");
  });

  test("a rule goes on over lines and has its fields", () => {
    const kind = kindWith(
      "/**\n * A.\n * @rule self\n *   || true\n *   message: must be\n *     so\n *   fieldPath: .a\n *   reason: FieldValueForbidden\n */\nreadonly a: boolean;",
    );
    expect(kind.spec.properties[0]?.schema.rules).toEqual([
      { expression: "self || true", message: "must be so", fieldPath: ".a", reason: "FieldValueForbidden" },
    ]);
  });

  test("a required field that is immutable has the rule itself, an optional one its parent", () => {
    const required = kindWith("/**\n * A.\n * @immutable\n */\nreadonly a: boolean;");
    expect(required.spec.properties[0]?.schema.rules).toHaveLength(1);
    const optional = kindWith("/**\n * A.\n * @immutable\n */\nreadonly a?: boolean;");
    expect(optional.spec.properties[0]?.schema.rules).toEqual([]);
    expect(optional.spec.rules.map(({ expression }) => expression)).toEqual([
      "has(self.a) == has(oldSelf.a) && (!has(self.a) || self.a == oldSelf.a)",
    ]);
  });

  test("a choice by a field that may be missing asks for it first", () => {
    const kind = kindWith(
      "/** A. */\nreadonly a?: 'B' | 'C';\n/**\n * D.\n * @onlyWhen a=B\n */\nreadonly d?: boolean;",
    );
    expect(kind.spec.rules.map(({ expression }) => expression)).toEqual([
      "!has(self.d) || (has(self.a) && self.a == 'B')",
    ]);
  });

  test("columns start with READY REASON and end with AGE, and a new object has a status", () => {
    const crd = toCrd(kindWith("/** A. */ readonly a: boolean;")) as {
      spec: {
        versions: [
          {
            additionalPrinterColumns: { name: string }[];
            schema: { openAPIV3Schema: { properties: { status: { default: unknown } } } };
          },
        ];
      };
    };
    const [version] = crd.spec.versions;
    expect(version.additionalPrinterColumns.map(({ name }) => name)).toEqual(["READY", "REASON", "AGE"]);
    expect(version.schema.openAPIV3Schema.properties.status.default).toEqual({ observedGeneration: -1 });
  });
});
