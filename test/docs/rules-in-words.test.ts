/** docs/policies.md and docs/reviews.md: every row of their tables is what the rules say, and no row is missing. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { CONDITIONS } from "../../src/api/conditions.ts";
import { PACK_KINDS } from "../../src/api/kinds.ts";
import { REASONS } from "../../src/api/reasons.ts";
import type {
  AccountAccess,
  PackConfiguration,
  PackDefinition,
  PackRequestSpec,
  ReviewApproval,
} from "../../src/api/v1alpha1/index.ts";
import { sortOut } from "../../src/cli/input/load.ts";
import { parseManifests } from "../../src/cli/input/manifest.ts";
import { isRefused } from "../../src/cli/schema/admission.ts";
import { admits } from "../../src/policy/access.ts";
import { compileAccounts } from "../../src/policy/account-choice.ts";
import type { AudienceEntry } from "../../src/policy/audience.ts";
import { evaluateDefinition } from "../../src/policy/definition.ts";
import { type Evaluation, evaluateInstall } from "../../src/policy/evaluate.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { absent, found } from "../../src/policy/truth.ts";
import {
  ANN,
  allowingDocs,
  allowingDomains,
  approved,
  authenticatedBy,
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
  denied,
  docIn,
  enabling,
  forGroups,
  forUsers,
  granting,
  groupsOf,
  inDoc,
  installInput,
  knowing,
  NOW,
  namespaceOwnedBy,
  OUTSIDER,
  onTrial,
  openToMembers,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packGroup,
  packInstall,
  packRequest,
  RULES,
  reaching,
  share,
  sharedWithin,
  suspended,
  viewing,
  withStatus,
  withUid,
} from "../gen/objects.ts";
import { approving, reviewOf } from "../gen/reviews.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PAGES = ["policies", "reviews"] as const;
const textOf = (page: (typeof PAGES)[number]): string => readFileSync(join(ROOT, "docs", `${page}.md`), "utf8");

/** The cells below a header, row by row. */
const tableOf = (page: (typeof PAGES)[number], header: string): readonly (readonly string[])[] => {
  const lines = textOf(page).split("\n");
  const start = lines.indexOf(header);
  if (start < 0) throw new Error(`docs/${page}.md has no table '${header}'`);
  const rows = lines.slice(start + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
};

const members = packConfiguration("members");
const onlyBen = packConfiguration("only-ben", forUsers(BEN));
const request = (decision: Partial<PackRequestSpec> = {}) => packRequest("please", decision);
const required = organizedBy({ approvals: { mode: "Required" } });

type World = Partial<InstallInput>;

describe("becoming installed", () => {
  const CASES: Readonly<Record<string, World>> = {
    "the admission policies are missing ([admission](admission.md))": {
      unvouched: { reason: "AdmissionMissing", message: "there is no policy." },
    },
    "there is no PackOrganization": { organization: absent },
    "there is no such PackDefinition": { definition: absent },
    "the definition breaks a rule": { definition: found(packDefinition("crm", reaching("github.io"))) },
    "the definition has facts that nobody reviewed ([reviews](reviews.md))": {
      definition: found(packDefinition("crm", reaching("api.crm.com", "files.crm.net"))),
    },
    "a configuration of the pack is `Denied`": { configurations: [members, packConfiguration("deny", denied())] },
    "the pack is in this doc already": {
      siblings: [packInstall("older", boundTo(members), createdAt(NOW - 7_200_000))],
    },
    "the pack must be approved first ([requests](reviews.md#requests))": {
      organization: found(organization(required)),
      configurations: [],
    },
    "the request was denied": {
      organization: found(organization(required)),
      configurations: [],
      requests: [request(decidedAs("Denied"))],
    },
    "the configuration that the install names does not exist": { install: packInstall("crm", choosing("nobody")) },
    "the installer has no access to the configuration that the install names": {
      install: packInstall("crm", choosing("only-ben")),
      configurations: [onlyBen],
    },
    "the installer has access to several configurations and names none": {
      configurations: [members, packConfiguration("ann", forUsers(ANN))],
    },
    "whether the installer is in a group is not known": {
      configurations: [packConfiguration("sales", forGroups("sales"))],
      groups: viewing(packGroup("sales", { members: [ANN], source: { name: "scim", maxAgeSeconds: 60 } })),
    },
    "the installer has access to no configuration": { configurations: [onlyBen] },
    "the pack reaches a domain outside of `allowedDomains`": {
      configurations: [changed(members, allowingDomains("example.com"))],
    },
    "the PackDoc that the install names does not exist": { install: packInstall("crm", inDoc("plan")), doc: absent },
    "`allowedDocs` does not name the doc": { configurations: [changed(members, allowingDocs("elsewhere"))] },
    "somebody in the doc has no access to the configuration, which asks for that": {
      configurations: [changed(members, sharedWithin())],
      doc: docIn(packDocObject("plan", { sharing: [share("User", OUTSIDER)] })),
    },
    "who is in the doc is not known, and the configuration asks for that": {
      configurations: [changed(members, sharedWithin())],
    },
  };
  const rows = tableOf("policies", "| the case | reason | |");

  it("every case is in the table, and no other", () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(CASES));
  });

  it.each(rows)("%s: %s, %s", (name = "", reason = "", word = "") => {
    const evaluation = evaluateInstall(installInput(CASES[name] ?? {}));
    const outcome = word === "waits" ? "Waiting" : "Refused";
    expect(evaluation).toMatchObject({ outcome, problem: { reason: reason.replaceAll("`", "") } });
  });
});

