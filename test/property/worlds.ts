/** Random worlds: few names, many combinations, so that rules meet each other often. */
import fc from "fast-check";
import type {
  Formula,
  PackConfiguration,
  PackConfigurationSpec,
  PackDefinition,
  PackDoc,
  PackFolder,
  PackGroup,
  PackInstall,
  PackOrganization,
  PackRequest,
  PackReview,
  Share,
} from "../../src/api/v1alpha1/index.ts";
import { toTimestamp } from "../../src/lib/clock.ts";
import { audienceOf } from "../../src/policy/audience.ts";
import { DEFAULT_RESPONSE_BYTES, digestsOf } from "../../src/policy/definition.ts";
import { namespaceDoc, packDoc } from "../../src/policy/doc.ts";
import { groupPart, viewGroups } from "../../src/policy/groups.ts";
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
  decidedAs,
  definedBy,
  inDoc,
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
  packDocObject,
  packFolder,
  packGroup,
  packInstall,
  packRequest,
  packReview,
  share,
  suspended,
  uninstalledFor,
  withUid,
} from "../gen/objects.ts";

const USERS = [ANN, BEN, OUTSIDER, "system:serviceaccount:team:bot"] as const;
const DOMAINS = ["a.com", "b.com", "x.a.com", "c.github.io"] as const;
const FORMULAS = ["Read", "Send", "Gone"] as const;
const TABLES = ["Deals", "Notes"] as const;
const NAMES = ["one", "two", "three"] as const;
const GROUPS = ["sales", "ops"] as const;
const FOLDERS = ["inner", "outer"];

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
    approvals: fc.constantFrom({ mode: "Off" as const }, { mode: "Off" as const }, { mode: "Required" as const }),
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
    { weight: 10, arbitrary: fc.constantFrom(...GROUPS).map((name) => ({ kind: "Group" as const, name })) },
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
      docs: fc.constantFrom(undefined, undefined, undefined, ["team", "team/plan"], ["team"], ["plan-id"], []),
      enforced: rarely(3),
      trial: rarely(20),
      gracePeriodSeconds: fc.constantFrom(0, 0, 3600),
      remade: rarely(10),
    })
    .map(({ docs, enforced, network, remade, trial, ...rest }) =>
      changed(
        packConfiguration(name, withUid(`${name}-${remade ? 2 : 1}`)),
        ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata, spec: {} }),
        configuredBy({
          ...rest.whichPack,
          ...rest.whom,
          ...field("components", rest.components),
          ...(network === undefined ? {} : { network: { allow: "Listed", allowedDomains: network } }),
          ...(docs === undefined && !enforced
            ? {}
            : {
                doc: {
                  sharing: {
                    ...(docs === undefined ? { allow: "All" } : { allow: "Listed", allowedDocs: docs }),
                    enforcePackConfigurationPermissions: enforced,
                  },
                },
              }),
          ...(trial ? { enforcement: "Audit" } : {}),
          gracePeriodSeconds: rest.gracePeriodSeconds,
        }),
      ),
    );

export const configurations: fc.Arbitrary<readonly PackConfiguration[]> = fc
  .tuple(...NAMES.map((name) => fc.option(configuration(name), { nil: undefined, freq: 3 })))
  .map((list) => list.filter((it) => it !== undefined));

const bindings: fc.Arbitrary<Change<PackInstall>> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("one", ...NAMES).map((name) => boundTo(packConfiguration(name, withUid(`${name}-1`)))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(undefined, { namespace: "team", name: "asked", uid: "uid-of-asked" })
      .map(boundByDefault),
  },
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

const someone: fc.Arbitrary<Share> = fc.oneof(
  { weight: 8, arbitrary: user.map((name) => share("User", name)) },
  { weight: 8, arbitrary: fc.constantFrom(...GROUPS).map((name) => share("Group", name)) },
  { weight: 2, arbitrary: fc.constantFrom("example.com", "elsewhere.org").map((name) => share("Domain", name)) },
  { weight: 1, arbitrary: fc.constant(share("Anyone")) },
);
const sharing = fc.array(someone, { maxLength: 2 });

