/** A kind as a CustomResourceDefinition. */
import { GROUP, VERSION } from "../src/api/kinds.ts";
import type { Kind, ObjectSchema, Pattern, PrintColumn, Rule, Schema } from "./model.ts";

type Json = Readonly<Record<string, unknown>>;

/** A new object says that nobody has looked at it, so no tool takes it for finished. A compiled one is finished. */
const NEW_STATUS = { observedGeneration: -1 };

/** A CEL string literal. */
const celString = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** A pattern as a rule, because a rule can say in words what to write and the structural `pattern` cannot. */
const patternRule = ({ source, negated, message }: Pattern): Rule => ({
  expression: `${negated ? "!" : ""}self.matches(${celString(source)})`,
  message,
});

const validation = ({ expression, message, fieldPath, reason }: Rule): Json => ({
  rule: expression,
  message,
  ...(fieldPath === undefined ? {} : { fieldPath }),
  ...(reason === undefined ? {} : { reason }),
});

const validations = (rules: readonly Rule[]): Json =>
  rules.length === 0 ? {} : { "x-kubernetes-validations": rules.map(validation) };

const defined = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const objectFields = (schema: ObjectSchema): Json => {
  const required = schema.properties.filter((property) => property.required).map((property) => property.name);
  return {
    properties: Object.fromEntries(schema.properties.map(({ name, schema: inner }) => [name, structural(inner)])),
    ...(required.length === 0 ? {} : { required }),
  };
};

const fieldsOf = (schema: Schema): Json => {
  switch (schema.type) {
    case "string": {
      const { format, enum: values, minLength, maxLength, schemaPattern: pattern } = schema;
      return defined({ type: "string", format, enum: values, minLength, maxLength, pattern });
    }
    case "integer":
      return { type: "integer", format: schema.format, minimum: schema.minimum, maximum: schema.maximum };
    case "boolean":
      return { type: "boolean" };
    case "array":
      return defined({
        type: "array",
        "x-kubernetes-list-type": schema.listType,
        "x-kubernetes-list-map-keys": schema.listType === "map" ? schema.listMapKeys : undefined,
        minItems: schema.minItems,
        maxItems: schema.maxItems,
        items: structural(schema.items),
      });
    case "map":
      return defined({
        type: "object",
        minProperties: schema.minProperties,
        maxProperties: schema.maxProperties,
        additionalProperties: structural(schema.values),
      });
    case "object":
      return { type: "object", ...objectFields(schema) };
  }
};

/** The structural schema of a value, with its CEL rules. */
const structural = (schema: Schema): Json => {
  const patterns = schema.type === "string" ? schema.patterns.map(patternRule) : [];
  return {
    description: schema.description,
    ...fieldsOf(schema),
    ...(schema.default === undefined ? {} : { default: schema.default }),
    ...validations([...patterns, ...schema.rules]),
  };
};

const column = ({ name, type, jsonPath, priority }: PrintColumn): Json => ({
  name,
  type,
  jsonPath,
  ...(priority === 0 ? {} : { priority }),
});

const selectable = (fields: readonly string[]): Json =>
  fields.length === 0 ? {} : { selectableFields: fields.map((jsonPath) => ({ jsonPath })) };

const rootSchema = (kind: Kind): Json => ({
  description: kind.description,
  type: "object",
  required: ["spec"],
  properties: {
    apiVersion: { type: "string", description: `Always ${GROUP}/${VERSION}.` },
    kind: { type: "string", description: `Always ${kind.resource.kind}.` },
    metadata: { type: "object" },
    spec: structural(kind.spec),
    status: { ...structural(kind.status), ...(kind.compiled ? {} : { default: NEW_STATUS }) },
  },
  ...validations(kind.rules),
});

/** The CustomResourceDefinition, as the API server takes it. */
export const toCrd = (kind: Kind): Json => {
  const { plural, kind: name, namespaced } = kind.resource;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: namespaced ? "Namespaced" : "Cluster",
      names: {
        kind: name,
        listKind: `${name}List`,
        plural,
        singular: name.toLowerCase(),
        shortNames: kind.shortNames,
        categories: ["packs"],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          ...selectable(kind.selectableFields),
          additionalPrinterColumns: kind.columns.map(column),
          schema: { openAPIV3Schema: rootSchema(kind) },
        },
      ],
    },
  };
};
