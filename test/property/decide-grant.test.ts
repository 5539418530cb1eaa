/** The compiled grant that decisions are made from: how large it becomes, and that one world has one grant. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  PackConfiguration,
  PackConfigurationSpec,
  PackDefinition,
  PackGrantSpec,
  Parameter,
  Share,
} from "../../src/api/v1alpha1/index.ts";
import { stableJson } from "../../src/lib/stable-json.ts";
import { MAX_GRANT_BYTES } from "../../src/policy/definition.ts";
import { evaluateInstall } from "../../src/policy/evaluate.ts";
import { grantOf } from "../../src/policy/grant.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { found } from "../../src/policy/truth.ts";
import {
  acceptingDomains,
  authenticatedBy,
  changed,
  configuredBy,
  definedBy,
  docIn,
  inDoc,
  installInput,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packInstall,
  reaching,
  share,
} from "../gen/objects.ts";

const RUNS = { seed: 20260102, numRuns: Number(process.env["PACKS_PROPERTY_RUNS"] ?? 200) };

const compile = (world: Partial<InstallInput>): PackGrantSpec => {
  const input = installInput(world);
  const grant = grantOf(input, evaluateInstall(input));
  if (grant === undefined || grant === "keep") throw new Error(`no grant, but ${grant}`);
  return grant;
};

const times = <T>(count: number, one: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => one(index));

type Directives = NonNullable<PackConfigurationSpec["components"]>;
type Rules = NonNullable<NonNullable<Directives["formulas"]>[number]["parameters"]>;

/** Each restricts two of the parameters below. */
const RULES: readonly Rules[] = [
  [
    { name: "project0", rule: { values: times(20, (index) => `PROJECT-${index}`) } },
    { name: "project1", rule: { pattern: "[A-Z]{2,10}-[0-9]{1,9}" } },
  ],
  [
    { name: "project0", rule: { prefix: "https://api.example-crm.com/v1/projects/" } },
    { name: "project1", rule: { minimum: "0", maximum: "1000000.5" } },
  ],
];

const parameters = (count: number): readonly Parameter[] =>
  times(count, (index) => ({
    name: `project${index}`,
    type: "StringArray",
    optional: true,
    description: "for people",
  }));

type Size = {
  readonly components: number;
  readonly parametersEach: number;
  readonly restricted: number;
  readonly people: number;
  /** Characters of a user's name. */
  readonly nameLength: number;
};

const worldOf = ({ components, parametersEach, restricted, people, nameLength }: Size): Partial<InstallInput> => {
  const common = {
    connection: "Required",
    parameters: parameters(parametersEach),
    extraOAuthScopes: [
      "https://auth.example-crm.com/scopes/tasks.read",
      "https://auth.example-crm.com/scopes/tasks.write",
    ],
  } as const;
  const half = components / 2;
  const definition = packDefinition(
    "crm",
    definedBy({
      formulas: times(half, (index) => ({ ...common, name: `GetSomethingFromTheProject${index}` })),
      syncTables: times(half, (index) => ({ ...common, name: `EverythingInTheProject${index}` })),
    }),
  );
  const configuration = packConfiguration(
    "sales",
    configuredBy({
      components: {
        allow: "Listed",
        fetches: "Allow",
        formulas: times(restricted, (index) => ({
          name: `GetSomethingFromTheProject${index}`,
          parameters: RULES[index % RULES.length] ?? [],
        })),
      },
    }),
  );
  const shares = times(people, (index): Share => share("User", `${index}@example.com`.padStart(nameLength, "u")));
  const doc = docIn(
    packDocObject("plan", { sharing: shares.slice(0, 300), folderRef: { name: "team" } }),
    packFolder("team", { sharing: shares.slice(300) }),
  );
  return {
    install: packInstall("crm", inDoc("plan")),
    definition: found(definition),
    configurations: [configuration],
    doc,
  };
};

