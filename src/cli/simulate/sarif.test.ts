import { expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../resources/settings.ts";
import { sortOut } from "../input/load.ts";
import { parseManifests } from "../input/manifest.ts";
import { buildLiveWorld } from "../live-world.ts";
import { parseTarget, type Step, stepsOf, storedObjects } from "./change.ts";
import { simulate } from "./report.ts";
import { findingsOf } from "./sarif.ts";

const NOW = Date.UTC(2026, 0, 2, 12);
const SETTINGS = { ...DEFAULT_SETTINGS, admission: "Unchecked" } as const;

const loaded = (name: string, text: string) => sortOut([parseManifests({ name, text })]);

const kind = (word: string): string => `apiVersion: packs.dev/v1alpha1\nkind: ${word}\n`;

const configuration = (user: string): string => `${kind("PackConfiguration")}metadata:
  name: crm-sales
spec:
  packRef:
    name: crm
  access:
    scope: Subjects
    subjects:
      - kind: User
        name: ${user}
`;

const STORED = [
  `${kind("PackOrganization")}metadata: {name: default}\nspec: {members: OwnedDomains, ownedDomains: [example.com]}\n`,
  `${kind("PackDefinition")}metadata: {name: crm}
spec:
  displayName: CRM
  version: 1.0.0
  source: {bundle: {configMapRef: {name: crm, key: pack.js}, sha256: "${"0".repeat(64)}"}}
  networkDomains: [api.crm.com]
  authentication: {type: None}
`,
  configuration("ann@example.com"),
  ...["one", "two"].map(
    (namespace) =>
      `${kind("PackInstall")}metadata: {name: crm, namespace: ${namespace}}\nspec: {packRef: {name: crm}, installer: ann@example.com}\n`,
  ),
].join("---\n");

const findings = (...steps: readonly Step[]) => {
  const world = buildLiveWorld(storedObjects(loaded("stored.yaml", STORED), "default", NOW), new Map(), NOW);
  const { blame, report } = simulate(world, steps, SETTINGS);
  return findingsOf(report, steps, blame);
};

it("points at the line that does it, once for all installs", () => {
  const steps = stepsOf(loaded("changed.yaml", configuration("ben@example.com")), "default");
  expect(findings(...steps)).toEqual([
    {
      rule: "PACK501",
      level: "error",
      message: "2 installs, 'one/crm' and 'two/crm', would be uninstalled (InstallerAccessLost).",
      subject: { kind: "PackConfiguration", name: "crm-sales" },
      place: { file: "changed.yaml", line: 10, column: 5 },
      path: "spec.access.subjects",
    },
  ]);
});

it("points at nothing for what is deleted", () => {
  const [found, ...rest] = findings({ verb: "delete", target: parseTarget("configuration/crm-sales", "default") });
  expect(rest).toEqual([]);
  expect(found).toMatchObject({ rule: "PACK501", subject: { kind: "PackConfiguration", name: "crm-sales" } });
  expect(found?.place).toBeUndefined();
});

it.each([
  ["packinstall/crm", { kind: "PackInstall", key: "default/crm" }],
  ["PackInstalls/sales/crm", { kind: "PackInstall", key: "sales/crm" }],
  ["group/sales", { kind: "PackGroup", key: "sales" }],
  ["namespace/sales", { kind: "Namespace", key: "sales" }],
])("%s names an object", (text, target) => {
  expect(parseTarget(text, "default")).toEqual(target);
});

it.each(["crm", "packgrant/crm", "configuration/", "configuration/a/b", "install/a/b/c", "configuratio/crm"])(
  "%s names none",
  (text) => {
    expect(() => parseTarget(text, "default")).toThrow(/^--delete: /);
  },
);
