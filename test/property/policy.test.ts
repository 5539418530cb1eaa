import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  PackConfiguration,
  PackDefinition,
  PackGrantSpec,
  PackOrganization,
} from "../../src/api/v1alpha1/index.ts";
import { stableJson } from "../../src/lib/stable-json.ts";
import { compileComponents } from "../../src/policy/components.ts";
import { type Evaluation, evaluateInstall } from "../../src/policy/evaluate.ts";
import { grantOf } from "../../src/policy/grant.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { trialFindings } from "../../src/policy/trial.ts";
import { absent, found, unknown } from "../../src/policy/truth.ts";
import { desiredObjects } from "../../src/resources/desired.ts";
import { DEFAULT_SETTINGS } from "../../src/resources/settings.ts";
import { configuredBy, packConfiguration } from "../gen/objects.ts";
import { look, NO_CHILDREN, nextInput, settled } from "./live.ts";
import { excess, openGrant } from "./reach.ts";
import {
  boundInstalls,
  type Draft,
  definitions,
  directives,
  drafts,
  inputOf,
  newInstalls,
  RUNS,
  worlds,
} from "./worlds.ts";

const compile = (input: InstallInput): PackGrantSpec | "keep" | undefined => grantOf(input, evaluateInstall(input));

/** The configuration itself has its lists in the order in which somebody wrote them. */
const withoutObjects = (evaluation: Evaluation): object =>
  "permit" in evaluation ? { ...evaluation, permit: without(evaluation.permit, "configuration") } : evaluation;

/** The same world with every list the other way round. */
const reversed = (draft: Draft): Draft => ({
  ...draft,
  configurations: draft.configurations.toReversed().map(
    (it): PackConfiguration => ({
      ...it,
      spec: {
        ...it.spec,
        ...(it.spec.access?.subjects === undefined
          ? {}
          : { access: { ...it.spec.access, subjects: it.spec.access.subjects.toReversed() } }),
      },
    }),
  ),
  siblings: draft.siblings.toReversed(),
  reviews: draft.reviews.toReversed(),
  requests: draft.requests.toReversed(),
  groups: draft.groups.toReversed().map((it) => ({
    ...it,
    spec: { ...it.spec, members: it.spec.members?.toReversed() ?? [] },
  })),
});

/** Where packs come back by themselves, one that has left may be installed at once by another configuration. */
const cameBack = ({ organization }: InstallInput, { outcome }: Evaluation): boolean =>
  outcome === "Latched" ||
  (outcome === "Installed" &&
    organization.state === "found" &&
    organization.value.spec.reinstallPolicy === "Automatic");

const goes = ({ outcome }: Evaluation): boolean => outcome === "Uninstalled" || outcome === "Uninstalling";

describe("an evaluation", () => {
  test("is the same for the same world, in whatever order its objects and their lists come", () => {
    fc.assert(
      fc.property(drafts(), (draft) => {
        const bytes = (world: InstallInput): string =>
          stableJson([
            withoutObjects(evaluateInstall(world)),
            desiredObjects(world, evaluateInstall(world), DEFAULT_SETTINGS),
            trialFindings(world) ?? null,
          ]);
        const input = inputOf(draft);
        expect(bytes(inputOf(reversed(draft)))).toBe(bytes(input));
        expect(bytes(input)).toBe(bytes(input));
      }),
      RUNS,
    );
  });

  test("is the same again once its own status is written", () => {
    const seen = new Map<Evaluation["outcome"], number>();
    fc.assert(
      fc.property(worlds(), (input) => {
        const first = settled(input, NO_CHILDREN, 1);
        const again = look(nextInput(input, first), first.children);
        const { outcome } = first.evaluation;
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        if (outcome === "Uninstalled") {
          expect(cameBack(input, again.evaluation)).toBe(true);
        } else {
          expect(again.evaluation.outcome).toBe(outcome);
          expect(stableJson(again.desired.grant ?? null)).toBe(stableJson(first.desired.grant ?? null));
        }
      }),
      RUNS,
    );
    expect([...seen].filter(([, count]) => count < 5)).toEqual([]);
    expect(seen.size).toBe(6);
  });

  test("binds a new install only to a configuration that is enforced, admits the installer and denies nobody", () => {
    fc.assert(
      fc.property(worlds(newInstalls), (input) => {
        const evaluation = evaluateInstall(input);
        if (evaluation.outcome !== "Installed") return;
        const { configuration } = evaluation.permit;
        expect(input.organization.state).toBe("found");
        expect(input.definition.state).toBe("found");
        if (configuration === undefined) {
          expect(evaluation.permit.binding.builtIn).toBe(true);
          return;
        }
        expect(configuration.spec.enforcement).not.toBe("Audit");
        expect(configuration.spec.state).not.toBe("Denied");
      }),
      RUNS,
    );
  });
});