describe("staying installed", () => {
  const plan = packDocObject("plan");
  const folder = packFolder("drafts");
  const open = packFolder("company", { sharing: [share("User", OUTSIDER)] });
  const within = changed(members, sharedWithin());
  const installedBy = (configuration: PackConfiguration, ...changes: Change<ReturnType<typeof packInstall>>[]) =>
    packInstall("crm", boundTo(configuration), ...changes);
  const bound = (...changes: Change<PackConfiguration>[]): World => ({
    install: installedBy(members),
    configurations: [changed(members, ...changes)],
  });
  const inPlan = (world: World): World => ({
    install: installedBy(within, inDoc("plan"), withStatus({ folders: ["drafts"] })),
    configurations: [within],
    doc: docIn(
      changed(plan, (doc) => ({ ...doc, spec: { ...doc.spec, folderRef: { name: "drafts" } } })),
      folder,
    ),
    ...world,
  });
  const inFolder = (name: string, ...folders: ReturnType<typeof packFolder>[]): World["doc"] & object =>
    docIn(packDocObject("plan", { folderRef: { name } }), ...folders);
  const byDefault: World = {
    install: packInstall("crm", boundByDefault()),
    organization: found(organization(openToMembers())),
    configurations: [],
  };
  const byRequest = { namespace: "team", name: "please", uid: request().metadata.uid ?? "" };
  const CASES: Readonly<Record<string, World>> = {
    "components, parameters, accounts or scopes are edited": bound(
      enabling({ formulas: [{ name: "Gone", parameters: [{ name: "x", rule: { values: ["1"] } }] }] }),
      configuredBy({ accounts: { allow: "Listed" }, oauthScopes: { allow: "Listed" } }),
    ),
    "the definition loses a domain or a building block": {
      ...bound(),
      definition: found(packDefinition("crm", reaching(), knowing("api.crm.com"))),
    },
    "the definition gains a domain that needs a review": {
      ...bound(),
      definition: found(packDefinition("crm", reaching("api.crm.com", "more.net"), knowing("api.crm.com"))),
    },
    "the definition breaks a rule": { ...bound(), definition: found(packDefinition("crm", reaching("github.io"))) },
    "another configuration appears": {
      install: installedBy(members),
      configurations: [members, packConfiguration("wide", approved()), onlyBen],
    },
    "a domain is added to `ownedDomains`": {
      ...bound(),
      organization: found(organization(organizedBy({ ownedDomains: ["example.com", "acquired.net"] }))),
    },
    "approvals become `Required`": { ...bound(), organization: found(organization(required)) },
    "the approved PackRequest is deleted": {
      install: packInstall("crm", boundByDefault(byRequest)),
      configurations: [],
    },
    "the installer loses access, and the doc's owner has it": {
      ...bound(forUsers(BEN)),
      doc: namespaceOwnedBy(found(BEN)),
    },
    "the data of a group becomes stale": {
      ...bound(forGroups("sales")),
      groups: viewing(packGroup("sales", { members: [], source: { name: "scim", maxAgeSeconds: 60 } })),
    },
    "the folders of the doc form a loop": inPlan({
      doc: inFolder("drafts", packFolder("drafts", { parentRef: { name: "drafts" } })),
    }),
    "the PackOrganization is deleted": { ...bound(), organization: absent, granted: granting("api.crm.com") },
    "`suspend: true`": { ...bound(), install: installedBy(members, suspended()) },
    "a foreign NetworkPolicy widens what the sandbox reaches": { ...bound(), widenedBy: ["open"] },
    "the bound configuration is deleted and made again before the latch, and admits the installer": bound(
      withUid("another"),
    ),
    "the first configuration of the pack appears, and admits the installer": {
      ...byDefault,
      configurations: [members],
    },
    "the first configuration of the pack appears, and does not admit the installer": {
      ...byDefault,
      configurations: [onlyBen],
    },
    "the definition is deleted": { ...bound(), definition: absent },
    "a configuration of the pack becomes `Denied`": {
      install: installedBy(members),
      configurations: [members, packConfiguration("deny", denied())],
    },
    "the bound configuration is deleted": { install: installedBy(members), configurations: [] },
    "the bound configuration becomes `Audit`": bound(onTrial()),
    "neither the installer nor the doc's owner has access any more": {
      ...bound(forUsers("cid@example.com")),
      doc: namespaceOwnedBy(found(BEN)),
    },
    "`defaultAccess` becomes `Deny`, and there is no configuration": {
      ...byDefault,
      organization: found(organization()),
    },
    "a domain in effect is outside of `allowedDomains`": bound(allowingDomains("example.com")),
    "`allowedDocs` does not name the doc any more": bound(allowingDocs("elsewhere")),
    "the doc is shared with somebody without access, which the configuration forbids": inPlan({
      doc: docIn(packDocObject("plan", { sharing: [share("Anyone")] })),
    }),
    "a folder above the doc is shared with somebody without access, which the configuration forbids": inPlan({
      doc: inFolder("drafts", packFolder("drafts", { sharing: [share("User", OUTSIDER)] })),
    }),
    "the doc moves to a folder with somebody without access, which the configuration forbids": inPlan({
      doc: inFolder("company", open),
    }),
    "the PackDoc is deleted": inPlan({ doc: absent }),
    "the PackRequest that admitted it is denied": {
      install: packInstall("crm", boundByDefault(byRequest)),
      configurations: [],
      requests: [request(decidedAs("Denied"))],
    },
  };
  const rows = tableOf("policies", "| change | effect |");

  const effectOf = (evaluation: Evaluation): string => {
    if (evaluation.outcome === "Uninstalled") return `uninstalled: ${evaluation.cause.reason}`;
    if (evaluation.outcome !== "Installed") return evaluation.outcome;
    const { suspended: rests, unknown } = evaluation;
    if (rests !== undefined) return `stays, suspended: ${rests.reason}`;
    return unknown === undefined ? "stays" : `stays, unknown: ${unknown.reason}`;
  };

  it("every change is in the table, and no other", () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(CASES));
  });

  it.each(rows)("%s: %s", (name = "", effect = "") => {
    expect(effectOf(evaluateInstall(installInput(CASES[name] ?? {})))).toBe(effect.replaceAll("`", ""));
  });
});

