/** Places in the schemas, and objects that are wrong at exactly one of them. */
import type { Kind, ObjectSchema, Schema } from "../../codegen/model.ts";

/** A way into an object: field names and list positions. */
export type Path = readonly (string | number)[];

export type Site = { readonly path: Path; readonly required: boolean; readonly schema: Schema };

/** `spec.formulas[0].name`, as the API server writes it. */
export const pathText = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");

const sitesBelow = (schema: Schema, path: Path): readonly Site[] => {
  switch (schema.type) {
    case "object":
      return schema.properties.flatMap(({ name, required, schema: inner }) =>
        sitesOf(inner, [...path, name], required),
      );
    case "array":
      return sitesOf(schema.items, [...path, 0], false);
    default:
      return [];
  }
};

const sitesOf = (schema: Schema, path: Path, required: boolean): readonly Site[] => [
  { path, required, schema },
  ...sitesBelow(schema, path),
];

/** Every field of the spec and every first item of its lists. */
export const specSites = (kind: Kind): readonly Site[] => sitesOf(kind.spec, ["spec"], true);
export const statusSites = (kind: Kind): readonly Site[] => sitesOf(kind.status, ["status"], false);

export const get = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step], value);

/** A copy with another value at one place; `undefined` removes the field. */
export const set = <T>(value: T, path: Path, replacement: unknown): T => {
  const [step, ...rest] = path;
  if (step === undefined) return replacement as T;
  const inner = set((value as Record<string | number, unknown>)[step], rest, replacement);
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? inner : item)) as T;
  const { [step]: _, ...others } = value as Record<string | number, unknown>;
  return (inner === undefined ? others : { ...others, [step]: inner }) as T;
};

/** A value that the schema's limits allow; strings are words. */
export const anyValue = (schema: Schema): unknown => {
  switch (schema.type) {
    case "string":
      if (schema.format === "date-time") return "2026-11-23T15:04:05Z";
      return schema.enum?.[0] ?? "Word";
    case "integer":
      return Math.max(schema.minimum, 0);
    case "boolean":
      return true;
    case "array":
      return [anyValue(schema.items)];
    case "map":
      return {};
    case "object":
      return anyObject(schema);
  }
};

export const anyObject = (schema: ObjectSchema): Readonly<Record<string, unknown>> =>
  Object.fromEntries(schema.properties.map(({ name, schema: inner }) => [name, anyValue(inner)]));

/** Something wrong to write, and the texts that the refusal must contain. */
export type Wrong = { readonly what: string; readonly value: unknown; readonly refusal: readonly string[] };

const repeated = (value: unknown, count: number): readonly unknown[] => Array.from({ length: count }, () => value);

const wrongType = (schema: Schema, at: string): Wrong => {
  const type =
    schema.type === "map" ? "object" : ((schema.type === "string" ? schema.format : undefined) ?? schema.type);
  const value = schema.type === "string" ? 7 : "word";
  return { what: `the wrong type`, value, refusal: [at, `in body must be of type ${type}`] };
};

/** One wrong value for each limit of the structural schema. `good` is a value that is accepted there. */
export const wrongValues = ({ path, schema }: Site, good: unknown): readonly Wrong[] => {
  const at = pathText(path);
  const type = wrongType(schema, at);
  switch (schema.type) {
    case "boolean":
    case "object":
      return [type];
    case "map":
      return [
        type,
        ...(schema.minProperties === undefined
          ? []
          : [
              {
                what: "no entry",
                value: {},
                refusal: [at, `in body should have at least ${schema.minProperties} properties`],
              },
            ]),
        {
          what: `more than ${schema.maxProperties} entries`,
          value: Object.fromEntries(Array.from({ length: schema.maxProperties + 1 }, (_, index) => [`k${index}`, "v"])),
          refusal: [`${at}: Too many: ${schema.maxProperties + 1}: must have at most ${schema.maxProperties} items`],
        },
      ];
    case "integer":
      return [
        type,
        {
          what: `less than ${schema.minimum}`,
          value: schema.minimum - 1,
          refusal: [at, `in body should be greater than or equal to ${schema.minimum}`],
        },
        {
          what: `more than ${schema.maximum}`,
          value: schema.maximum + 1,
          refusal: [at, `in body should be less than or equal to ${schema.maximum}`],
        },
      ];
    case "array":
      return [
        type,
        {
          what: `more than ${schema.maxItems} items`,
          value: repeated((good as readonly unknown[])[0], schema.maxItems + 1),
          refusal: [`${at}: Too many: ${schema.maxItems + 1}: must have at most ${schema.maxItems} items`],
        },
        ...(schema.minItems === undefined
          ? []
          : [
              {
                what: "an empty list",
                value: [],
                refusal: [at, `in body should have at least ${schema.minItems} items`],
              },
            ]),
        ...(schema.listType === "atomic"
          ? []
          : [
              {
                what: "the same item twice",
                value: repeated((good as readonly unknown[])[0], 2),
                refusal: [`${at}[1]: Duplicate value`],
              },
            ]),
      ];
    case "string":
      return [type, ...wrongStrings(schema, at)];
  }
};

const wrongStrings = (schema: Extract<Schema, { type: "string" }>, at: string): readonly Wrong[] => {
  if (schema.enum !== undefined) {
    return [
      {
        what: "a word that is not in the list",
        value: "Nonsense",
        refusal: [`${at}: Unsupported value: "Nonsense": supported values: "${schema.enum[0]}"`],
      },
    ];
  }
  if (schema.format === "date-time") {
    return [{ what: "a date without a time", value: "2026-11-23", refusal: [at, `in body must be of type date-time`] }];
  }
  const { minLength, maxLength } = schema;
  return [
    ...(maxLength === undefined
      ? []
      : [
          {
            what: `more than ${maxLength} characters`,
            value: "a".repeat(maxLength + 1),
            refusal: [`${at}: Too long: may not be more than ${maxLength} bytes`],
          },
        ]),
    ...(minLength === undefined || minLength === 0
      ? []
      : [
          {
            what: `fewer than ${minLength} characters`,
            value: "a".repeat(minLength - 1),
            refusal: [at, `in body should be at least ${minLength} chars long`],
          },
        ]),
  ];
};