describe("S1-31 closed world: a component is enabled only", () => {
  test("if the configuration names it or allows its class, and denies neither", () => {
    let seen = 0;
    fc.assert(
      fc.property(definitions, directives, (definition, rules) => {
        const configuration = packConfiguration("c", configuredBy({ components: rules }));
        const compiled = compileComponents(definition, configuration, definition.spec.networkDomains ?? []);
        for (const { action, enabled, kind, name } of compiled) {
          if (!enabled) continue;
          seen++;
          const subject = kind === "ColumnFormat" ? "Read" : name;
          const table = rules.syncTables?.find((it) => it.name === subject);
          const named = {
            Formula: rules.formulas?.some((it) => it.name === subject),
            ColumnFormat: rules.formulas?.some((it) => it.name === subject),
            SyncTable: table !== undefined,
            SyncTableUpdate: table?.update === "Allow",
          }[kind];
          const policy = action ? rules.actions : rules.fetches;
          expect(policy).not.toBe("Deny");
          expect(named === true || policy === "Allow").toBe(true);
        }
      }),
      RUNS,
    );
    expect(seen).toBeGreaterThan(RUNS.numRuns / 3);
  });
});

/** Takes one permission away; `undefined` where there is none of the sort. */
type Removal = (draft: Draft) => Draft | undefined;

const inBound =
  (change: (configuration: PackConfiguration) => PackConfiguration | undefined): Removal =>
  (input) => {
    const name = input.install.status?.boundConfiguration?.name;
    const bound = input.configurations.find(({ metadata }) => metadata.name === name);
    const next = bound && change(bound);
    if (next === undefined) return undefined;
    return { ...input, configurations: input.configurations.map((it) => (it === bound ? next : it)) };
  };

const inSpec = (change: (spec: PackConfiguration["spec"]) => PackConfiguration["spec"] | undefined): Removal =>
  inBound((configuration) => {
    const spec = change(configuration.spec);
    return spec && { ...configuration, spec };
  });

const inComponents = (
  change: (components: NonNullable<PackConfiguration["spec"]["components"]>) => PackConfiguration["spec"]["components"],
): Removal =>
  inSpec((spec) => {
    const components = change(spec.components ?? { allow: "All" });
    return components && { ...spec, components };
  });

const inDefinition =
  (change: (definition: PackDefinition["spec"]) => PackDefinition["spec"]): Removal =>
  (input) =>
    input.definition.state !== "found"
      ? undefined
      : { ...input, definition: found({ ...input.definition.value, spec: change(input.definition.value.spec) }) };

const compiledHosts = (draft: Draft): number => (openGrant(compile(inputOf(draft)))?.hosts ?? []).length;

const inOrganization =
  (change: Partial<PackOrganization["spec"]>): Removal =>
  (input) =>
    input.organization.state !== "found"
      ? undefined
      : {
          ...input,
          organization: found({
            ...input.organization.value,
            spec: { ...input.organization.value.spec, ...change },
          }),
        };

const without = <T extends object, K extends keyof T>(object: T, key: K): Omit<T, K> => {
  const { [key]: _, ...rest } = object;
  return rest;
};

