/** What the API server fills in before it looks at an object: structural defaulting, for one value and its schema. */
import type { Schema } from "./crd.ts";

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** A `null` where the schema allows none counts as left out. */
const isAbsent = (value: unknown, schema: Schema | undefined): boolean =>
  value === undefined || (value === null && schema !== undefined && schema.nullable !== true);

/** A new value; the given one is not changed. Unknown fields stay as they are. */
export const withDefaults = (value: unknown, schema: Schema): unknown => {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => withDefaults(item, items));
  }
  return isFields(value) ? fieldsWithDefaults(value, schema) : value;
};

const fieldsWithDefaults = (value: Fields, schema: Schema): Fields => {
  const properties = schema.properties ?? {};
  const schemaOfField = (name: string): Schema | undefined =>
    Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
  const given = Object.entries(value)
    .filter(([name, field]) => !isAbsent(field, schemaOfField(name)))
    .map(([name, field]): [string, unknown] => {
      const known = schemaOfField(name);
      return [name, known === undefined ? field : withDefaults(field, known)];
    });
  const missing = Object.entries(properties)
    .filter(([name, field]) => field.default !== undefined && isAbsent(value[name], field))
    .map(([name, field]): [string, unknown] => [name, withDefaults(structuredClone(field.default), field)]);
  return Object.fromEntries([...given, ...missing]);
};
