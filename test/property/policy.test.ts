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
import { absent, found, unknown } from "../../src/policy/truth.ts";
import { desiredObjects } from "../../src/resources/desired.ts";
import { DEFAULT_SETTINGS } from "../../src/resources/settings.ts";
import { configuredBy, packConfiguration } from "../gen/objects.ts";
import { boundInstalls, definitions, directives, newInstalls, RUNS, worlds } from "./worlds.ts";

const compile = (input: InstallInput): PackGrantSpec | "keep" | undefined => grantOf(input, evaluateInstall(input));

/** What a world lets through: nothing, unless its grant is active. */
type Reach = { readonly hosts: readonly string[]; readonly components: readonly string[]; readonly open: boolean };

const CLOSED: Reach = { hosts: [], components: [], open: false };

const reachOf = (input: InstallInput): Reach => {
  const grant = compile(input);
  if (grant === undefined || grant === "keep" || grant.state !== "Active") return CLOSED;
  return {
    open: true,
    hosts: (grant.hosts ?? []).map(({ domain }) => domain),
    components: (grant.components ?? []).filter((it) => it.enabled).map(({ kind, name }) => `${kind} ${name}`),
  };
};

const isWithin = (less: Reach, more: Reach): boolean =>
  less.hosts.every((host) => more.hosts.includes(host)) && less.components.every((it) => more.components.includes(it));

const goes = ({ outcome }: Evaluation): boolean => outcome === "Uninstalled" || outcome === "Uninstalling";

describe("an evaluation", () => {
  test("is the same for the same world, and for another order of configurations and of other installs", () => {
    fc.assert(
      fc.property(worlds(), fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), (input, keys) => {
        const shuffled = input.configurations
          .map((it, index) => ({ it, key: keys[index] ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ it }) => it);
        const other = { ...input, configurations: shuffled, siblings: input.siblings.toReversed() };
        const bytes = (world: InstallInput): string =>
          stableJson([evaluateInstall(world), desiredObjects(world, evaluateInstall(world), DEFAULT_SETTINGS)]);
        expect(bytes(other)).toBe(bytes(input));
        expect(bytes(input)).toBe(bytes(input));
      }),
      RUNS,
    );
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
type Removal = (input: InstallInput) => InstallInput | undefined;

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
    "one domain of the definition",
    inDefinition((spec) => ({ ...spec, networkDomains: spec.networkDomains?.slice(1) ?? [] })),
  ],
  ["one formula of the definition", inDefinition((spec) => ({ ...spec, formulas: spec.formulas?.slice(1) ?? [] }))],
  ["the definition", (input) => ({ ...input, definition: absent })],
  ["owned domains", inOrganization({ ownedDomains: [] })],
  ["membership of everyone", inOrganization({ members: "OwnedDomains" })],
  ["the default access", inOrganization({ defaultAccess: "Deny" })],
  ["every unreviewed domain", inOrganization({ maxUnreviewedDomains: 0 })],
];

test("an installed pack never reaches more, nor runs more, after one takes a permission away", () => {
  const seen = new Map(REMOVALS.map(([sentence]) => [sentence, 0]));
  fc.assert(
    fc.property(worlds(boundInstalls), (input) => {
      const before = reachOf(input);
      if (!before.open) return;
      for (const [sentence, removal] of REMOVALS) {
        const less = removal(input);
        if (less === undefined) continue;
        seen.set(sentence, (seen.get(sentence) ?? 0) + 1);
        expect(isWithin(reachOf(less), before), sentence).toBe(true);
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
          const { hosts } = reachOf({ ...input, organization });
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

test("while the definition cannot be read, no pack comes or goes, and no grant is opened", () => {
  fc.assert(
    fc.property(worlds(), (input) => {
      const world = { ...input, definition: unknown("its kind is not served") };
      const evaluation = evaluateInstall(world);
      expect(goes(evaluation)).toBe(false);
      if (evaluation.outcome === "Installed") expect(input.install.status?.boundConfiguration).toBeDefined();
      expect(reachOf(world).open).toBe(false);
    }),
    RUNS,
  );
});