const REMOVALS: readonly (readonly [sentence: string, removal: Removal])[] = [
  [
    "one subject",
    inSpec(
      (spec) =>
        spec.access?.subjects && { ...spec, access: { ...spec.access, subjects: spec.access.subjects.slice(1) } },
    ),
  ],
  ["the list of subjects", inSpec((spec) => spec.access?.subjects && { ...spec, access: { scope: "Subjects" } })],
  ["whom it admits", inSpec((spec) => without(spec, "access"))],
  [
    "its approval",
    inSpec((spec) =>
      spec.state === "Approved" ? { ...without(spec, "state"), access: { scope: "Organization" } } : undefined,
    ),
  ],
  ["everything, by denial", inSpec((spec) => ({ ...without(spec, "access"), state: "Denied" }))],
  ["everything that is not listed", inComponents(({ allow }) => (allow === "All" ? { allow: "Listed" } : undefined))],
  ["the first named formula", inComponents((it) => ({ ...it, formulas: it.formulas?.slice(1) ?? [] }))],
  ["all named formulas", inComponents((it) => (it.allow === "Listed" ? without(it, "formulas") : undefined))],
  ["all named tables", inComponents((it) => (it.allow === "Listed" ? without(it, "syncTables") : undefined))],
  [
    "updates of tables",
    inComponents(
      (it) =>
        it.syncTables && { ...it, syncTables: it.syncTables.map(({ name }) => ({ name, update: "Deny" as const })) },
    ),
  ],
  ["the permission to fetch", inComponents((it) => (it.fetches === "Allow" ? without(it, "fetches") : undefined))],
  ["the permission to act", inComponents((it) => (it.actions === "Allow" ? without(it, "actions") : undefined))],
  ["fetches, by denial", inComponents((it) => (it.allow === "Listed" ? { ...it, fetches: "Deny" } : undefined))],
  ["actions, by denial", inComponents((it) => (it.allow === "Listed" ? { ...it, actions: "Deny" } : undefined))],
  [
    "one allowed domain",
    inSpec(
      (spec) =>
        spec.network?.allowedDomains && {
          ...spec,
          network: { allow: "Listed", allowedDomains: spec.network.allowedDomains.slice(1) },
        },
    ),
  ],
  ["all allowed domains", inSpec((spec) => ({ ...spec, network: { allow: "Listed" } }))],
  ["all docs", inSpec((spec) => ({ ...spec, doc: { sharing: { allow: "Listed" } } }))],
  ["its force, by a trial", inSpec((spec) => ({ ...spec, enforcement: "Audit" }))],
  [
    "the configuration",
    (input) => ({
      ...input,
      configurations: input.configurations.filter(
        ({ metadata }) => metadata.name !== input.install.status?.boundConfiguration?.name,
      ),
    }),
  ],
  [
    "one domain of the definition, all of which are in effect",
    (draft) =>
      compiledHosts(draft) <
      (draft.definition.state === "found" ? (draft.definition.value.spec.networkDomains ?? []) : []).length
        ? undefined
        : inDefinition((spec) => ({ ...spec, networkDomains: spec.networkDomains?.slice(1) ?? [] }))(draft),
  ],
  ["one formula of the definition", inDefinition((spec) => ({ ...spec, formulas: spec.formulas?.slice(1) ?? [] }))],
  ["the definition", (input) => ({ ...input, definition: absent })],
  ["owned domains", inOrganization({ ownedDomains: [] })],
  ["membership of everyone", inOrganization({ members: "OwnedDomains" })],
  ["the default access", inOrganization({ defaultAccess: "Deny" })],
  ["every unreviewed domain", inOrganization({ maxUnreviewedDomains: 0 })],
  ["the freedom from approvals", inOrganization({ approvals: { mode: "Required" } })],
  ["all scopes but one", inSpec((spec) => ({ ...spec, oauthScopes: { allow: "Listed", allowed: ["read"] } }))],
  ["shared accounts", inSpec((spec) => ({ ...spec, accounts: { allow: "Listed", types: ["Private"] } }))],
  [
    "one member of each group",
    (draft) =>
      draft.groups.length === 0
        ? undefined
        : {
            ...draft,
            groups: draft.groups.map((it) => ({
              ...it,
              spec: { ...it.spec, members: it.spec.members?.slice(1) ?? [] },
            })),
          },
  ],
  ["one group", (draft) => (draft.groups.length === 0 ? undefined : { ...draft, groups: draft.groups.slice(1) })],
  [
    "every approval of a request",
    (draft) => ({
      ...draft,
      requests: draft.requests.map((it) => ({ ...it, spec: { ...it.spec, decision: "Denied" as const } })),
    }),
  ],
  ["one review", (draft) => (draft.reviews.length === 0 ? undefined : { ...draft, reviews: draft.reviews.slice(1) })],
  [
    "what one review approves",
    (draft) =>
      draft.reviews.length === 0
        ? undefined
        : { ...draft, reviews: draft.reviews.map((it) => ({ ...it, spec: without(it.spec, "approve") })) },
  ],
];