describe("an account with", () => {
  const header =
    "| setting of the account | fetch by the owner | fetch by others in the doc | action by the owner | action by others in the doc |";
  const USES = [
    { action: false, user: ANN },
    { action: false, user: BEN },
    { action: true, user: ANN },
    { action: true, user: BEN },
  ] as const;

  it.each(tableOf("policies", header))("%s serves as its row says", (settings = "", ...cells) => {
    const access = Object.fromEntries(
      [...settings.matchAll(/`(\w+): (\w+)`/g)].map(([, key, value]) => [key, value]),
    ) as Required<AccountAccess>;
    const account = { name: "team/a", owner: ANN, secret: "a", placement: { type: "OAuth2" }, ...access } as const;
    const serves = (use: (typeof USES)[number], types: readonly ("Private" | "Shared")[]): boolean =>
      compileAccounts([account], types).choose({
        ...use,
        component: "Any",
        connection: "Required",
        chosen: undefined,
        now: NOW,
      }).ok;
    const answers = USES.map((use) => {
      if (!serves(use, ["Private", "Shared"])) return "no";
      return serves(use, ["Private"]) ? "yes, private" : "yes, shared";
    });
    expect(answers).toEqual(cells);
  });
});

describe("a doc that is shared with", () => {
  const header = "| shared with | fits `scope: Organization` | fits `scope: Subjects` | fits `Approved` |";
  const groups = groupsOf({ sales: [ANN], alike: [ANN], mixed: [ANN, BEN], guests: [ANN, OUTSIDER] });
  const entry = (kind: AudienceEntry["kind"], name = "*"): AudienceEntry => ({ kind, name });
  const CASES: Readonly<Record<string, AudienceEntry>> = {
    "a user with access": entry("User", ANN),
    "a member without access": entry("User", BEN),
    "an outsider": entry("User", OUTSIDER),
    "a group of members that is named": entry("Group", "sales"),
    "a group of members that is not named, all of whom have access": entry("Group", "alike"),
    "a group of members that is not named, some of whom have no access": entry("Group", "mixed"),
    "a group with an outsider in it": entry("Group", "guests"),
    "an owned mail domain": entry("Domain", "example.com"),
    "another mail domain": entry("Domain", "elsewhere.org"),
    anyone: entry("Anyone"),
  };
  const subjects = packConfiguration(
    "subjects",
    configuredBy({
      access: {
        scope: "Subjects",
        subjects: [
          { kind: "User", name: ANN },
          { kind: "User", name: OUTSIDER },
          { kind: "Group", name: "sales" },
          { kind: "Group", name: "guests" },
        ],
      },
    }),
  );
  const configurations = [members, subjects, packConfiguration("approved", approved())];
  const rows = tableOf("policies", header);

  it("every entry is in the table, and no other", () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(CASES));
  });

  it.each(rows)("%s fits: %s, %s, %s", (name = "", ...cells) => {
    const world = { organization: found(organization()), groups };
    const answers = configurations.map((it) => admits(CASES[name] ?? entry("Anyone"), it, world));
    expect(cells.map((cell, index) => (cell === "" ? answers[index] : cell))).toEqual(answers);
  });
});

