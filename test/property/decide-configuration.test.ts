/** What an administrator writes, as it is felt by who invokes: restrictions close, and taking away never opens. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type {
  GrantValueRule,
  PackConfigurationSpec,
  PackDefinition,
  PackGrantSpec,
} from "../../src/api/v1alpha1/index.ts";
import { compileComponents } from "../../src/policy/components.ts";
import { check, type Decision, decide, type InvocationRequest } from "../../src/policy/decide.ts";
import {
  ANN,
  action,
  columnFormat,
  enabling,
  formula,
  NOW,
  packConfiguration,
  packDefinition,
  syncTable,
} from "../gen/objects.ts";

const RUNS = { seed: 20260102, numRuns: Number(process.env["PACKS_PROPERTY_RUNS"] ?? 600) };

type Components = NonNullable<PackConfigurationSpec["components"]>;
type Wanted = InvocationRequest["component"];

const PARAMETERS = [{ name: "project", type: "String", optional: true }] as const;

const CRM: PackDefinition = packDefinition(
  "crm",
  formula("Read", { parameters: PARAMETERS }),
  formula("Find", { parameters: PARAMETERS }),
  action("Send", { parameters: PARAMETERS }),
  action("Drop", { parameters: PARAMETERS }),
  syncTable("Deals", { parameters: PARAMETERS, writable: true }),
  syncTable("Notes", { parameters: PARAMETERS, writable: true, dynamic: true }),
  columnFormat("Link", "Read"),
);

const FORMULAS = ["Read", "Find", "Send", "Drop", "Gone"];
const TABLES = ["Deals", "Notes", "Gone"];

const policies = fc.constantFrom<"Allow" | "Deny" | undefined>("Allow", "Deny", undefined);
const rules = fc.constantFrom<GrantValueRule>(
  { values: ["A"] },
  { values: ["A", "B"] },
  { pattern: "A|C" },
  { pattern: "(" },
);
const parameters = fc.option(
  rules.map((rule) => [{ name: "project", rule }]),
  { nil: undefined },
);

const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

const entriesOf = <T extends { readonly name: string }>(one: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc.uniqueArray(one, { maxLength: 3, selector: ({ name }) => name });

const formulaEntries = entriesOf(
  fc
    .record({ name: fc.constantFrom(...FORMULAS), parameters })
    .map((it) => defined(it) as NonNullable<Components["formulas"]>[number]),
);
const tableEntries = entriesOf(
  fc
    .record({
      name: fc.constantFrom(...TABLES),
      parameters,
      update: policies,
      dynamicURL: fc.constantFrom(undefined, undefined, { prefix: "https://crm.com/a/" }),
    })
    .map((it) => defined(it) as NonNullable<Components["syncTables"]>[number]),
);

type Listed = Omit<Components, "allow">;

const listed: fc.Arbitrary<Listed> = fc
  .record({ fetches: policies, actions: policies, formulas: formulaEntries, syncTables: tableEntries })
  .map((it) => defined(it) as Listed);

const wanted: fc.Arbitrary<Wanted> = fc.oneof(
  fc.record({ kind: fc.constant("Formula" as const), name: fc.constantFrom(...FORMULAS) }),
  fc.record({
    kind: fc.constantFrom("SyncTable" as const, "SyncTableUpdate" as const),
    name: fc.constantFrom(...TABLES),
  }),
  fc.constant({ kind: "ColumnFormat" as const, name: "Link" }),
);

const requests: fc.Arbitrary<InvocationRequest> = fc
  .record({
    component: wanted,
    parameters: fc.constantFrom<unknown>(undefined, {}, { project: "A" }, { project: "B" }, { project: "C" }),
    isElsewhere: fc.boolean(),
  })
  .map(({ isElsewhere, component, parameters: given }) => ({
    caller: ANN,
    user: ANN,
    mayInvoke: true,
    component,
    parameters: given,
    ...(component.name === "Notes" ? { dynamicURL: `https://crm.com/${isElsewhere ? "b" : "a"}/1` } : {}),
  }));

const grantBy = (components: Components | undefined, definition = CRM): PackGrantSpec => ({
  install: { namespace: "team", name: "crm", uid: "1" },
  pack: "crm",
  state: "Active",
  hosts: [{ domain: "api.crm.com", auth: "None" }],
  components: compileComponents(
    definition,
    components === undefined ? undefined : packConfiguration("sales", enabling(components)),
    ["api.crm.com"],
  ),
  access: { state: "Approved", scope: "Organization", members: "OwnedDomains" },
  audience: { anyone: true },
  limits: { timeoutSeconds: 60, maxResponseBytes: 1024, maxConcurrentRuns: 1, isolation: "PerRun" },
  configuration: { name: "sales" },
});

const answer = (components: Listed, request: InvocationRequest, definition = CRM): Decision =>
  decide(grantBy({ allow: "Listed", ...components }, definition), request, { isMember: () => "no" }, NOW);

const isAction = (name: string): boolean => name === "Send" || name === "Drop";

/** Whether anything that was written could enable it, read off the words and not computed as the product does. */
const isEnabledByWords = ({ fetches, actions, formulas, syncTables }: Listed, { kind, name }: Wanted): boolean => {
  const subject = kind === "ColumnFormat" ? "Read" : name;
  const entry = syncTables?.find((it) => it.name === name);
  switch (kind) {
    case "Formula":
    case "ColumnFormat": {
      const policy = isAction(subject) ? actions : fetches;
      return policy !== "Deny" && (policy === "Allow" || formulas?.some((it) => it.name === subject) === true);
    }
    case "SyncTable":
      return fetches !== "Deny" && (fetches === "Allow" || entry !== undefined);
    case "SyncTableUpdate":
      if (fetches === "Deny" || (fetches !== "Allow" && entry === undefined)) return false;
      return actions !== "Deny" && entry?.update !== "Deny" && (actions === "Allow" || entry?.update === "Allow");
  }
};

