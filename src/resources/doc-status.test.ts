import { describe, expect, test } from "vitest";
import { kstatusOf } from "../../test/gen/kstatus.ts";
import {
  ANN,
  BEN,
  changed,
  configuredBy,
  createdAt,
  forGroups,
  NOW,
  OUTSIDER,
  organization,
  packConfiguration,
  packDocObject,
  packFolder,
  packGroup,
  share,
  viewing,
  withUid,
} from "../../test/gen/objects.ts";
import type { PackDoc, PackFolder, PackGroup, Share } from "../api/v1alpha1/index.ts";
import { audienceOf } from "../policy/audience.ts";
import { absent, found, lookup } from "../policy/truth.ts";
import { conditionOf } from "./conditions.ts";
import { type DocStatusInput, docStatus } from "./doc-status.ts";

const STALE: PackGroup = packGroup("old", { members: [ANN], source: { name: "scim", maxAgeSeconds: 60 } });
const GROUPS = [packGroup("sales", { members: [ANN] }), packGroup("mixed", { members: [OUTSIDER] }), STALE];
const WORLD: DocStatusInput["world"] = {
  organization: found(organization()),
  groups: viewing(...GROUPS),
  groupNames: GROUPS.map(({ metadata }) => metadata.name),
  membersOf: (name) => GROUPS.find(({ metadata }) => metadata.name === name)?.spec.members ?? [],
};

const FOLDERS: readonly PackFolder[] = [
  packFolder("open", { sharing: [share("Anyone")] }),
  packFolder("staff", { sharing: [share("Group", "sales")] }),
  packFolder("ring", { parentRef: { name: "ring" } }),
];

type More = Partial<Omit<DocStatusInput, "doc">>;

const looked = (doc: PackDoc, more: More = {}): PackDoc => {
  const audience = audienceOf(doc, (name) => lookup(FOLDERS.find(({ metadata }) => metadata.name === name)));
  const input = { now: NOW, doc, audience, claimants: [doc], configurations: [], world: WORLD, ...more };
  return changed(doc, (it) => ({ ...it, status: docStatus(input) }));
};

const doc = (spec: Partial<PackDoc["spec"]> = {}): PackDoc => packDocObject("plan", spec);
const ready = (it: PackDoc): string => `${conditionOf(it, "Ready")?.status} ${conditionOf(it, "Ready")?.reason}`;

describe("a doc", () => {
  const id = "D-1";
  const url = "https://docs.example.com/plan";
  const older = changed(packDocObject("first", { id, url }), createdAt(NOW - 9_000_000), withUid("older"));
  const younger = changed(packDocObject("second", { id, url }), createdAt(NOW), withUid("younger"));
  const rows: readonly (readonly [
    sentence: string,
    doc: PackDoc,
    more: More,
    ready: string,
    says: string,
    kstatus: string,
  ])[] = [
    ["that claims nothing is ready", doc(), {}, "True Succeeded", "as it should be", "Current"],
    ["whose claims nobody else makes is ready", doc({ id, url }), {}, "True Succeeded", "as it should be", "Current"],
    [
      "whose claims a younger one makes is ready",
      doc({ id, url }),
      { claimants: [younger] },
      "True Succeeded",
      "",
      "Current",
    ],
    [
      "whose id an older one has is refused and names that",
      doc({ id }),
      { claimants: [older, younger] },
      "False NameConflict",
      "the id 'D-1' belongs to the older PackDoc 'team/first'; choose another one. Until then configurations name this doc without it, as 'team/plan'.",
      "Failed",
    ],
    [
      "whose URL an older one has is refused, however it is written",
      doc({ id: "D-2", url: "https://DOCS.example.com/x/../plan" }),
      { claimants: [older] },
      "False NameConflict",
      `the URL '${url}' belongs to the older PackDoc 'team/first'`,
      "Failed",
    ],
    [
      "that loses both says so of both",
      doc({ id, url }),
      { claimants: [older] },
      "False NameConflict",
      " and the URL",
      "Failed",
    ],
    [
      "whose URL can be read in two ways is refused",
      doc({ id, url: "https://docs.example.com/a%2Fb" }),
      {},
      "False InvalidSpec",
      "can be read in two ways",
      "Failed",
    ],
    [
      "whose folder is missing waits for it",
      doc({ folderRef: { name: "gone" } }),
      {},
      "False FolderNotFound",
      "'gone'",
      "InProgress",
    ],
    [
      "whose folder lies in itself waits",
      doc({ folderRef: { name: "ring" } }),
      {},
      "False AudienceUnknown",
      "loop at 'ring'",
      "InProgress",
    ],
  ];
  test.each(rows)("%s", (_, it, more, expected, says, kstatus) => {
    const after = looked(it, more);
    expect(ready(after)).toBe(expected);
    expect(conditionOf(after, "Ready")?.message).toContain(says);
    expect(kstatusOf(after)).toBe(kstatus);
    expect(conditionOf(after, "Accepted")?.status).toBe(kstatus === "Failed" ? "False" : "True");
    expect(looked(after, more).status).toEqual(after.status);
  });

  test("is ready again once the older one is gone", () => {
    const refused = looked(doc({ id }), { claimants: [older] });
    expect(ready(looked(refused))).toBe("True Succeeded");
    expect(conditionOf(looked(refused), "Stalled")).toBeUndefined();
  });
});

