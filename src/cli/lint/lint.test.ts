import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NOW } from "../../../test/gen/objects.ts";
import { DEFAULT_SETTINGS } from "../../resources/settings.ts";
import { sortOut } from "../input/load.ts";
import { parseManifests } from "../input/manifest.ts";
import { type LintOptions, lint } from "./lint.ts";
import { RULE_IDS, RULES, type RuleId } from "./rules.ts";

const OPTIONS: LintOptions = { settings: DEFAULT_SETTINGS, namespace: "default", now: NOW, strict: false };

const run = (text: string, options: Partial<LintOptions> = {}) =>
  lint(sortOut([parseManifests({ name: "a.yaml", text })]), { ...OPTIONS, ...options });

const idsOf = (text: string, options: Partial<LintOptions> = {}): readonly RuleId[] =>
  run(text, options).map(({ rule }) => rule);

const object = (kind: string, name: string, spec: string, meta = ""): string =>
  `---\napiVersion: packs.dev/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}${meta}}\nspec: ${spec}\n`;

const SOURCE = `source: {bundle: {configMapRef: {name: a, key: a.js}, sha256: ${"a".repeat(64)}}}`;
const ORGANIZATION = object("PackOrganization", "default", "{members: OwnedDomains, ownedDomains: [example.com]}");
const DEFINITION = object(
  "PackDefinition",
  "crm",
  `{displayName: CRM, version: "1", ${SOURCE}, authentication: {type: None}, formulas: [{name: Get, parameters: [{name: id, type: String}]}, {name: Put, action: true}], syncTables: [{name: Deals, writable: true}]}`,
);
const configuration = (spec: string, name = "crm"): string =>
  object("PackConfiguration", name, `{packRef: {name: crm}, ${spec}}`);
const MEMBERS = "access: {scope: Organization}";
const listed = (components: string): string => configuration(`${MEMBERS}, components: {allow: Listed, ${components}}`);
const INSTALL = object(
  "PackInstall",
  "crm",
  "{packRef: {name: crm}, installer: anna@example.com}",
  ", namespace: team",
);
const GOOD = ORGANIZATION + DEFINITION + configuration(MEMBERS) + INSTALL;

test("good objects give no findings", () => {
  expect(run(GOOD)).toEqual([]);
  expect(run(GOOD, { strict: true })).toEqual([]);
});

/** Each rule with input that breaks it, and the place where it is said. */
const CASES: readonly (readonly [RuleId, string, string])[] = [
  ["PACK001", "a: [1\n", ""],
  ["PACK002", "text\n", ""],
  ["PACK003", `${GOOD}---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n`, ""],
  ["PACK004", object("PackInstal", "a", "{}"), "kind"],
  ["PACK004", "apiVersion: packs.dev/v1\nkind: PackInstall\nmetadata: {name: a}\n", "kind"],
  ["PACK005", GOOD + INSTALL, "metadata.name"],
  [
    "PACK007",
    object("PackOrganization", "default", `{members: Everyone, supportContact: "${"a".repeat(1_600_000)}"}`),
    "",
  ],
  ["PACK101", configuration(`${MEMBERS}, acess: {}`), "spec.acess"],
  ["PACK102", object("PackInstall", "a", "{packRef: {name: crm}}"), "spec.installer"],
  ["PACK103", configuration(`${MEMBERS}, gracePeriodSeconds: "60"`), "spec.gracePeriodSeconds"],
  ["PACK104", configuration("state: denied"), "spec.state"],
  [
    "PACK104",
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: x}\n",
    "spec.podSelector",
  ],
  [
    "PACK105",
    configuration("access: {scope: Subjects, subjects: [{kind: User, name: a}, {kind: User, name: a}]}"),
    "spec.access.subjects[1]",
  ],
  ["PACK106", configuration(`state: Denied, ${MEMBERS}`), "spec.access"],
  ["PACK108", object("PackConfiguration", "Crm", `{packRef: {name: crm}, ${MEMBERS}}`), "metadata.name"],
  [
    "PACK108",
    object("PackConfiguration", "crm", `{packRef: {name: crm}, ${MEMBERS}}`, ', labels: {"a b": c}'),
    "metadata.labels.a b",
  ],
  ["PACK109", `${ORGANIZATION}status: {observedGeneration: 1}\n`, "status"],
  ["PACK110", object("PackOrganization", "default", "{members: Everyone}", ", namespace: a"), "metadata.namespace"],
  ["PACK111", object("PackGrant", "a", "{install: {namespace: a, name: b, uid: c}, pack: d, state: Revoked}"), "kind"],
  [
    "PACK201",
    ORGANIZATION +
      object(
        "PackDefinition",
        "a",
        `{displayName: A, version: "1", ${SOURCE}, networkDomains: [example.com, co.uk], authentication: {type: None}}`,
      ),
    "spec.networkDomains[1]",
  ],
  [
    "PACK201",
    DEFINITION + listed('syncTables: [{name: Deals, dynamicURL: {values: ["https://example.com:8443/"]}}]'),
    "spec.components.syncTables[0].dynamicURL.values[0]",
  ],
  [
    "PACK202",
    object(
      "PackDefinition",
      "a",
      `{displayName: A, version: "1", ${SOURCE}, networkDomains: [example.com, example.org], authentication: {type: None}}`,
    ),
    "spec",
  ],
  ["PACK203", ORGANIZATION + DEFINITION + INSTALL, "spec"],
  ["PACK301", INSTALL, "spec.packRef.name"],
  ["PACK302", ORGANIZATION + DEFINITION + listed("formulas: [{name: Gett}]"), "spec.components.formulas[0].name"],
  [
    "PACK303",
    ORGANIZATION + DEFINITION + listed("formulas: [{name: Get, parameters: [{name: ID, rule: {values: [a]}}]}]"),
    "spec.components.formulas[0].parameters[0].name",
  ],
  ["PACK401", DEFINITION + listed("actions: Deny, formulas: [{name: Put}]"), "spec.components.formulas[0].name"],
  ["PACK401", DEFINITION + listed("fetches: Deny, syncTables: [{name: Deals}]"), "spec.components.syncTables[0].name"],
  [
    "PACK401",
    DEFINITION + listed("actions: Deny, syncTables: [{name: Deals, update: Allow}]"),
    "spec.components.syncTables[0].update",
  ],
  ["PACK402", configuration("access: {scope: Subjects}"), "spec.access.subjects"],
  ["PACK402", configuration(`${MEMBERS}, components: {allow: Listed}`), "spec.components.allow"],
  ["PACK402", configuration(`${MEMBERS}, network: {allow: Listed}`), "spec.network.allow"],
  ["PACK402", configuration(`${MEMBERS}, doc: {sharing: {allow: Listed}}`), "spec.doc.sharing.allow"],
  [
    "PACK403",
    GOOD + object("PackInstall", "again", "{packRef: {name: crm}, installer: anna@example.com}", ", namespace: team"),
    "spec.packRef",
  ],
  ["PACK404", object("PackInstall", "a", "{packRef: {name: crm}, installer: a, suspend: true}"), "spec.suspend"],
  ["PACK405", DEFINITION + configuration(MEMBERS) + configuration("state: Denied", "nobody"), "spec.packRef.name"],
  ["PACK406", configuration("state: Approved"), "spec.state"],
  [
    "PACK407",
    ORGANIZATION + configuration("access: {scope: Subjects, subjects: [{kind: User, name: anna@elsewhere.org}]}"),
    "spec.access.subjects[0].name",
  ],
  [
    "PACK408",
    object("PackInstall", "a", "{packRef: {name: crm}, installer: a}", ", namespace: packs-system"),
    "metadata.namespace",
  ],
  ["PACK409", listed("syncTables: [{name: REPLACE_ME_SYNC_TABLE}]"), "spec.components.syncTables[0].name"],
];