test("an installed pack never reaches more, runs more or admits more people after one takes a permission away", () => {
  const seen = new Map(REMOVALS.map(([sentence]) => [sentence, 0]));
  fc.assert(
    fc.property(drafts(boundInstalls), (draft) => {
      const before = openGrant(compile(inputOf(draft)));
      // Which of several configurations takes the place of the default access is another question.
      const chooses = draft.install.status?.boundConfiguration?.builtIn === true && draft.configurations.length > 0;
      if (before === undefined || chooses) return;
      for (const [sentence, removal] of REMOVALS) {
        const less = removal(draft);
        if (less === undefined) continue;
        seen.set(sentence, (seen.get(sentence) ?? 0) + 1);
        expect(excess(compile(inputOf(less)), before), sentence).toBeUndefined();
      }
    }),
    { ...RUNS, numRuns: RUNS.numRuns * 3 },
  );
  expect([...seen].filter(([, count]) => count < 5)).toEqual([]);
});

describe("while the organization is unknown,", () => {
  const lost = [absent, unknown("its kind is not served")] as const;

  test.each(lost)("no pack is uninstalled (%o)", (organization) => {
    fc.assert(
      fc.property(worlds(boundInstalls), (input) => {
        expect(goes(evaluateInstall({ ...input, organization }))).toBe(false);
      }),
      RUNS,
    );
  });

  test.each(lost)("no pack is installed (%o)", (organization) => {
    fc.assert(
      fc.property(worlds(newInstalls), (input) => {
        expect(["Waiting", "Refused"]).toContain(evaluateInstall({ ...input, organization }).outcome);
      }),
      RUNS,
    );
  });

  test.each(lost)(
    "no pack reaches a host that it was not granted, nor one that is not declared (%o)",
    (organization) => {
      fc.assert(
        fc.property(worlds(boundInstalls), (input) => {
          const hosts = (openGrant(compile({ ...input, organization }))?.hosts ?? []).map(({ domain }) => domain);
          const declared = input.definition.state === "found" ? (input.definition.value.spec.networkDomains ?? []) : [];
          for (const host of hosts) {
            expect(input.granted?.hosts).toContain(host);
            expect(declared).toContain(host);
          }
        }),
        RUNS,
      );
    },
  );
});

test("while the definition cannot be read, no pack comes, none goes that is not denied, and no grant is opened", () => {
  fc.assert(
    fc.property(worlds(), (input) => {
      const world = { ...input, definition: unknown("its kind is not served") };
      const evaluation = evaluateInstall(world);
      const isDenied = input.configurations.some(({ spec }) => spec.state === "Denied");
      expect(goes(evaluation) && !isDenied).toBe(false);
      if (evaluation.outcome === "Installed") expect(input.install.status?.boundConfiguration).toBeDefined();
      expect(openGrant(compile(world))).toBeUndefined();
    }),
    RUNS,
  );
});
