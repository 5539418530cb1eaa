/**
 * The JSON Schema (draft-07) of PackConfigurations of one very pack: the general one, narrowed to the names and kinds
 * that this pack has, so that an editor completes and explains them. Pure.
 */
import type { Formula, PackDefinition, Parameter, SyncTable } from "../../api/v1alpha1/index.ts";
import { CONFIGURATION_SCHEMA } from "../embedded.ts";
import { type Part, partsOf } from "./parts.ts";
import { aboutFormula, aboutParameter, aboutTable, ruleFieldsOf } from "./words.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** The part of a schema below these fields. @throws Error where the general schema has no such field: a fault of the build */
const at = (schema: JsonSchema, path: readonly string[]): JsonSchema =>
  path.reduce<JsonSchema>((inner, step) => {
    const next = inner[step];
    if (next === null || typeof next !== "object") throw new Error(`the schema has no ${path.join(".")}`);
    return next as JsonSchema;
  }, schema);

/** The same schema with another part below these fields. */
const replaced = (
  schema: JsonSchema,
  path: readonly string[],
  change: (part: JsonSchema) => JsonSchema,
): JsonSchema => {
  const [step, ...rest] = path;
  if (step === undefined) return change(schema);
  return { ...schema, [step]: replaced(at(schema, [step]), rest, change) };
};

const field = (...names: readonly string[]): readonly string[] => names.flatMap((name) => ["properties", name]);

/** Completion for a closed list of names. Without a name nothing may stand there. */
const oneOf =
  (parts: readonly Part[]) =>
  (schema: JsonSchema): JsonSchema =>
    parts.length === 0
      ? { ...schema, not: {} }
      : { ...schema, enum: parts.map(({ name }) => name), enumDescriptions: parts.map(({ about }) => about) };

/** `meant` holds where `test` does, and `otherwise` where it does not. */
const conditional = (test: JsonSchema, meant: JsonSchema, otherwise?: JsonSchema): JsonSchema => ({
  if: test,
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: meant,
  ...(otherwise === undefined ? {} : { else: otherwise }),
});

/** The value of a field, where it is written. */
const fieldIs = (name: string, value: JsonSchema): JsonSchema => ({ required: [name], properties: { [name]: value } });

const whereName = (name: string, meant: JsonSchema): JsonSchema => conditional(fieldIs("name", { const: name }), meant);

const FORBIDDEN = false;

const RULE_FIELDS = ["values", "pattern", "minimum", "maximum", "prefix"] as const;

/** Exactly one way to say what may be written, and only those that fit the type. */
const EXACTLY_ONE = [
  { required: ["values"] },
  { required: ["pattern"] },
  { anyOf: [{ required: ["minimum"] }, { required: ["maximum"] }] },
  { required: ["prefix"] },
];

const ruleFor = (fitting: readonly string[]): JsonSchema => ({
  properties: Object.fromEntries(
    RULE_FIELDS.filter((name) => !fitting.includes(name)).map((name) => [name, FORBIDDEN]),
  ),
});

const parametersFor = (parameters: readonly Parameter[]): JsonSchema | false => {
  if (parameters.length === 0) return FORBIDDEN;
  const parts = parameters.map((parameter) => ({ name: parameter.name, about: aboutParameter(parameter) }));
  return {
    items: {
      properties: { name: oneOf(parts)({}) },
      allOf: parameters.map((parameter) =>
        whereName(parameter.name, {
          description: aboutParameter(parameter),
          properties: { rule: ruleFor(ruleFieldsOf(parameter.type)) },
        }),
      ),
    },
  };
};

const formulaCase = (formula: Formula): JsonSchema =>
  whereName(formula.name, {
    description: aboutFormula(formula),
    properties: { parameters: parametersFor(formula.parameters ?? []) },
  });

const tableCase = (table: SyncTable): JsonSchema =>
  whereName(table.name, {
    description: aboutTable(table),
    properties: {
      parameters: parametersFor(table.parameters ?? []),
      ...(table.dynamic === true ? {} : { dynamicURL: FORBIDDEN }),
      ...(table.writable === true ? {} : { update: FORBIDDEN }),
    },
  });

