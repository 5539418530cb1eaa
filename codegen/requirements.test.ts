import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly [key: string]: unknown;
};

type Crd = {
  readonly spec: {
    readonly names: { readonly kind: string; readonly categories?: readonly string[] };
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
};

const CRDS = join(import.meta.dirname, "..", "crds");
const crds = readdirSync(CRDS).map((file): Crd => parse(readFileSync(join(CRDS, file), "utf8")));

const specOf = (kind: string): Schema => {
  const crd = crds.find(({ spec }) => spec.names.kind === kind);
  const schema = crd?.spec.versions[0]?.schema.openAPIV3Schema.properties?.["spec"];
  if (schema === undefined) throw new Error(`no CRD of ${kind}`);
  return schema;
};

const at = (schema: Schema, path: string): Schema =>
  path.split(".").reduce<Schema>((inner, key) => {
    const next = key === "[]" ? inner.items : inner.properties?.[key];
    if (next === undefined) throw new Error(`no ${key} in ${path}`);
    return next;
  }, schema);

function* everySchema(schema: Schema): Generator<Schema> {
  yield schema;
  for (const child of Object.values(schema.properties ?? {})) yield* everySchema(child);
  if (schema.items !== undefined) yield* everySchema(schema.items);
  if (schema.additionalProperties !== undefined) yield* everySchema(schema.additionalProperties);
}

test("S1-10 `kubectl get packs` shows every kind that people write", () => {
  const hidden = crds.filter(({ spec }) => !spec.names.categories?.includes("packs"));
  expect(hidden.map(({ spec }) => spec.names.kind)).toEqual([]);
});

test("S0-31 scopes are explained to people as read, write or offline, and as nothing else", () => {
  expect(at(specOf("PackDefinition"), "scopes.[].access").enum).toEqual(["Read", "Write", "Offline"]);
});

test("S0-45 a definition says where its maker gives support", () => {
  const { properties } = at(specOf("PackDefinition"), "support");
  expect(Object.keys(properties ?? {})).toEqual(expect.arrayContaining(["email", "url", "responseHours"]));
});

test("S1-28 every field of a policy is typed and described: nothing unknown is kept", () => {
  const loose = [...everySchema(specOf("PackConfiguration"))].filter(
    (schema) => schema["x-kubernetes-preserve-unknown-fields"] === true || (schema.description ?? "") === "",
  );
  expect(loose).toEqual([]);
});
