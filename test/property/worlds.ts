/** Random worlds: few names, many combinations, so that rules meet each other often. */
import fc from "fast-check";
import type {
  Formula,
  PackConfiguration,
  PackConfigurationSpec,
  PackDefinition,
  PackInstall,
  PackOrganization,
} from "../../src/api/v1alpha1/index.ts";
import { DEFAULT_RESPONSE_BYTES } from "../../src/policy/definition.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { absent, found, type Lookup, unknown } from "../../src/policy/truth.ts";
import {
  ANN,
  BEN,
  boundByDefault,
  boundTo,
  type Change,
  changed,
  choosing,
  configuredBy,
  createdAt,
  definedBy,
  installedBy,
  installInput,
  knowing,
  labelled,
  NOW,
  OUTSIDER,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packInstall,
  suspended,
  uninstalledFor,
  withUid,
} from "../gen/objects.ts";

const USERS = [ANN, BEN, OUTSIDER, "system:serviceaccount:team:bot"] as const;
const DOMAINS = ["a.com", "b.com", "x.a.com", "c.github.io"] as const;
const FORMULAS = ["Read", "Send", "Gone"] as const;
const TABLES = ["Deals", "Notes"] as const;
const NAMES = ["one", "two", "three"] as const;

const user = fc.constantFrom(...USERS);
const subset = <T>(values: readonly T[]) => fc.subarray([...values]);
const lookup = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Lookup<T>> =>
  fc.oneof(
    { weight: 20, arbitrary: value.map(found) },
    { weight: 1, arbitrary: fc.constant(absent) },
    { weight: 1, arbitrary: fc.constant(unknown("nobody can tell")) },
  );
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
/** True once in `times`. */
const rarely = (times: number) => fc.integer({ min: 1, max: times }).map((it) => it === times);
/** `{ [key]: value }`, or nothing at all. */
const field = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };

const organizations: fc.Arbitrary<PackOrganization> = fc
  .record({
    members: fc.constantFrom("Everyone", "OwnedDomains", "OwnedDomains"),
    ownedDomains: fc.constantFrom(["example.com"], ["example.com"], ["example.com", "elsewhere.org"], []),
    defaultAccess: fc.constantFrom("Deny", "Members"),
    maxUnreviewedDomains: fc.constantFrom(0, 1, 2, 4, 4, 4, 4, 4),
    reinstallPolicy: fc.constantFrom("Manual", "Manual", "Automatic"),
  })
  .map((spec) => organization(organizedBy(spec)));

const formulas: fc.Arbitrary<readonly Formula[]> = fc
  .tuple(subset(["Read", "Send"]), optional(subset(DOMAINS)))
  .map(([names, hosts]) => names.map((name) => ({ name, action: name === "Send", ...field("hosts", hosts) })));

export const definitions: fc.Arbitrary<PackDefinition> = fc
  .record({
    domains: fc.oneof({ weight: 20, arbitrary: subset(DOMAINS) }, { weight: 1, arbitrary: fc.constant(["co.uk"]) }),
    formulas,
    tables: subset(TABLES),
    image: fc.boolean(),
    custom: rarely(20),
    large: rarely(20),
    gold: fc.boolean(),
    known: subset(DOMAINS),
  })
  .map(({ custom, domains, formulas: list, gold, image, known, large, tables }) =>
    packDefinition(
      "crm",
      labelled(gold ? { tier: "gold" } : {}),
      knowing(...known),
      definedBy({
        networkDomains: domains,
        formulas: list,
        syncTables: tables.map((name) => ({ name, writable: name === "Notes" })),
        columnFormats: [{ name: "Link", formula: "Read" }],
        ...(image ? { source: { image: { reference: "r.example.com/p@sha256:0" } } } : {}),
        ...(custom ? { authentication: { type: "Custom", custom: { params: [{ name: "key" }] } } } : {}),
        ...(large ? { sandbox: { maxResponseBytes: DEFAULT_RESPONSE_BYTES + 1 } } : {}),
      }),
    ),
  );

const policy = fc.constantFrom("Allow" as const, "Deny" as const);

/** `allow: Listed` with any directives. */
export const directives: fc.Arbitrary<NonNullable<PackConfigurationSpec["components"]>> = fc
  .record({
    fetches: optional(policy),
    actions: optional(policy),
    formulas: optional(subset(FORMULAS)),
    syncTables: optional(subset(TABLES)),
    update: optional(policy),
  })
  .map(({ actions, fetches, formulas: named, syncTables, update }) => ({
    allow: "Listed",
    ...field("fetches", fetches),
    ...field("actions", actions),
    ...field(
      "formulas",
      named?.map((name) => ({ name })),
    ),
    ...field(
      "syncTables",
      syncTables?.map((name) => ({ name, ...field("update", update) })),
    ),
  }));

