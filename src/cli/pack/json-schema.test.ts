/** What an editor would say: the schema of one pack, by an independent validator. */
import { Ajv, type ValidateFunction } from "ajv";
import { beforeAll, describe, expect, it, test } from "vitest";
import { SAMPLES } from "../../../test/crds/samples.ts";
import type { PackDefinition } from "../../api/v1alpha1/index.ts";
import { admit, isRefused } from "../schema/admission.ts";
import { packSchema } from "./json-schema.ts";
import { optionsOf } from "./options.ts";

const definitionOf = (spec: object): PackDefinition => ({
  apiVersion: "packs.dev/v1alpha1",
  kind: "PackDefinition",
  metadata: { name: "crm" },
  spec: {
    displayName: "CRM",
    version: "1.2",
    source: { bundle: { configMapRef: { name: "crm", key: "a.js" }, sha256: "a".repeat(64) } },
    networkDomains: ["api.example.com"],
    authentication: { type: "None" },
    ...spec,
  } as PackDefinition["spec"],
});

const DEFINITION = definitionOf({
  authentication: {
    type: "OAuth2",
    accountTypes: ["Private"],
    oauth2: { authorizationURL: "https://example.com/a", tokenURL: "https://example.com/t", scopes: ["deals:read"] },
  },
  scopes: [{ name: "deals:read", access: "Read", description: "Reads deals." }],
  formulas: [
    {
      name: "Find",
      description: "Finds deals.",
      parameters: [
        { name: "region", type: "String", description: "EU or US." },
        { name: "amount", type: "NumberArray", optional: true },
        { name: "open", type: "Boolean" },
      ],
    },
    { name: "Close", action: true, connection: "Required", extraOAuthScopes: ["deals:write"] },
  ],
  syncTables: [
    { name: "Deals", writable: true, parameters: [{ name: "stage", type: "String" }] },
    { name: "Reports", dynamic: true },
  ],
});

const compile = (definition: PackDefinition): ValidateFunction =>
  new Ajv({ strict: false, validateFormats: false }).compile(packSchema(definition));

const configuration = (spec: object): object => ({
  apiVersion: "packs.dev/v1alpha1",
  kind: "PackConfiguration",
  metadata: { name: "a" },
  spec: { packRef: { name: "crm" }, access: { scope: "Organization" }, ...spec },
});

const listed = (components: object): object => ({ components: { allow: "Listed", ...components } });
const find = (name: string, rule: object): object =>
  listed({ formulas: [{ name: "Find", parameters: [{ name, rule }] }] });

let validate: ValidateFunction;

beforeAll(() => {
  validate = compile(DEFINITION);
});

describe("S1-49 an editor accepts what the API server would take", () => {
  test.each([
    ["nothing but access", {}],
    ["a denial", { state: "Denied", access: undefined }],
    ["switches", listed({ fetches: "Allow", actions: "Deny" })],
    ["a formula", listed({ formulas: [{ name: "Close" }] })],
    ["a text in a list of values", find("region", { values: ["EU"] })],
    ["a number in a range", find("amount", { minimum: "1", maximum: "2" })],
    [
      "a table with a rule and updates",
      listed({
        syncTables: [{ name: "Deals", update: "Allow", parameters: [{ name: "stage", rule: { pattern: "a" } }] }],
      }),
    ],
    [
      "a dynamic table",
      listed({ syncTables: [{ name: "Reports", dynamicURL: { prefix: "https://a.example.com/" } }] }),
    ],
    ["its scopes", { oauthScopes: { allow: "Listed", allowed: ["deals:read", "deals:write"] } }],
    ["its accounts", { accounts: { allow: "Listed", types: ["Private"] } }],
    ["a parent of its domain", { network: { allow: "Listed", allowedDomains: ["example.com"] } }],
    [
      "a rule about sharing beside all docs",
      { doc: { sharing: { allow: "All", enforcePackConfigurationPermissions: true } } },
    ],
  ])("%s", (_, spec) => {
    const object = JSON.parse(JSON.stringify(configuration(spec)));
    expect(isRefused(admit("PackConfiguration", object))).toBe(false);
    expect(validate(object), JSON.stringify(validate.errors)).toBe(true);
  });
});