describe("the size of a grant", () => {
  const rows: readonly (readonly [sentence: string, size: Size, kib: number])[] = [
    [
      "of 200 components with 5 parameters each, 20 of them restricted, for 500 people",
      { components: 200, parametersEach: 5, restricted: 20, people: 500, nameLength: 24 },
      128,
    ],
    [
      "of 200 components with 12 parameters each, 100 of them restricted, for 500 people with long names",
      { components: 200, parametersEach: 12, restricted: 100, people: 500, nameLength: 64 },
      248,
    ],
    [
      "of 200 components with 5 parameters each, for 500 people with the longest names",
      { components: 200, parametersEach: 5, restricted: 20, people: 500, nameLength: 512 },
      368,
    ],
  ];
  test.each(rows)("%s is bounded", (_, size, kib) => {
    const grant = compile(worldOf(size));
    expect(grant.state).toBe("Active");
    expect(grant.components).toHaveLength(size.components);
    expect(grant.components?.filter(({ rules }) => rules !== undefined)).toHaveLength(size.restricted);
    expect(grant.audience?.users).toHaveLength(size.people + 1);
    const bytes = Buffer.byteLength(stableJson(grant));
    expect(bytes).toBeGreaterThan((kib - 16) * 1024);
    expect(bytes).toBeLessThan(kib * 1024);
    expect(bytes).toBeLessThan(MAX_GRANT_BYTES);
  });

  test("does not grow with the members of the groups that it names", () => {
    const one = (members: readonly string[]): number => {
      const world = worldOf({ components: 2, parametersEach: 1, restricted: 1, people: 1, nameLength: 24 });
      const shared = docIn(packDocObject("plan", { sharing: [share("Group", "all")] }));
      const groups = installInput().groups;
      const view = { ...groups, isMember: (user: string) => (members.includes(user) ? "yes" : "no") } as const;
      return Buffer.byteLength(stableJson(compile({ ...world, doc: shared, groups: view })));
    };
    expect(one(times(5000, (index) => `user${index}@example.com`))).toBe(one([]));
  });
});

/** The same list in another order. */
const turned = <T>(list: readonly T[] | undefined): fc.Arbitrary<readonly T[]> =>
  fc.shuffledSubarray([...(list ?? [])], { minLength: (list ?? []).length });

const DEFINITION: PackDefinition = packDefinition(
  "crm",
  reaching("c.com", "api.b.com", "a.com"),
  authenticatedBy({
    type: "OAuth2",
    networkDomains: ["a.com", "c.com"],
    accountTypes: ["Shared", "Private"],
    oauth2: { authorizationURL: "https://a.com/a", tokenURL: "https://a.com/t", scopes: ["read", "base", "list"] },
  }),
  definedBy({
    formulas: ["Read", "Add", "Send"].map((name) => ({
      name,
      action: name === "Send",
      connection: "Required",
      parameters: [
        { name: "b", type: "String" },
        { name: "a", type: "Number" },
      ],
      extraOAuthScopes: ["z", "admin", "m"],
      hosts: ["c.com", "a.com", "v1.api.b.com"],
    })),
    syncTables: ["Rows", "Deals"].map((name) => ({ name, dynamic: true, writable: true })),
    columnFormats: [
      { name: "Z", formula: "Add" },
      { name: "A", formula: "Read" },
    ],
  }),
);

const CONFIGURATION: PackConfiguration = packConfiguration(
  "c",
  configuredBy({
    access: {
      scope: "Subjects",
      subjects: [
        { kind: "User", name: "ben@example.com" },
        { kind: "User", name: "ann@example.com" },
        { kind: "Group", name: "sales" },
        { kind: "Group", name: "all" },
      ],
    },
    components: {
      allow: "Listed",
      actions: "Allow",
      formulas: ["Send", "Read", "Add"].map((name) => ({
        name,
        parameters: [
          { name: "b", rule: { values: ["y", "x", "z"] } },
          { name: "a", rule: { values: ["3", "1", "2"] } },
        ],
      })),
      syncTables: ["Rows", "Deals"].map((name) => ({
        name,
        dynamicURL: { values: ["https://a.com/2", "https://a.com/1"] },
      })),
    },
    accounts: { allow: "Listed", types: ["Shared", "Private"] },
    oauthScopes: { allow: "Listed", allowed: ["z", "base", "admin"] },
  }),
);

const SHARES: readonly Share[] = [
  share("User", "zoe@example.com"),
  share("Group", "sales"),
  share("User", "ben@example.com"),
  share("Domain", "example.com"),
  share("Group", "all"),
];