describe("reviews", () => {
  const oauth2 = (tokenURL: string) =>
    authenticatedBy({
      type: "OAuth2",
      oauth2: { authorizationURL: "https://login.crm.com/a", tokenURL },
    });
  const CASES: Readonly<Record<string, { readonly definition: PackDefinition; readonly approve: ReviewApproval }>> = {
    NetworkDomains: {
      definition: packDefinition("crm", reaching("api.crm.com", "files.net")),
      approve: { networkDomains: ["api.crm.com", "files.net"] },
    },
    TokenURL: {
      definition: packDefinition("crm", oauth2("https://token.net/t")),
      approve: { tokenURL: "https://token.net/t" },
    },
    CustomAuthentication: {
      definition: packDefinition("crm", authenticatedBy({ type: "Custom", custom: { params: [{ name: "key" }] } })),
      approve: { customAuthentication: true },
    },
    ResponseBytes: {
      definition: packDefinition("crm", definedBy({ sandbox: { maxResponseBytes: 26_214_401 } })),
      approve: { responseBytes: 26_214_401 },
    },
    SharedSuffix: {
      definition: packDefinition("crm", reaching("crm.github.io"), authenticatedBy({ type: "HeaderBearerToken" })),
      approve: { networkDomains: ["crm.github.io"] },
    },
  };
  const rows = tableOf("reviews", "| fact | what it is | approved in `spec.approve` by |");
  const bare = (cell = ""): string => cell.replaceAll("`", "");

  it("every fact that needs one is in the table, and no other", () => {
    expect(rows.map(([name]) => bare(name))).toEqual(Object.keys(CASES));
  });

  it.each(rows)("%s needs one, and %s, approved by %s, has it", (name = "", _ = "", field = "") => {
    const known = CASES[bare(name)];
    if (known === undefined) throw new Error(`there is no case of ${name}`);
    expect(Object.keys(known.approve)).toEqual([bare(field)]);
    const input = {
      definition: known.definition,
      organization: found(organization()),
      known: [],
      now: NOW,
      rules: RULES,
    };
    const factsOf = (reviews: Parameters<typeof evaluateDefinition>[0]["reviews"]) =>
      evaluateDefinition({ ...input, reviews }).unreviewed.map(({ fact }) => fact);
    expect(factsOf([])).toEqual([bare(name)]);
    expect(factsOf([reviewOf(known.definition, "fine", approving(known.approve))])).toEqual([]);
  });
});