/** Fresh without a source, just reported, or long overdue. */
const groups: fc.Arbitrary<readonly PackGroup[]> = fc
  .array(
    fc.record({
      group: fc.constantFrom(...GROUPS),
      members: subset(USERS),
      age: fc.constantFrom(undefined, undefined, 10, 10_000),
    }),
    { maxLength: 3 },
  )
  .map((parts) =>
    parts.map(({ age, group, members }, index) =>
      packGroup(
        `${group}-${index}`,
        {
          groupName: group,
          members,
          ...(age === undefined ? {} : { source: { name: "directory", maxAgeSeconds: 600 } }),
        },
        age === undefined ? undefined : { syncTime: toTimestamp(NOW - age * 1000) },
      ),
    ),
  );

/** Where an install lives: the namespace, or a PackDoc in up to two folders. */
export type Place =
  | { readonly kind: "namespace"; readonly owner: Lookup<string> }
  | { readonly kind: "doc"; readonly doc: Lookup<PackDoc>; readonly folders: readonly Lookup<PackFolder>[] };

const docs: fc.Arbitrary<PackDoc> = fc
  .record({ owner: user, sharing, folder: optional(fc.constantFrom(...FOLDERS)) })
  .map(({ folder, ...spec }) =>
    packDocObject("plan", { ...spec, id: "plan-id", ...(folder === undefined ? {} : { folderRef: { name: folder } }) }),
  );

const folders: fc.Arbitrary<readonly Lookup<PackFolder>[]> = fc
  .record({ inner: sharing, outer: sharing, looped: rarely(20), lost: rarely(20) })
  .map(({ inner, looped, lost, outer }) => [
    found(packFolder("inner", { sharing: inner, parentRef: { name: "outer" } })),
    lost
      ? unknown("PackFolder objects cannot be listed")
      : found(packFolder("outer", { sharing: outer, ...(looped ? { parentRef: { name: "inner" } } : {}) })),
  ]);

const places: fc.Arbitrary<Place> = fc.oneof(
  { weight: 2, arbitrary: lookup(user).map((owner) => ({ kind: "namespace" as const, owner })) },
  {
    weight: 3,
    arbitrary: fc.tuple(lookup(docs), folders).map(([doc, list]) => ({ kind: "doc" as const, doc, folders: list })),
  },
);

const requests: fc.Arbitrary<readonly PackRequest[]> = fc
  .array(
    fc.tuple(fc.constantFrom("asked", "begged"), fc.constantFrom(undefined, "Approved", "Approved", "Denied" as const)),
    { maxLength: 2 },
  )
  .map((list) =>
    list
      .filter(([name], index) => list.findIndex(([other]) => other === name) === index)
      .map(([name, decision]) => packRequest(name, decision === undefined ? {} : decidedAs(decision))),
  );

/** What reviewers approved: of the definition as it is, or of an earlier one. */
type Approval = { readonly domains: readonly string[]; readonly custom: boolean; readonly outdated: boolean };
const approvals: fc.Arbitrary<readonly Approval[]> = fc.array(
  fc.record({ domains: subset(DOMAINS), custom: fc.boolean(), outdated: fc.boolean() }),
  { maxLength: 2 },
);

const reviewsOf = (definition: Lookup<PackDefinition>, list: readonly Approval[]): readonly PackReview[] =>
  list.map(({ custom, domains, outdated }, index) =>
    packReview(`review-${index}`, {
      ...(definition.state === "found" && !outdated ? { reviewDigest: digestsOf(definition.value).reviewDigest } : {}),
      approve: { networkDomains: domains, customAuthentication: custom, responseBytes: 2 * DEFAULT_RESPONSE_BYTES },
    }),
  );