describe("the summary of an audience", () => {
  const summaryOf = (sharing: readonly Share[], spec: Partial<PackDoc["spec"]> = {}, more: More = {}) =>
    looked(doc({ sharing, ...spec }), more).status?.audience;

  const rows: readonly (readonly [
    sentence: string,
    sharing: readonly Share[],
    spec: Partial<PackDoc["spec"]>,
    external: boolean | undefined,
    size: number,
  ])[] = [
    ["has the owner", [], {}, false, 1],
    ["tells an owner who is an outsider", [], { owner: OUTSIDER }, true, 1],
    ["has members", [share("User", BEN)], {}, false, 2],
    ["tells outsiders", [share("User", OUTSIDER)], {}, true, 2],
    ["has groups of members", [share("Group", "sales")], {}, false, 2],
    ["tells groups with outsiders", [share("Group", "mixed")], {}, true, 2],
    ["has nobody in a deleted group", [share("Group", "gone")], {}, false, 2],
    ["does not know who is in a stale group", [share("Group", "old")], {}, undefined, 2],
    ["tells outsiders beside a stale group", [share("Group", "old"), share("Anyone")], {}, true, 3],
    ["has owned domains", [share("Domain", "example.com")], {}, false, 2],
    ["tells foreign domains", [share("Domain", "elsewhere.org")], {}, true, 2],
    ["tells anyone", [share("Anyone")], {}, true, 2],
    ["tells who comes by a folder", [], { folderRef: { name: "open" } }, true, 2],
    [
      "counts once who is there twice",
      [share("User", ANN), share("Group", "sales")],
      { folderRef: { name: "staff" } },
      false,
      2,
    ],
  ];
  test.each(rows)("%s", (_, sharing, spec, external, size) => {
    const summary = summaryOf(sharing, spec);
    expect(summary).toMatchObject({ size, hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(summary?.external).toBe(external);
  });

  test("changes with the audience, and not with the order in which it is written or with roles", () => {
    const [a, b] = [share("User", BEN), share("Group", "sales")];
    const hash = summaryOf([a, b])?.hash;
    expect(summaryOf([b, { ...a, role: "Editor" }])?.hash).toBe(hash);
    expect(summaryOf([a])?.hash).not.toBe(hash);
    expect(summaryOf([b], { folderRef: { name: "open" } })?.hash).not.toBe(hash);
  });

  test("is not there while the audience is not known whole", () => {
    expect(summaryOf([], { folderRef: { name: "gone" } })).toBeUndefined();
  });

  test("does not say whether there are outsiders while the organization is unknown", () => {
    const world = { ...WORLD, organization: absent };
    expect(summaryOf([share("User", BEN)], {}, { world })).not.toHaveProperty("external");
    expect(summaryOf([share("Anyone")], {}, { world })?.external).toBe(true);
  });
});

describe("S1-66 with whom a doc may be shared", () => {
  const enforcing = changed(
    packConfiguration("secret", forGroups("sales")),
    configuredBy({ doc: { sharing: { allow: "All", enforcePackConfigurationPermissions: true } } }),
  );
  const limited = looked(doc(), { configurations: [enforcing] });

  test("is published for the admission policy", () => {
    expect(limited.status?.restriction).toEqual({ users: [ANN], groups: ["sales"], by: ["secret"] });
  });

  test("is not limited any more when the pack has left", () => {
    expect(looked(limited).status).not.toHaveProperty("restriction");
  });

  test("stands while a configuration is missing: that is for the install to settle", () => {
    expect(looked(limited, { configurations: undefined }).status?.restriction).toEqual(limited.status?.restriction);
  });

  test("stands while the organization is unknown", () => {
    const world = { ...WORLD, organization: absent };
    const after = looked(limited, { configurations: [enforcing], world });
    expect(after.status?.restriction).toEqual(limited.status?.restriction);
    expect(looked(doc(), { configurations: [enforcing], world }).status?.restriction).toEqual({ by: ["secret"] });
  });
});
