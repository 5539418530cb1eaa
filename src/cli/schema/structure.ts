/** The structural schema of a kind, checked by ajv; its findings in words that say what to write. */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { didYouMean } from "../text.ts";
import { type Path, type Schema, schemaOf } from "./crd.ts";

/** What is wrong, and where. `at: "key"` points at the name of a field, not at its value. */
export type Flaw = {
  readonly kind: "UnknownField" | "MissingField" | "WrongType" | "InvalidValue";
  readonly path: Path;
  readonly at: "key" | "value";
  readonly message: string;
};

type Json = Readonly<Record<string, unknown>>;

const TEXT: Schema = { type: "string" };
const TEXTS: Schema = { type: "object", additionalProperties: TEXT };
const ANY_OBJECTS: Schema = { type: "array", items: { type: "object" } };

/** The fields of `metadata`, which CRDs leave to the API server. */
const METADATA: Schema = {
  type: "object",
  properties: {
    name: TEXT,
    generateName: TEXT,
    namespace: TEXT,
    labels: TEXTS,
    annotations: TEXTS,
    finalizers: { type: "array", items: TEXT },
    ownerReferences: ANY_OBJECTS,
    managedFields: ANY_OBJECTS,
    uid: TEXT,
    resourceVersion: TEXT,
    selfLink: TEXT,
    generation: { type: "integer" },
    creationTimestamp: { type: "string", nullable: true },
    deletionTimestamp: TEXT,
    deletionGracePeriodSeconds: { type: "integer" },
  },
};

/** Fields that structural schemas and JSON Schema have in common. */
const SHARED = [
  "type",
  "enum",
  "format",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "required",
] as const;

/** An object with known fields allows no others: the API server drops or refuses them. */
const adapted = (schema: Schema): Json => {
  const { properties, additionalProperties, items } = schema;
  return {
    ...Object.fromEntries(SHARED.filter((key) => schema[key] !== undefined).map((key) => [key, schema[key]])),
    ...(schema.nullable === true && schema.type !== undefined ? { type: [schema.type, "null"] } : {}),
    ...(properties === undefined
      ? {}
      : {
          additionalProperties: false,
          properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, adapted(field)])),
        }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: adapted(additionalProperties) }),
    ...(items === undefined ? {} : { items: adapted(items) }),
  };
};

const wholeObject = (schema: Schema): Json =>
  adapted({
    ...schema,
    required: ["apiVersion", "kind", "metadata", ...(schema.required ?? [])],
    properties: { ...schema.properties, metadata: METADATA },
  });

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

const isDateTime = (text: string): boolean => RFC3339.test(text) && !Number.isNaN(Date.parse(text));

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: false,
  formats: { "date-time": isDateTime, int32: true, int64: true },
});

const validators = new Map<string, ValidateFunction>();

const validatorOf = (kind: string): ValidateFunction => {
  const known = validators.get(kind) ?? ajv.compile(wholeObject(schemaOf(kind)));
  validators.set(kind, known);
  return known;
};

const pathOf = (value: unknown, pointer: string): Path => {
  const steps: (string | number)[] = [];
  let inner = value;
  for (const part of pointer.split("/").slice(1)) {
    const step = part.replaceAll("~1", "/").replaceAll("~0", "~");
    steps.push(Array.isArray(inner) ? Number(step) : step);
    inner = (inner as Record<string, unknown> | undefined)?.[step];
  }
  return steps;
};

const typeName = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return `the ${typeof value} '${shortened(String(value))}'`;
};