/** Everything around an install, as objects; {@link inputOf} makes of it what the rules look at. */
export type Surroundings = Pick<
  InstallInput,
  "organization" | "definition" | "configurations" | "reviews" | "requests" | "widenedBy" | "siblings"
> & { readonly groups: readonly PackGroup[]; readonly place: Place };

const surroundings: fc.Arbitrary<Surroundings> = fc
  .record({
    organization: lookup(organizations),
    definition: lookup(definitions),
    configurations,
    approvals,
    requests,
    groups,
    place: places,
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
  })
  .map(({ approvals: list, ...rest }) => ({ ...rest, reviews: reviewsOf(rest.definition, list) }));

export type Draft = Surroundings &
  Pick<InstallInput, "install" | "granted"> & {
    readonly groupsKnown: boolean;
    /** What else differs from {@link installInput}. */
    readonly more?: Partial<InstallInput>;
  };

const docOf = (place: Place): InstallInput["doc"] => {
  if (place.kind === "namespace") return found(namespaceDoc("team", place.owner));
  if (place.doc.state !== "found") return place.doc;
  const doc = place.doc.value;
  const folderOf = (name: string): Lookup<PackFolder> => place.folders[FOLDERS.indexOf(name)] ?? absent;
  return found(packDoc(doc, audienceOf(doc, folderOf), [doc]));
};

const viewOf = (list: readonly PackGroup[], known: boolean): InstallInput["groups"] => {
  const parts = Map.groupBy(list.map(groupPart), ({ group }) => group);
  return viewGroups((group) => parts.get(group) ?? [], known, NOW);
};

export const inputOf = ({ groups: list, groupsKnown, more = {}, place, ...rest }: Draft): InstallInput =>
  installInput({ ...rest, doc: docOf(place), groups: viewOf(list, groupsKnown), ...more });

const around = ({ groups: list, place, ...rest }: Surroundings): Partial<InstallInput> => ({
  ...rest,
  doc: docOf(place),
  groups: viewOf(list, true),
});

/** What changes around an install from one look to the next, as objects. */
export const movedSurroundings: fc.Arbitrary<Partial<Surroundings>> = fc
  .tuple(
    surroundings,
    fc.uniqueArray(
      fc.constantFrom<keyof Surroundings>(
        "organization",
        "definition",
        "configurations",
        "groups",
        "place",
        "requests",
        "widenedBy",
      ),
      { maxLength: 3 },
    ),
  )
  .map(([next, keys]) => Object.fromEntries(keys.map((key) => [key, next[key]])));

/** What changes around an install from one look to the next. */
export const changes: fc.Arbitrary<Partial<InstallInput>> = surroundings.map(around);

export const drafts = (install: fc.Arbitrary<PackInstall> = anyInstalls): fc.Arbitrary<Draft> =>
  fc
    .record({
      surroundings,
      install,
      granted: optional(
        subset(DOMAINS).map((hosts) => ({ hosts, members: "OwnedDomains" as const, ownedDomains: ["example.com"] })),
      ),
    })
    .map(({ granted, install: bare, surroundings: rest }) => ({
      ...rest,
      granted: bare.status?.boundConfiguration === undefined ? undefined : granted,
      groupsKnown: true,
      install: rest.place.kind === "doc" ? changed(bare, inDoc("plan")) : bare,
    }));

export const worlds = (install: fc.Arbitrary<PackInstall> = anyInstalls): fc.Arbitrary<InstallInput> =>
  drafts(install).map(inputOf);

/** Every run draws the same worlds; `PACKS_PROPERTY_RUNS` draws more of them, and so does `TEST_LONG`. */
export const RUNS = {
  seed: 20260102,
  numRuns: Number(process.env["PACKS_PROPERTY_RUNS"] ?? (process.env["TEST_LONG"] === undefined ? 600 : 20_000)),
} as const;
