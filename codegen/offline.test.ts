/** What is generated can be used without an API server: JSON Schemas by any validator, CEL rules by a CEL library. */
import { join } from "node:path";
import { Environment } from "@marcbachmann/cel-js";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import { BAD_STRINGS } from "../test/crds/bad-strings.ts";
import { SAMPLES, sample } from "../test/crds/samples.ts";
import { get, pathText, set, specSites } from "../test/crds/sites.ts";
import { kindsOf } from "./generate.ts";
import { toCrd } from "./to-crd.ts";
import { toJsonSchema } from "./to-json-schema.ts";

const KINDS = kindsOf(join(import.meta.dirname, "..")).map((kind) => [kind.resource.kind, kind] as const);

const rulesIn = (value: unknown): readonly string[] => {
  if (value === null || typeof value !== "object") return [];
  const { "x-kubernetes-validations": own } = value as { "x-kubernetes-validations"?: readonly { rule: string }[] };
  return [...(own ?? []).map(({ rule }) => rule), ...Object.values(value).flatMap(rulesIn)];
};

describe.each(KINDS)("%s", (name, kind) => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const validate: ValidateFunction = ajv.compile(toJsonSchema(kind));
  const objects = (SAMPLES[name] ?? []).map((spec) => sample(name, spec));

  test("the JSON Schema accepts what the API server accepts", () => {
    for (const object of objects) expect(validate(object), JSON.stringify(validate.errors)).toBe(true);
  });

  test("the JSON Schema refuses every word that a pattern refuses", () => {
    for (const { path, schema } of specSites(kind)) {
      const object = objects.find((candidate) => get(candidate, path) !== undefined);
      const patterns = schema.type === "string" ? schema.patterns : [];
      for (const word of patterns.flatMap(({ message }) => BAD_STRINGS[message] ?? [])) {
        expect(validate(set(object, path, word)), `${pathText(path)}: ${word}`).toBe(false);
      }
    }
  });

  test("the JSON Schema refuses a misspelt field", () => {
    for (const object of objects) expect(validate({ ...object, spec: { ...object.spec, misspelt: 1 } })).toBe(false);
  });

  test("a CEL library reads every rule", () => {
    const environment = new Environment({ unlistedVariablesAreDyn: true });
    const rules = rulesIn(toCrd(kind));
    expect(rules.length).toBeGreaterThan(0);
    for (const rule of rules) expect(() => environment.parse(rule), rule).not.toThrow();
  });
});