test.each(CASES)("%s is found (%#)", (rule, text, path) => {
  const found = run(text).find((finding) => finding.rule === rule);
  expect(found).toMatchObject({ level: RULES[rule].level, place: { file: "a.yaml" } });
  expect(found?.path ?? "").toBe(path);
});

/** Tested elsewhere: one is about the input as a whole, the other about rules that the present CRDs do not have. */
const WITHOUT_CASE: readonly RuleId[] = ["PACK006", "PACK107"];

test("every rule has a case, and the documentation lists it with its level", () => {
  const docs = readFileSync(join(import.meta.dirname, "..", "..", "..", "docs", "cli.md"), "utf8");
  for (const id of RULE_IDS) {
    const { name, level, text } = RULES[id];
    if (!WITHOUT_CASE.includes(id)) expect(CASES.map(([rule]) => rule)).toContain(id);
    expect(docs).toContain(`| <a id="${id.toLowerCase()}"></a>${id} | ${name} | ${level} | ${text}`);
  }
});

describe("strict", () => {
  test("missing objects and installs that do not come about are errors", () => {
    const levels = run(DEFINITION + INSTALL, { strict: true }).map(({ rule, level }) => [rule, level]);
    expect(levels).toEqual([["PACK203", "error"]]);
    expect(run(INSTALL, { strict: true })).toContainEqual(expect.objectContaining({ rule: "PACK301", level: "error" }));
  });
});

describe("verdicts", () => {
  test("a reference is found by namespace, and the default one counts", () => {
    const account = object(
      "PackAccount",
      "mine",
      "{packRef: {name: crm}, owner: a, access: {}, credential: {secretRef: {name: s}}}",
      ", namespace: team",
    );
    const install = (namespace: string): string =>
      object("PackInstall", "crm", "{packRef: {name: crm}, installer: a, accountRefs: [{name: mine}]}", namespace);
    expect(idsOf(DEFINITION + account + install(", namespace: team"))).not.toContain("PACK301");
    expect(idsOf(DEFINITION + account + install(""))).toContain("PACK301");
    expect(idsOf(DEFINITION + account + install(""), { namespace: "team" })).not.toContain("PACK301");
  });

  test("settings decide which domains may be declared", () => {
    const text =
      ORGANIZATION +
      object(
        "PackDefinition",
        "a",
        `{displayName: A, version: "1", ${SOURCE}, networkDomains: [api.corp.example.com], authentication: {type: None}}`,
      );
    expect(idsOf(text)).toEqual([]);
    expect(idsOf(text, { settings: { ...DEFAULT_SETTINGS, clusterDomain: "corp.example.com" } })).toEqual(["PACK201"]);
  });

  test("a faulty object does not make others faulty", () => {
    expect(idsOf(GOOD + configuration("state: denied", "other"))).toEqual(["PACK104"]);
  });

  test("findings come in reading order", () => {
    const lines = run(configuration("access: {scope: Subjects}") + INSTALL).map(({ place }) => place.line);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });
});