/** Below `allow: All` nothing is listed. */
const nothingBesideAll = (schema: JsonSchema): JsonSchema => {
  const narrowing = Object.keys(at(schema, ["properties"])).filter(
    (name) => name !== "allow" && name !== "enforcePackConfigurationPermissions",
  );
  return {
    ...schema,
    ...conditional(fieldIs("allow", { const: "All" }), {
      properties: Object.fromEntries(narrowing.map((name) => [name, FORBIDDEN])),
    }),
  };
};

/** `access` stands beside `Configured`, which is the default, and nowhere else. */
const accessByState = (spec: JsonSchema): JsonSchema => ({
  ...spec,
  required: ["packRef"],
  ...conditional(
    fieldIs("state", { enum: ["Approved", "Denied"] }),
    { properties: { access: FORBIDDEN } },
    { required: ["access"] },
  ),
});

const withoutField = (schema: JsonSchema, name: string): JsonSchema => {
  const { [name]: _, ...properties } = at(schema, ["properties"]);
  return { ...schema, properties };
};

type Change = readonly [path: readonly string[], change: (part: JsonSchema) => JsonSchema];

const COMPONENTS = field("spec", "components");
const FORMULAS = [...COMPONENTS, ...field("formulas"), "items"];
const TABLES = [...COMPONENTS, ...field("syncTables"), "items"];

const changesFor = ({ metadata: { name: pack }, spec }: PackDefinition, scopes: readonly Part[]): readonly Change[] => {
  const { formulas = [], syncTables = [], networkDomains = [], authentication } = spec;
  const names = (list: readonly (Formula | SyncTable)[], about: (it: never) => string): readonly Part[] =>
    list.map((it) => ({ name: it.name, about: about(it as never) }));
  const exactlyOneRule = (schema: JsonSchema): JsonSchema => ({ ...schema, oneOf: EXACTLY_ONE });
  const parameterRule = ["properties", "parameters", "items", ...field("rule")];
  return [
    [field("spec"), (it) => accessByState(withoutField(it, "packSelector"))],
    [field("spec", "packRef", "name"), (it) => ({ ...it, const: pack })],
    [[...FORMULAS, ...parameterRule], exactlyOneRule],
    [[...TABLES, ...parameterRule], exactlyOneRule],
    [[...TABLES, ...field("dynamicURL")], exactlyOneRule],
    [[...FORMULAS, ...field("name")], oneOf(names(formulas, aboutFormula))],
    [[...TABLES, ...field("name")], oneOf(names(syncTables, aboutTable))],
    [FORMULAS, (it) => ({ ...it, allOf: formulas.map(formulaCase) })],
    [TABLES, (it) => ({ ...it, allOf: syncTables.map(tableCase) })],
    [[...field("spec", "oauthScopes", "allowed"), "items"], oneOf(scopes)],
    [[...field("spec", "network", "allowedDomains"), "items"], (it) => ({ ...it, examples: networkDomains })],
    [
      [...field("spec", "accounts", "types"), "items"],
      (it) => (authentication.accountTypes === undefined ? it : { ...it, enum: authentication.accountTypes }),
    ],
    ...[["components"], ["accounts"], ["oauthScopes"], ["network"], ["doc", "sharing"]].map(
      (names): Change => [field("spec", ...names), nothingBesideAll],
    ),
  ];
};

/** `allOf: []` is no schema, and a list without cases says nothing. */
const withoutEmpty = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(key === "allOf" && Array.isArray(inner) && inner.length === 0))
      .map(([key, inner]) => [key, withoutEmpty(inner)]),
  );
};

/** An editor that follows it completes the names of the pack and refuses every other. */
export const packSchema = (definition: PackDefinition): JsonSchema => {
  const { title, scopes } = partsOf(definition);
  const narrowed = changesFor(definition, scopes).reduce<JsonSchema>(
    (schema, [path, change]) => replaced(schema, path, change),
    CONFIGURATION_SCHEMA,
  );
  return {
    ...(withoutEmpty(narrowed) as JsonSchema),
    $id: `https://packs.dev/schemas/packs/${definition.metadata.name}.json`,
    title: `PackConfiguration of ${title}`,
  };
};
