/** A kind as a page for people: every field with its type, rules and default; conditions and reasons. */
import { CONDITIONS, type ConditionKind, type ConditionSpec } from "../src/api/conditions.ts";
import { GROUP, PACK_KINDS, VERSION } from "../src/api/kinds.ts";
import { REASONS, REASONS_OF, type Reason } from "../src/api/reasons.ts";
import type { Kind, ObjectSchema, Property, Schema } from "./model.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");

const typeName = (schema: Schema): string => {
  switch (schema.type) {
    case "array":
      return `list of ${typeName(schema.items)}`;
    case "map":
      return `map to ${typeName(schema.values)}`;
    case "string":
      return schema.format === "date-time" ? "time" : "string";
    default:
      return schema.type;
  }
};

const range = (from: number | undefined, to: number | undefined, what: string): readonly string[] => {
  if (to === undefined) return from === undefined ? [] : [`at least ${from} ${what}`];
  if (from === undefined) return [`at most ${to} ${what}`];
  return [from === to ? `${to} ${what}` : `${from} to ${to} ${what}`];
};

/** What a value has to be like, in words. */
const constraints = (schema: Schema): readonly string[] => {
  const rules = schema.rules.map((rule) => rule.message);
  switch (schema.type) {
    case "string": {
      if (schema.enum !== undefined)
        return [`one of ${schema.enum.map((value) => `\`${value}\``).join(", ")}`, ...rules];
      const length = schema.format === undefined ? range(schema.minLength, schema.maxLength, "characters") : [];
      return [...length, ...schema.patterns.map((pattern) => pattern.message), ...rules];
    }
    case "integer":
      return [`${schema.minimum} to ${schema.maximum}`, ...rules];
    case "boolean":
      return rules;
    case "array": {
      const keys =
        schema.listType === "map" ? [`unique by ${schema.listMapKeys.map((key) => `\`${key}\``).join(" and ")}`] : [];
      const set = schema.listType === "set" ? ["no repetition"] : [];
      const items = schema.items.type === "object" ? [] : constraints(schema.items).map((text) => `each: ${text}`);
      return [...range(schema.minItems, schema.maxItems, "items"), ...keys, ...set, ...rules, ...items];
    }
    case "map":
      return [
        ...range(schema.minProperties, schema.maxProperties, "entries"),
        ...constraints(schema.values).map((text) => `each value: ${text}`),
        ...rules,
      ];
    case "object":
      return rules;
  }
};

/** The object that a field leads to, through lists. */
const inner = (schema: Schema): ObjectSchema | undefined => {
  if (schema.type === "object") return schema;
  return schema.type === "array" ? inner(schema.items) : undefined;
};

const pathOf = (base: string, { name, schema }: Property): string =>
  `${base}.${name}${schema.type === "array" ? "[]" : ""}`;

const fieldRow = (path: string, { required, schema }: Property): readonly string[] => [
  `\`${path}\``,
  `${typeName(schema)}${required ? ", **required**" : ""}`,
  constraints(schema).join("; "),
  schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``,
  schema.description,
];

const fieldRows = (base: string, object: ObjectSchema): readonly (readonly string[])[] =>
  object.properties.flatMap((property) => {
    const path = pathOf(base, property);
    const next = inner(property.schema);
    return [fieldRow(path, property), ...(next === undefined ? [] : fieldRows(path, next))];
  });

const bullets = (texts: readonly string[]): string => texts.map((text) => `- ${text}`).join("\n");

const fieldSection = (name: "spec" | "status", object: ObjectSchema): string => {
  const rules = object.rules.map((rule) => rule.message);
  return [
    `## ${name}`,
    object.description,
    table(["field", "type", "rules", "default", "what it is"], fieldRows(name, object)),
    ...(rules.length === 0 ? [] : [`Rules about several fields of \`${name}\`:`, bullets(rules)]),
  ].join("\n\n");
};

const PRESENCE = {
  always: "always",
  whileTrue: "only while true",
  whereApplicable: "only where it means something",
} as const satisfies Readonly<Record<ConditionSpec["presence"], string>>;

const conditionSection = (conditions: readonly ConditionSpec[]): string =>
  [
    "## Conditions",
    table(
      ["type", "True is", "present", "true when"],
      conditions.map(({ type, polarity, presence, text }) => [
        `\`${type}\``,
        polarity === "positive" ? "good" : "bad or unfinished",
        PRESENCE[presence],
        text,
      ]),
    ),
  ].join("\n\n");

const reasonTable = (words: readonly Reason[]): string =>
  table(
    ["reason", "what is the case", "what to do"],
    words.map((word) => [`\`${word}\``, REASONS[word].text, REASONS[word].advice]),
  );

const isConditionKind = (kind: string): kind is ConditionKind => Object.hasOwn(CONDITIONS, kind);

const conditionSections = (kind: string): readonly string[] => {
  if (!isConditionKind(kind) || CONDITIONS[kind].length === 0) return [];
  return [conditionSection(CONDITIONS[kind]), "## Reasons", reasonTable(REASONS_OF[kind])];
};

const HEADER = "<!-- Generated by codegen/main.ts. Do not edit: run `make generate`. -->";

const page = (sections: readonly string[]): string => `${[HEADER, ...sections].join("\n\n")}\n`;

/** `docs/reference/<kind>.md`. */
export const toKindPage = (kind: Kind): string => {
  const { resource, rules } = kind;
  const facts = [
    `API: \`${GROUP}/${VERSION}\`, ${resource.namespaced ? "namespaced" : "cluster-scoped"}`,
    `kubectl: \`${resource.plural}\`, short \`${kind.shortNames.join("`, `")}\``,
    ...(kind.selectableFields.length === 0
      ? []
      : [`field selectors: ${kind.selectableFields.map((field) => `\`${field.slice(1)}\``).join(", ")}`]),
    `JSON Schema for editors: \`schemas/${resource.kind.toLowerCase()}.json\``,
    ...rules.map((rule) => rule.message),
  ];
  return page([
    `# ${resource.kind}`,
    kind.description,
    bullets(facts),
    fieldSection("spec", kind.spec),
    fieldSection("status", kind.status),
    ...conditionSections(resource.kind),
  ]);
};

/** `docs/reference/reasons.md`. */
export const toConditionsPage = (): string =>
  page([
    "# Reasons",
    "Every reason that a condition, a denial or an event can carry. The list is closed, and a reason is never renamed.",
    reasonTable((Object.keys(REASONS) as Reason[]).sort()),
  ]);

/** `docs/reference/README.md`. */
export const toIndexPage = (kinds: readonly Kind[]): string =>
  page([
    "# Reference",
    `The kinds of \`${GROUP}/${VERSION}\`. All [reasons](reasons.md) on one page.`,
    table(
      ["kind", "scope", "short", "for"],
      PACK_KINDS.flatMap((resource) => kinds.filter((kind) => kind.resource === resource)).map((kind) => [
        `[${kind.resource.kind}](${kind.resource.kind.toLowerCase()}.md)`,
        kind.resource.namespaced ? "namespaced" : "cluster",
        kind.shortNames.join(", "),
        kind.description,
      ]),
    ),
  ]);
