/** A kind as a JSON Schema (draft-07, which YAML language servers read best) for editors and offline checks. */
import { API_VERSION } from "../src/api/kinds.ts";
import type { Kind, ObjectSchema, Pattern, Schema } from "./model.ts";

type Json = Readonly<Record<string, unknown>>;

const defined = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const patternSchema = ({ source, negated, message }: Pattern): Json =>
  negated
    ? { not: { pattern: source }, errorMessage: message }
    : { pattern: source, patternErrorMessage: message, errorMessage: message };

const patternFields = (patterns: readonly Pattern[], schemaPattern: string | undefined): Json => {
  const [first, ...rest] = patterns;
  if (first === undefined) return schemaPattern === undefined ? {} : { pattern: schemaPattern };
  const others = rest.map(patternSchema);
  return { ...patternSchema(first), ...(others.length === 0 ? {} : { allOf: others }) };
};

const objectFields = ({ properties }: ObjectSchema): Json => {
  const required = properties.filter((property) => property.required).map((property) => property.name);
  return {
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(properties.map(({ name, schema }) => [name, schemaOf(schema)])),
  };
};

const fieldsOf = (schema: Schema): Json => {
  switch (schema.type) {
    case "string": {
      const { format, enum: values, minLength, maxLength } = schema;
      const sizes = defined({ type: "string", format, enum: values, minLength, maxLength });
      return { ...sizes, ...patternFields(schema.patterns, schema.schemaPattern) };
    }
    case "integer":
      return { type: "integer", minimum: schema.minimum, maximum: schema.maximum };
    case "boolean":
      return { type: "boolean" };
    case "array":
      return defined({
        type: "array",
        uniqueItems: schema.listType === "set" ? true : undefined,
        minItems: schema.minItems,
        maxItems: schema.maxItems,
        items: schemaOf(schema.items),
      });
    case "map":
      return defined({
        type: "object",
        minProperties: schema.minProperties,
        maxProperties: schema.maxProperties,
        additionalProperties: schemaOf(schema.values),
      });
    case "object":
      return { type: "object", ...objectFields(schema) };
  }
};

const schemaOf = (schema: Schema): Json => ({
  description: schema.description,
  ...fieldsOf(schema),
  ...(schema.default === undefined ? {} : { default: schema.default }),
});

/** The schema of a whole object. `status` is taken as it comes: nobody writes it by hand. */
export const toJsonSchema = (kind: Kind): Json => ({
  $schema: "http://json-schema.org/draft-07/schema#",
  $id: `https://packs.dev/schemas/${kind.resource.kind.toLowerCase()}.json`,
  title: kind.resource.kind,
  description: kind.description,
  type: "object",
  required: ["apiVersion", "kind", "metadata", "spec"],
  additionalProperties: false,
  properties: {
    apiVersion: { const: API_VERSION },
    kind: { const: kind.resource.kind },
    metadata: {
      description: "The object's name, namespace, labels and annotations.",
      type: "object",
      required: ["name"],
      properties: {
        name: { type: "string", minLength: 1, maxLength: 253 },
        ...(kind.resource.namespaced ? { namespace: { type: "string", minLength: 1, maxLength: 63 } } : {}),
        labels: { type: "object", additionalProperties: { type: "string" } },
        annotations: { type: "object", additionalProperties: { type: "string" } },
      },
    },
    spec: schemaOf(kind.spec),
    status: { description: kind.status.description, type: "object" },
  },
});