describe("S1-13 S1-57 approvals and configurations are separate:", () => {
  const header =
    "| approvals | configurations of the pack | without a request | request pending | request denied | request approved |";
  const CONFIGURATIONS: Readonly<Record<string, readonly PackConfiguration[]>> = {
    none: [],
    "one that admits the installer": [members],
    "only for others": [onlyBen],
  };
  const REQUESTS = [[], [request()], [request(decidedAs("Denied"))], [request(decidedAs("Approved"))]];
  const rows = tableOf("reviews", header);

  it("every combination is in the table", () => {
    const combinations = ["`Off`", "`Required`"].flatMap((mode) => Object.keys(CONFIGURATIONS).map((it) => [mode, it]));
    expect(rows.map((row) => row.slice(0, 2))).toEqual(combinations);
  });

  it.each(rows)("%s, %s", (mode = "", name = "", ...cells) => {
    const world: World = {
      organization: found(organization(...(mode === "`Required`" ? [required] : []))),
      configurations: CONFIGURATIONS[name] ?? [],
    };
    const outcomes = REQUESTS.map((requests) => {
      const evaluation = evaluateInstall(installInput({ ...world, requests }));
      return "problem" in evaluation ? `\`${evaluation.problem.reason}\`` : evaluation.outcome;
    });
    expect(outcomes).toEqual(cells);
  });
});

describe.each(PAGES)("docs/%s.md", (page) => {
  const text = textOf(page);

  test("uses no reason, condition, kind or value that does not exist", () => {
    const api = globSync("crds/*.yaml", { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), "utf8"));
    const known = new Set<string>([
      ...Object.keys(REASONS),
      ...Object.values(CONDITIONS).flatMap((list) => list.map(({ type }) => type)),
      ...PACK_KINDS.map(({ kind }) => kind),
      ...api.flatMap((crd) => crd.match(/\b[A-Z][A-Za-z]+\b/g) ?? []),
      ...tableOf("reviews", "| fact | what it is | approved in `spec.approve` by |").map(([it = ""]) =>
        it.slice(1, -1),
      ),
    ]);
    const used = [...text.matchAll(/`([A-Z][a-zA-Z]+)(?:=\w+)?`/g)].map(([, word = ""]) => word);
    expect(used.filter((word) => !known.has(word))).toEqual([]);
  });

  test("links to what exists", () => {
    const targets = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, target = ""]) => target);
    expect(targets.filter((target) => !existsSync(join(dirname(join(ROOT, "docs", `${page}.md`)), target)))).toEqual(
      [],
    );
  });

  test("its YAML is what the API server takes", () => {
    for (const [, yaml = ""] of text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)) {
      const { ours } = sortOut([parseManifests({ name: page, text: yaml })]);
      expect(ours.map(({ admitted }) => isRefused(admitted))).toEqual([false]);
    }
  });
});