/** Turns every list whose order says nothing; that of parameters is the order in which people write them. */
const definitions = (spec: PackDefinition["spec"]): fc.Arbitrary<Partial<PackDefinition["spec"]>> =>
  fc
    .record({
      formulas: turned(spec.formulas),
      syncTables: turned(spec.syncTables),
      columnFormats: turned(spec.columnFormats),
      networkDomains: turned(spec.networkDomains),
      scopes: turned(spec.authentication.oauth2?.scopes),
      bound: turned(spec.authentication.networkDomains),
      accountTypes: turned(spec.authentication.accountTypes),
      extraOAuthScopes: turned(spec.formulas?.[0]?.extraOAuthScopes),
      hosts: turned(spec.formulas?.[0]?.hosts),
    })
    .map(({ scopes, bound, accountTypes, extraOAuthScopes, hosts, formulas, ...rest }) => ({
      ...rest,
      formulas: formulas.map((it) => ({ ...it, extraOAuthScopes, hosts })),
      authentication: {
        ...spec.authentication,
        networkDomains: bound,
        accountTypes,
        ...(spec.authentication.oauth2 === undefined ? {} : { oauth2: { ...spec.authentication.oauth2, scopes } }),
      },
    }));

const configurations = (spec: PackConfigurationSpec): fc.Arbitrary<Partial<PackConfigurationSpec>> =>
  fc
    .record({
      subjects: turned(spec.access?.subjects),
      formulas: turned(spec.components?.formulas),
      rules: turned(spec.components?.formulas?.[0]?.parameters),
      values: turned(["x", "y", "z"]),
      syncTables: turned(spec.components?.syncTables),
      urls: turned(spec.components?.syncTables?.[0]?.dynamicURL?.values),
      types: turned(spec.accounts?.types),
      allowed: turned(spec.oauthScopes?.allowed),
    })
    .map(({ subjects, formulas, rules, values, syncTables, urls, types, allowed }) => ({
      access: { scope: "Subjects", subjects },
      components: {
        allow: "Listed",
        actions: "Allow",
        formulas: formulas.map(({ name }) => ({
          name,
          parameters: rules.map((it) => (it.name === "b" ? { ...it, rule: { values } } : it)),
        })),
        syncTables: syncTables.map(({ name }) => ({ name, dynamicURL: { values: urls } })),
      },
      accounts: { allow: "Listed", types },
      oauthScopes: { allow: "Listed", allowed },
    }));

describe("the content of a grant", () => {
  const owning = (ownedDomains: readonly string[]) =>
    found(organization(acceptingDomains(5), organizedBy({ ownedDomains })));
  const OWNED = ["z.com", "example.com", "a.org"];
  const world = (
    definition: PackDefinition,
    configuration: PackConfiguration,
    sharing: readonly Share[],
    owned: readonly string[],
  ): Partial<InstallInput> => ({
    install: packInstall("crm", inDoc("plan")),
    definition: found(definition),
    configurations: [configuration],
    organization: owning(owned),
    doc: docIn(
      packDocObject("plan", { sharing: sharing.slice(0, 3), folderRef: { name: "team" } }),
      packFolder("team", { sharing: sharing.slice(3) }),
    ),
  });

  test("is the same bytes for the same world, in whatever order its lists stand", () => {
    const expected = stableJson(compile(world(DEFINITION, CONFIGURATION, SHARES, OWNED)));
    fc.assert(
      fc.property(
        definitions(DEFINITION.spec),
        configurations(CONFIGURATION.spec),
        turned(SHARES),
        turned(OWNED),
        (definition, configuration, sharing, owned) => {
          const other = world(
            changed(DEFINITION, definedBy(definition)),
            changed(CONFIGURATION, configuredBy(configuration)),
            sharing,
            owned,
          );
          expect(stableJson(compile(other))).toBe(expected);
        },
      ),
      RUNS,
    );
  });

  test("is another one for another world", () => {
    const bytes = (definition: PackDefinition) => stableJson(compile(world(definition, CONFIGURATION, SHARES, OWNED)));
    const [first, ...others] = DEFINITION.spec.formulas ?? [];
    if (first === undefined) throw new Error("there is a formula");
    const swapped = [{ ...first, parameters: [...(first.parameters ?? [])].reverse() }, ...others];
    expect(bytes(changed(DEFINITION, definedBy({ formulas: swapped })))).not.toBe(bytes(DEFINITION));
    expect(bytes(changed(DEFINITION, definedBy({ syncTables: [] })))).not.toBe(bytes(DEFINITION));
  });
});