const subjects = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: user.map((name) => ({ kind: "User" as const, name })) },
    { weight: 1, arbitrary: fc.constant({ kind: "Group" as const, name: "sales" }) },
  ),
  { maxLength: 4 },
);

const whom: fc.Arbitrary<Pick<PackConfigurationSpec, "state" | "access">> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ access: { scope: "Organization" as const } }) },
  { weight: 8, arbitrary: subjects.map((list) => ({ access: { scope: "Subjects" as const, subjects: list } })) },
  { weight: 3, arbitrary: fc.constant({ state: "Approved" as const }) },
  { weight: 1, arbitrary: fc.constant({ state: "Denied" as const }) },
);

const whichPack: fc.Arbitrary<Pick<PackConfigurationSpec, "packRef" | "packSelector">> = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ packRef: { name: "crm" } }) },
  { weight: 1, arbitrary: fc.constant({ packRef: { name: "mail" } }) },
  { weight: 2, arbitrary: fc.constant({ packSelector: { matchLabels: { tier: "gold" } } }) },
);

const configuration = (name: string): fc.Arbitrary<PackConfiguration> =>
  fc
    .record({
      whichPack,
      whom,
      components: optional(directives),
      network: fc.oneof(fc.constant(undefined), fc.constant(DOMAINS), optional(subset(DOMAINS))),
      docs: fc.constantFrom(undefined, undefined, undefined, ["team"], ["other", "team"], ["other"], []),
      trial: rarely(20),
      gracePeriodSeconds: fc.constantFrom(0, 0, 3600),
      remade: rarely(10),
    })
    .map(({ docs, network, remade, trial, ...rest }) =>
      changed(
        packConfiguration(name, withUid(`${name}-${remade ? 2 : 1}`)),
        ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata, spec: {} }),
        configuredBy({
          ...rest.whichPack,
          ...rest.whom,
          ...field("components", rest.components),
          ...(network === undefined ? {} : { network: { allow: "Listed", allowedDomains: network } }),
          ...(docs === undefined ? {} : { doc: { sharing: { allow: "Listed", allowedDocs: docs } } }),
          ...(trial ? { enforcement: "Audit" } : {}),
          gracePeriodSeconds: rest.gracePeriodSeconds,
        }),
      ),
    );

export const configurations: fc.Arbitrary<readonly PackConfiguration[]> = fc
  .tuple(...NAMES.map((name) => fc.option(configuration(name), { nil: undefined, freq: 3 })))
  .map((list) => list.filter((it) => it !== undefined));

const bindings: fc.Arbitrary<Change<PackInstall>> = fc.oneof(
  fc.constantFrom("one", ...NAMES).map((name) => boundTo(packConfiguration(name, withUid(`${name}-1`)))),
  fc.constant(boundByDefault()),
);

const installs = (state: fc.Arbitrary<Change<PackInstall>>): fc.Arbitrary<PackInstall> =>
  fc
    .record({
      state,
      installer: fc.constantFrom(...USERS, ANN, ANN),
      resting: rarely(10),
      choice: optional(fc.constantFrom(...NAMES)),
    })
    .map(({ choice, installer, resting, state: change }) =>
      packInstall(
        "crm",
        installedBy(installer),
        ...(resting ? [suspended()] : []),
        ...(choice === undefined ? [] : [choosing(choice)]),
        change,
      ),
    );

export const newInstalls = installs(fc.constant((it) => it));
export const boundInstalls = installs(bindings);
export const anyInstalls = installs(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant((it: PackInstall) => it) },
    { weight: 5, arbitrary: bindings },
    { weight: 1, arbitrary: fc.constant(uninstalledFor("PackDenied")) },
  ),
);

/** Everything around an install. */
const surroundings = {
  organization: lookup(organizations),
  definition: lookup(definitions),
  configurations,
  docOwner: lookup(user),
  widenedBy: rarely(10).map((widened) => (widened ? ["packs-sandboxes/evil"] : [])),
  siblings: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(user, fc.boolean())
        .map(([who, older]) => [packInstall("sibling", installedBy(who), createdAt(older ? 0 : NOW))]),
    },
  ),
};

/** What changes around an install from one look to the next. */
export const changes: fc.Arbitrary<Partial<InstallInput>> = fc.record(surroundings);

export const worlds = (install: fc.Arbitrary<PackInstall> = anyInstalls): fc.Arbitrary<InstallInput> =>
  fc
    .record({
      ...surroundings,
      install,
      granted: optional(
        subset(DOMAINS).map((hosts) => ({ hosts, members: "OwnedDomains" as const, ownedDomains: ["example.com"] })),
      ),
    })
    .map((world) => installInput(world));

/** Every run draws the same worlds; `PACKS_PROPERTY_RUNS` draws more of them. */
export const RUNS = { seed: 20260102, numRuns: Number(process.env["PACKS_PROPERTY_RUNS"] ?? 600) } as const;
