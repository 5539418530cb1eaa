import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { KubeObject } from "../../api/meta.ts";
import type { PackConfiguration, PackDefinition, PackGrant } from "../../api/v1alpha1/index.ts";
import { DEFAULT_SETTINGS } from "../../resources/settings.ts";
import { renderInstalls } from "../commands/render.ts";
import { sortOut, validObjects } from "../input/load.ts";
import { parseManifests } from "../input/manifest.ts";
import type { Finding } from "../lint/finding.ts";
import { lint } from "../lint/lint.ts";
import { partsOf } from "../pack/parts.ts";
import { PLACEHOLDER } from "../placeholder.ts";
import { PRESET_NAMES, type PresetName, presetMisfit, presetYaml } from "./presets.ts";

const NOW = Date.UTC(2026, 10, 23);

const DEFINITION = `
apiVersion: packs.dev/v1alpha1
kind: PackDefinition
metadata: {name: crm}
spec:
  displayName: CRM
  version: "1.2"
  source: {bundle: {configMapRef: {name: crm, key: a.js}, sha256: ${"a".repeat(64)}}}
  networkDomains: [api.example.com]
  authentication:
    type: OAuth2
    oauth2: {authorizationURL: "https://example.com/a", tokenURL: "https://example.com/t", scopes: ["deals:read"]}
  scopes: [{name: "deals:read", access: Read, description: Reads deals.}]
  formulas:
    - {name: Find, description: "Finds deals.\\nIn every region."}
    - {name: Close, action: true, description: Closes a deal., extraOAuthScopes: ["deals:write"]}
  syncTables:
    - {name: Deals, description: Open deals., writable: true}
    - {name: "Off"}
`;
const WORLD = `${DEFINITION}---
apiVersion: packs.dev/v1alpha1
kind: PackOrganization
metadata: {name: default}
spec: {members: OwnedDomains, ownedDomains: [example.com]}
---
apiVersion: packs.dev/v1alpha1
kind: PackInstall
metadata: {name: crm, namespace: team}
spec: {packRef: {name: crm}, installer: ann@example.com}
`;

const parts = partsOf(parse(DEFINITION) as PackDefinition);
const outline = (preset: PresetName, known = true): string =>
  presetYaml(preset, { pack: "crm", name: `crm-${preset}`, ...(known ? { parts } : {}) });

/** As a person would complete it. */
const completed = (preset: PresetName): string =>
  outline(preset)
    .replace(PLACEHOLDER.syncTable, "Deals")
    .replace(PLACEHOLDER.scope, "deals:read")
    .replace(PLACEHOLDER.group, "finance");

const specOf = (yaml: string): PackConfiguration["spec"] => (parse(yaml) as PackConfiguration).spec;

const findingsIn = (text: string): readonly Finding[] =>
  lint(sortOut([parseManifests({ name: "a.yaml", text })]), {
    settings: DEFAULT_SETTINGS,
    namespace: "default",
    now: NOW,
    strict: false,
  });

const enabledIn = (preset: PresetName): readonly string[] => {
  const loaded = sortOut([parseManifests({ name: "a.yaml", text: `${WORLD}---\n${completed(preset)}` })]);
  const [rendered] = renderInstalls(validObjects(loaded), {
    namespace: "default",
    now: NOW,
    settings: DEFAULT_SETTINGS,
  });
  const grant = rendered?.objects.find((object: KubeObject): object is PackGrant => object.kind === "PackGrant");
  return (grant?.spec.components ?? []).filter(({ enabled }) => enabled).map(({ kind, name }) => `${kind} ${name}`);
};

const RESTRICTED = { packRef: { name: "crm" }, access: { scope: "Organization" } };