describe("S1-49 an editor marks what this pack does not have", () => {
  test.each([
    ["another pack", { packRef: { name: "jira" } }],
    ["no access", { access: undefined }],
    ["access beside a denial", { state: "Denied" }],
    ["a selector", { packRef: undefined, packSelector: { matchLabels: { a: "b" } } }],
    ["a field that does not exist", { acess: {} }],
    ["an unknown formula", listed({ formulas: [{ name: "Search" }] })],
    ["a formula in another case", listed({ formulas: [{ name: "find" }] })],
    ["a placeholder", listed({ syncTables: [{ name: "REPLACE_ME_SYNC_TABLE" }] })],
    ["a parameter of no formula", find("stage", { values: ["a"] })],
    [
      "a parameter of a formula without any",
      listed({ formulas: [{ name: "Close", parameters: [{ name: "region", rule: { values: ["a"] } }] }] }),
    ],
    ["a range for a text", find("region", { minimum: "1" })],
    ["a prefix for a number", find("amount", { prefix: "https://example.com/" })],
    ["a prefix for a boolean", find("open", { prefix: "https://example.com/" })],
    ["a rule of two sorts", find("region", { values: ["a"], pattern: "a" })],
    ["a rule of no sort", find("region", {})],
    [
      "a dynamic URL of a table that is not",
      listed({ syncTables: [{ name: "Deals", dynamicURL: { values: ["a"] } }] }),
    ],
    ["updates of a table that is read only", listed({ syncTables: [{ name: "Reports", update: "Allow" }] })],
    ["a scope that it does not ask for", { oauthScopes: { allow: "Listed", allowed: ["deals:delete"] } }],
    ["accounts that it does not have", { accounts: { allow: "Listed", types: ["Shared"] } }],
    ["a list beside all", { components: { allow: "All", fetches: "Allow" } }],
    ["docs beside all docs", { doc: { sharing: { allow: "All", allowedDocs: ["a"] } } }],
  ])("%s", (_, spec) => {
    expect(validate(JSON.parse(JSON.stringify(configuration(spec))))).toBe(false);
  });
});

describe("S1-50 every option of this very pack", () => {
  it("names and explains each building block, for completion", () => {
    const formula = (packSchema(DEFINITION) as never as Schema).properties.spec.properties.components.properties
      .formulas.items.properties.name;
    expect(formula).toMatchObject({
      enum: ["Find", "Close"],
      enumDescriptions: ["Fetch. Finds deals.", "Action, needs an account, needs deals:write."],
    });
  });

  it("lists each in the table, with what its type allows", () => {
    const rows = new Map(optionsOf(DEFINITION).map(({ path, values, about }) => [path, `${values} | ${about}`]));
    expect(Object.fromEntries([...rows].filter(([path]) => /\[|oauthScopes.allowed|types/.test(path)))).toEqual({
      "components.formulas[Find]": "name | Fetch. Finds deals.",
      "components.formulas[Find].parameters[region].rule": "values, pattern, prefix | String, required. EU or US.",
      "components.formulas[Find].parameters[amount].rule": "values, pattern, minimum, maximum | NumberArray, optional.",
      "components.formulas[Find].parameters[open].rule": "values, pattern | Boolean, required.",
      "components.formulas[Close]": "name | Action, needs an account, needs deals:write.",
      "components.syncTables[Deals]": "name | Sync table, rows can be changed.",
      "components.syncTables[Deals].parameters[stage].rule": "values, pattern, prefix | String, required.",
      "components.syncTables[Deals].update": "Allow, Deny | Whether its rows may be changed.",
      "components.syncTables[Reports]": "name | Dynamic sync table.",
      "components.syncTables[Reports].dynamicURL": "values, pattern, prefix | Which data sets may be chosen.",
      "accounts.types": "Private | The types of accounts that may be used.",
      "oauthScopes.allowed": "deals:read, deals:write | The scopes that may be used.",
    });
  });

  it("explains every option", () => {
    expect(optionsOf(DEFINITION).filter(({ about, values }) => about === "" || values === "")).toEqual([]);
  });
});

type Schema = {
  readonly properties: {
    readonly spec: {
      readonly properties: {
        readonly components: {
          readonly properties: {
            readonly formulas: { readonly items: { readonly properties: { readonly name: unknown } } };
          };
        };
      };
    };
  };
};

test("a pack with nothing in it has a schema that allows to list nothing", () => {
  const empty = compile(definitionOf({ networkDomains: [] }));
  expect(empty(JSON.parse(JSON.stringify(configuration(listed({ fetches: "Allow" })))))).toBe(true);
  expect(empty(configuration(listed({ formulas: [{ name: "Find" }] })))).toBe(false);
  expect(empty(configuration({ oauthScopes: { allow: "Listed", allowed: ["a"] } }))).toBe(false);
});

test("every definition that the API server accepts has a schema that compiles", () => {
  for (const spec of SAMPLES["PackDefinition"] ?? []) expect(() => compile(definitionOf(spec))).not.toThrow();
});