const shortened = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 59)}…`);

const WANTED: Readonly<Record<string, string>> = {
  object: "an object with fields",
  array: "a list",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

const wanted = (type: unknown): string => WANTED[String(Array.isArray(type) ? type[0] : type)] ?? String(type);

/** Words that YAML 1.1 takes for something else than text. */
const NOT_TEXT = /^(y|yes|n|no|on|off|true|false|null|~|[-+0-9.].*)$/i;

const quoteHint = (type: unknown, data: unknown, words: readonly unknown[] | undefined): string =>
  type === "string" &&
  (typeof data === "boolean" || typeof data === "number") &&
  (words === undefined || words.some((word) => NOT_TEXT.test(String(word))))
    ? "; put it in quotes: YAML reads it as something else"
    : "";

const enumerateWords = (words: readonly unknown[]): string => {
  const shown = words.map((word) => `'${word}'`);
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
};

const describe = ({ keyword, params, data, parentSchema }: ErrorObject): string => {
  const limit = (params as { limit?: number }).limit;
  switch (keyword) {
    case "enum": {
      const words = (parentSchema as Json)["enum"] as readonly unknown[];
      return `must be ${enumerateWords(words)}, not ${typeName(data)}.${didYouMean(String(data), words.map(String))}`;
    }
    case "minimum":
      return `must be at least ${limit}, not ${data}`;
    case "maximum":
      return `must be at most ${limit}, not ${data}`;
    case "minLength":
      return limit === 1 ? "must not be empty" : `must have at least ${limit} characters`;
    case "maxLength":
      return `must have at most ${limit} characters`;
    case "minItems":
    case "minProperties":
      return limit === 1
        ? "must not be empty; leave the field out, or list something"
        : `must have at least ${limit} entries`;
    case "maxItems":
    case "maxProperties":
      return `must have at most ${limit} entries`;
    case "pattern":
      return `must match ${(params as { pattern: string }).pattern}`;
    case "format":
      return "must be a point in time such as '2026-11-23T15:04:05Z'";
    default:
      return `is not valid (${keyword})`;
  }
};

const flawOf = (object: unknown, error: ErrorObject, schema: Schema): Flaw => {
  const path = pathOf(object, error.instancePath);
  switch (error.keyword) {
    case "additionalProperties": {
      const name = (error.params as { additionalProperty: string }).additionalProperty;
      const known = Object.keys(((error.parentSchema as Json)["properties"] ?? {}) as Json);
      return {
        kind: "UnknownField",
        path: [...path, name],
        at: "key",
        message: `there is no such field.${didYouMean(name, known) || ` Fields here: ${known.slice(0, 12).join(", ")}.`}`,
      };
    }
    case "required": {
      const name = (error.params as { missingProperty: string }).missingProperty;
      const description = schemaAt(schema, [...path, name])?.description;
      return {
        kind: "MissingField",
        path: [...path, name],
        at: "key",
        message: `must be written${description === undefined ? "" : `: ${description}`}`,
      };
    }
    case "type": {
      const { type } = error.params as { type: unknown };
      const words = (error.parentSchema as Json)["enum"] as readonly unknown[] | undefined;
      const instead = words === undefined ? wanted(type) : enumerateWords(words);
      const message = `must be ${instead}, not ${typeName(error.data)}${quoteHint(type, error.data, words)}`;
      return { kind: "WrongType", path, at: "value", message };
    }
    case "pattern": {
      const message = schemaAt(schema, path)?.["x-kubernetes-validations"]?.[0]?.message ?? describe(error);
      return { kind: "InvalidValue", path, at: "value", message };
    }
    default:
      return { kind: "InvalidValue", path, at: "value", message: describe(error) };
  }
};

/** The schema of a field, by its path; undefined where there is no such field. */
export const schemaAt = (schema: Schema, path: Path): Schema | undefined =>
  path.reduce<Schema | undefined>((inner, step) => {
    if (inner === undefined) return undefined;
    return typeof step === "number" ? inner.items : (inner.properties?.[step] ?? inner.additionalProperties);
  }, schema);

/** What a value of the wrong shape breaks beside its type is no news. */
const withoutConsequences = (flaws: readonly Flaw[]): readonly Flaw[] => {
  const mistyped = new Set(flaws.filter(({ kind }) => kind === "WrongType").map(({ path }) => JSON.stringify(path)));
  return flaws.filter(({ kind, path }) => kind === "WrongType" || !mistyped.has(JSON.stringify(path)));
};

/** Everything that the structural schema of its kind says against an object whose defaults are filled in. */
export const structuralFlaws = (kind: string, object: unknown): readonly Flaw[] => {
  const validate = validatorOf(kind);
  if (validate(object)) return [];
  const schema = schemaOf(kind);
  return withoutConsequences((validate.errors ?? []).map((error) => flawOf(object, error, schema)));
};

const SELECTOR: Json = {
  type: "object",
  properties: {
    matchLabels: { type: "object", additionalProperties: { type: "string" } },
    matchExpressions: {
      type: "array",
      items: {
        type: "object",
        required: ["key", "operator"],
        properties: { key: { type: "string" }, operator: { type: "string" }, values: { type: "array" } },
      },
    },
  },
};

const NAMED: Json = {
  type: "object",
  required: ["name"],
  properties: { name: { type: "string", minLength: 1 }, labels: adapted(TEXTS), annotations: adapted(TEXTS) },
};

/** As much of the built-in kinds as the rules look at. */
const BUILT_IN: Readonly<Record<string, Json>> = {
  Namespace: { type: "object", required: ["metadata"], properties: { metadata: NAMED } },
  NetworkPolicy: {
    type: "object",
    required: ["metadata", "spec"],
    properties: {
      metadata: NAMED,
      spec: {
        type: "object",
        required: ["podSelector"],
        properties: {
          podSelector: SELECTOR,
          policyTypes: { type: "array", items: { type: "string" } },
          ingress: { type: "array", items: { type: "object" } },
          egress: { type: "array", items: { type: "object" } },
        },
      },
    },
  },
};

/** What keeps a Namespace or NetworkPolicy from being understood; the first flaw is enough. */
export const builtInFlaw = (kind: string, object: unknown): Flaw | undefined => {
  const schema = BUILT_IN[kind];
  if (schema === undefined) return undefined;
  const validate = validators.get(kind) ?? ajv.compile(schema);
  validators.set(kind, validate);
  if (validate(object)) return undefined;
  const [error] = validate.errors ?? [];
  return error === undefined ? undefined : flawOf(object, error, {});
};