describe("the five presets", () => {
  it("S1-21 S1-33 quick starts: each is a PackConfiguration that the API server would take as it is", () => {
    for (const preset of PRESET_NAMES) {
      for (const known of [true, false]) {
        const rules = findingsIn(outline(preset, known)).map(({ rule }) => rule);
        expect(rules.filter((rule) => rule < "PACK200")).toEqual([]);
      }
    }
  });

  it("S1-34 allow-all: every member may use everything", () => {
    expect(specOf(outline("allow-all"))).toEqual(RESTRICTED);
    expect(enabledIn("allow-all")).toEqual(
      expect.arrayContaining(["Formula Find", "Formula Close", "SyncTable Deals", "SyncTable Off"]),
    );
  });

  it("S1-35 private-actions: buttons only, each with the user's own account", () => {
    expect(specOf(outline("private-actions"))).toEqual({
      ...RESTRICTED,
      components: { allow: "Listed", actions: "Allow" },
      accounts: { allow: "Listed", types: ["Private"] },
    });
    const enabled = enabledIn("private-actions");
    expect(enabled).toContain("Formula Close");
    for (const off of ["Formula Find", "SyncTable Deals", "SyncTable Off"]) expect(enabled).not.toContain(off);
  });

  it("S1-36 tables-only: the named tables, and no button", () => {
    expect(specOf(outline("tables-only"))).toEqual({
      ...RESTRICTED,
      components: { allow: "Listed", syncTables: [{ name: PLACEHOLDER.syncTable }] },
    });
    expect(enabledIn("tables-only")).toEqual(["SyncTable Deals"]);
  });

  it("S1-37 restrict-sharing: docs are shared with people who have access only, and it warns that this is drastic", () => {
    expect(specOf(outline("restrict-sharing"))).toEqual({
      packRef: { name: "crm" },
      access: { scope: "Subjects", subjects: [{ kind: "Group", name: PLACEHOLDER.group }] },
      doc: { sharing: { allow: "All", enforcePackConfigurationPermissions: true } },
    });
    expect(outline("restrict-sharing")).toMatch(/^# WARNING: .*drastic/m);
  });

  it("S1-38 oauth-scopes: the declared scopes only", () => {
    expect(specOf(outline("oauth-scopes"))).toEqual({
      ...RESTRICTED,
      oauthScopes: { allow: "Listed", allowed: [PLACEHOLDER.scope] },
    });
  });
});

describe("S1-39 outlines must be completed", () => {
  it.each([
    ["tables-only", "spec.components.syncTables[0].name", "The sync table. The pack has: Deals, Off."],
    ["oauth-scopes", "spec.oauthScopes.allowed[0]", "The pack has: deals:read, deals:write."],
    ["restrict-sharing", "spec.access.subjects[0].name", "the group as its PackGroup names it."],
  ] as const)("%s fails lint until it is edited, and lint says what to write", (preset, path, words) => {
    const findings = findingsIn(`${DEFINITION}---\n${outline(preset)}`).filter((finding) => finding.path === path);
    expect(findings).toEqual([expect.objectContaining({ rule: "PACK409", level: "error" })]);
    expect(findings[0]?.message).toContain(words);
    const rules = findingsIn(`${DEFINITION}---\n${completed(preset)}`).map(({ rule }) => rule);
    expect(rules).not.toContain("PACK409");
  });

  it.each(["allow-all", "private-actions"] as const)("%s has nothing to complete", (preset) => {
    expect(findingsIn(`${WORLD}---\n${outline(preset)}`)).toEqual([]);
  });
});

describe("with the definition at hand", () => {
  it("lists what the pack has, each entry ready to be used", () => {
    const text = outline("tables-only");
    expect(text).toContain(
      '# The sync tables of CRM 1.2:\n      # - name: Deals  # Open deals.\n      # - name: "Off"\n',
    );
    const chosen = text
      .replace(`- name: ${PLACEHOLDER.syncTable}`, "# chosen")
      .replace('# - name: "Off"', '- name: "Off"');
    expect(specOf(chosen).components?.syncTables).toEqual([{ name: "Off" }]);
  });

  it("a description of several lines stays in its comment", () => {
    expect(outline("allow-all")).toContain("#   Find  # Finds deals.\n");
  });

  it("says where a preset makes no sense for a pack", () => {
    const empty = { title: "Empty 1", fetches: [], actions: [], syncTables: [], scopes: [] };
    const subject = { pack: "empty", name: "empty", parts: empty };
    expect(PRESET_NAMES.filter((preset) => presetMisfit(preset, subject) !== undefined)).toEqual([
      "private-actions",
      "tables-only",
      "oauth-scopes",
    ]);
    expect(presetMisfit("tables-only", { pack: "crm", name: "crm", parts })).toBeUndefined();
  });

  it("says where to look if it is not", () => {
    expect(outline("tables-only", false)).toContain("# `packctl schema crm` lists the sync tables of the pack.");
  });
});

it("a name that YAML reads as something else is quoted", () => {
  const text = presetYaml("allow-all", { pack: "on", name: "1" });
  expect(parse(text, { version: "1.1" })).toMatchObject({ metadata: { name: "1" }, spec: { packRef: { name: "on" } } });
});