test("S1-31 closed world: what no word enables is never allowed, and what is allowed some word enables", () => {
  let allowed = 0;
  fc.assert(
    fc.property(listed, requests, (components, request) => {
      const decision = answer(components, request);
      if (decision.allowed) {
        allowed++;
        expect(isEnabledByWords(components, request.component)).toBe(true);
      } else if (!isEnabledByWords(components, request.component)) {
        expect(["ComponentDisabled", "ComponentUnknown"]).toContain(decision.reason);
      }
    }),
    RUNS,
  );
  expect(allowed).toBeGreaterThan(RUNS.numRuns / 10);
});

test("S1-31 closed world: what a newer definition adds is not allowed unless its whole class is", () => {
  const newer = packDefinition(
    "crm",
    formula("Newest"),
    action("Newer"),
    syncTable("New"),
    columnFormat("Format", "Newest"),
  );
  const both: PackDefinition = {
    ...CRM,
    spec: {
      ...CRM.spec,
      formulas: [...(CRM.spec.formulas ?? []), ...(newer.spec.formulas ?? [])],
      syncTables: [...(CRM.spec.syncTables ?? []), ...(newer.spec.syncTables ?? [])],
      columnFormats: [...(CRM.spec.columnFormats ?? []), ...(newer.spec.columnFormats ?? [])],
    },
  };
  const added: fc.Arbitrary<Wanted> = fc.constantFrom<Wanted>(
    { kind: "Formula", name: "Newest" },
    { kind: "Formula", name: "Newer" },
    { kind: "SyncTable", name: "New" },
    { kind: "ColumnFormat", name: "Format" },
  );
  fc.assert(
    fc.property(listed, added, requests, (components, component, request) => {
      const policy = component.name === "Newer" ? components.actions : components.fetches;
      const decision = answer(components, { ...request, component, parameters: {} }, both);
      expect(decision.allowed && policy !== "Allow").toBe(false);
      expect(answer(components, request, both)).toEqual(answer(components, request));
    }),
    RUNS,
  );
});

/** Everything that enables something, taken away; an entry that also restricts stays where its class is allowed. */
const lessOf = (components: Listed): readonly Listed[] => {
  const { fetches, actions, formulas = [], syncTables = [] } = components;
  const isAllowed = (name: string): boolean => (isAction(name) ? actions : fetches) === "Allow";
  return [
    { ...components, fetches: "Deny" },
    { ...components, actions: "Deny" },
    ...formulas
      .filter(({ name, parameters: restrictions }) => restrictions === undefined || !isAllowed(name))
      .map((gone) => ({ ...components, formulas: formulas.filter((it) => it !== gone) })),
    ...syncTables
      .filter((it) => (it.parameters === undefined && it.dynamicURL === undefined) || fetches !== "Allow")
      .filter(({ update }) => update !== "Deny")
      .map((gone) => ({ ...components, syncTables: syncTables.filter((it) => it !== gone) })),
    ...syncTables.map((it, index) => ({
      ...components,
      syncTables: syncTables.with(index, { ...it, update: "Deny" }),
    })),
    ...formulas.map((it, index) => ({
      ...components,
      formulas: formulas.with(index, { ...it, parameters: [{ name: "project", rule: { values: [] } }] }),
    })),
  ];
};

test("S1-62 taking a permission out of a configuration never allows more", () => {
  let lost = 0;
  fc.assert(
    fc.property(listed, requests, (components, request) => {
      const before = answer(components, request);
      for (const less of lessOf(components)) {
        const after = answer(less, request);
        if (after.allowed) expect(before).toMatchObject({ allowed: true, parameters: after.parameters });
        else if (before.allowed) lost++;
      }
    }),
    RUNS,
  );
  expect(lost).toBeGreaterThan(RUNS.numRuns / 10);
});

test("S1-22 any restriction allows at most what no restriction allows", () => {
  fc.assert(
    fc.property(listed, requests, (components, request) => {
      if (!answer(components, request).allowed) return;
      expect(decide(grantBy(undefined), request, { isMember: () => "no" }, NOW).allowed).toBe(true);
      expect(decide(grantBy({ allow: "All" }), request, { isMember: () => "no" }, NOW).allowed).toBe(true);
    }),
    RUNS,
  );
});

test("S1-54 what is told beforehand is disabled exactly if no word enables it, with the field that decided", () => {
  fc.assert(
    fc.property(listed, (components) => {
      const grant = grantBy({ allow: "Listed", ...components });
      const overview = check(grant, { caller: ANN, user: ANN, mayInvoke: true }, { isMember: () => "no" }, NOW);
      if (!overview.allowed) throw new Error(overview.message);
      for (const it of overview.components) {
        const isDisabled = !it.allowed && it.reason === "ComponentDisabled";
        expect(isDisabled).toBe(!isEnabledByWords(components, it));
        if (!it.allowed) expect(it.rule).toMatch(/^spec\.components/);
      }
    }),
    RUNS,
  );
});
