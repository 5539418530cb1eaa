import { describe, expect, it, test } from "vitest";
import { packAccount, sharedWith, usable } from "../../../test/gen/accounts.ts";
import {
  ANN,
  acceptingDomains,
  action,
  allowingDocs,
  allowingDomains,
  authenticatedBy,
  BEN,
  type Change,
  changed,
  configuredBy,
  denied,
  enabling,
  forGroups,
  formula,
  forUsers,
  inDoc,
  inNamespace,
  installedBy,
  NOW,
  of,
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
  reaching,
  share,
  sharedWithin,
  withGrace,
  withUid,
} from "../../../test/gen/objects.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { PackConfiguration } from "../../api/v1alpha1/index.ts";
import { toTimestamp } from "../../lib/clock.ts";
import { DEFAULT_SETTINGS } from "../../resources/settings.ts";
import { buildLiveWorld } from "../live-world.ts";
import { applySteps, type Step, targetOf } from "./change.ts";
import { diffReport } from "./diff-report.ts";
import { isFailure, type SimulationReport, simulate } from "./report.ts";

const SETTINGS = { ...DEFAULT_SETTINGS, admission: "Unchecked" } as const;
const CAT = "cat@example.com";

const put = (object: KubeObject): Step => ({ verb: "put", target: targetOf(object), object });
const remove = (object: KubeObject): Step => ({ verb: "delete", target: targetOf(object) });

const simulated = (objects: readonly KubeObject[], ...steps: readonly Step[]) =>
  simulate(buildLiveWorld(objects, new Map(), NOW), steps, SETTINGS);

const report = (objects: readonly KubeObject[], ...steps: readonly Step[]): SimulationReport =>
  simulated(objects, ...steps).report;

const members = (...changes: readonly Change<PackConfiguration>[]) =>
  packConfiguration("members", configuredBy({ state: "Configured" }), ...changes);
const crm = packDefinition("crm", formula("Search"), action("AddNote"));
const sales = (...people: readonly string[]) => packGroup("sales", { members: people });

/** Two installs by two people of the group that may use the pack. */
const WORLD: readonly KubeObject[] = [
  organization(acceptingDomains(3)),
  crm,
  sales(ANN, BEN),
  members(forGroups("sales")),
  packInstall("crm"),
  packInstall("crm", inNamespace("other"), installedBy(BEN), withUid("uid-of-other")),
];

const replacing = (world: readonly KubeObject[], ...others: readonly KubeObject[]): readonly KubeObject[] => {
  const names = new Set(others.map((it) => JSON.stringify(targetOf(it))));
  return [...world.filter((it) => !names.has(JSON.stringify(targetOf(it)))), ...others];
};

/** `team/crm: Uninstalled PackDenied`. */
const effects = ({ installs }: SimulationReport): readonly string[] =>
  installs.map(
    ({ after, effect, name, namespace }) =>
      `${namespace}/${name}: ${effect}${after.reason === undefined ? "" : ` ${after.reason}`}`,
  );

describe("what a change does to installs", () => {
  const docs = [
    packDocObject("plan", { folderRef: { name: "top" } }),
    packFolder("top"),
    members(forGroups("sales"), sharedWithin()),
    packInstall("crm", inDoc("plan")),
  ];
  test.each<[string, readonly KubeObject[], readonly Step[], readonly string[]]>([
    ["the same again changes nothing", WORLD, [put(members(forGroups("sales")))], []],
    ["a wider configuration beside it changes nothing", WORLD, [put(packConfiguration("all"))], []],
    [
      "a narrowed group uninstalls what was installed by those who left",
      WORLD,
      [put(sales(BEN))],
      ["other/crm: Kept", "team/crm: Uninstalled InstallerAccessLost"],
    ],
    [
      "a deleted configuration uninstalls everything that is bound to it",
      WORLD,
      [remove(members())],
      ["other/crm: Uninstalled ConfigurationDeleted", "team/crm: Uninstalled ConfigurationDeleted"],
    ],
    [
      "a deleted and re-made configuration that still admits them binds anew",
      WORLD,
      [remove(members()), put(members(forGroups("sales")))],
      [],
    ],
    [
      "a denied pack leaves everywhere",
      WORLD,
      [put(packConfiguration("never", denied()))],
      ["other/crm: Uninstalled PackDenied", "team/crm: Uninstalled PackDenied"],
    ],
    [
      "domains that are not allowed uninstall",
      WORLD,
      [put(members(forGroups("sales"), allowingDomains("other.com")))],
      ["other/crm: Uninstalled DomainsNotAllowed", "team/crm: Uninstalled DomainsNotAllowed"],
    ],
    [
      "docs that are not allowed uninstall",
      WORLD,
      [put(members(forGroups("sales"), allowingDocs("team")))],
      ["other/crm: Uninstalled DocNotAllowed"],
    ],
    [
      "a deleted definition uninstalls",
      WORLD,
      [remove(crm)],
      ["other/crm: Uninstalled PackNotFound", "team/crm: Uninstalled PackNotFound"],
    ],
    [
      "a configuration that is only tried from now on uninstalls as if it were deleted",
      WORLD,
      [put(members(forGroups("sales"), onTrial()))],
      ["other/crm: Uninstalled ConfigurationDeleted", "team/crm: Uninstalled ConfigurationDeleted"],
    ],
    [
      "without an organization nothing leaves, and what would is held",
      WORLD,
      [remove(organization())],
      ["other/crm: Kept OrganizationNotFound", "team/crm: Kept OrganizationNotFound"],
    ],
    [
      "S1-37 a folder that is shared more widely uninstalls where sharing is limited to people with access",
      replacing(WORLD, ...docs),
      [put(packFolder("top", { sharing: [share("User", CAT)] }))],
      ["team/crm: Uninstalled SharingIncompatible"],
    ],
    [
      "an install that was refused is installed once it may",
      replacing(WORLD, sales(ANN)),
      [put(sales(ANN, BEN))],
      ["other/crm: Installed", "team/crm: Kept"],
    ],
    [
      "a new install of somebody without access is refused",
      WORLD,
      [put(packInstall("crm", inNamespace("third"), installedBy(CAT)))],
      ["third/crm: Refused NoAccessibleConfiguration"],
    ],
    [
      "a new install of a pack that nobody has defined waits",
      WORLD,
      [put(packInstall("jira", inNamespace("third"), of("jira")))],
      ["third/jira: Waiting PackNotFound"],
    ],
    ["a deleted install is deleted, not uninstalled", WORLD, [remove(packInstall("crm"))], ["team/crm: Deleted"]],
    [
      "the second install of a doc comes when the first has left",
      [...WORLD, packConfiguration("others", forUsers(CAT)), packInstall("twin", installedBy(CAT))],
      [put(sales(BEN))],
      ["other/crm: Kept", "team/crm: Uninstalled InstallerAccessLost", "team/twin: Installed"],
    ],
    [
      "the first configuration of a pack takes it from those who had it by default and are not admitted",
      replacing(WORLD.slice(0, 2), organization(openToMembers()), packInstall("crm")),
      [put(members(forUsers(BEN)))],
      ["team/crm: Uninstalled NoAccessibleConfiguration"],
    ],
    [
      "what leaves and may return by itself is counted as uninstalled",
      replacing(
        WORLD,
        organization(organizedBy({ reinstallPolicy: "Automatic" })),
        packConfiguration("others", forUsers(CAT)),
      ),
      [remove(members()), put(packConfiguration("others", forUsers(ANN, BEN)))],
      ["other/crm: Uninstalled", "team/crm: Uninstalled"],
    ],
    [
      "a suspended install runs no more, and stays",
      WORLD,
      [put(changed(packInstall("crm"), (it) => ({ ...it, spec: { ...it.spec, suspend: true } })))],
      ["team/crm: Closed Suspended"],
    ],
  ])("%s", (_, world, steps, expected) => {
    expect(effects(report(world, ...steps))).toEqual(expected);
  });

  it("tells until when a grace period lasts, and that nobody may use the pack meanwhile", () => {
    const world = replacing(WORLD, members(forGroups("sales"), withGrace(600)));
    const { installs, summary } = report(world, put(sales(BEN)));
    const left = installs.find(({ namespace }) => namespace === "team");
    expect(left).toMatchObject({
      effect: "Uninstalled",
      after: { state: "Uninstalling", deadline: toTimestamp(NOW + 600_000) },
      lost: [
        { kind: "Group", name: "sales" },
        { kind: "User", name: ANN },
        { kind: "User", name: BEN },
      ],
    });
    expect(summary.uninstalled).toBe(1);
  });

  it("says when the uninstall guard stops it, by the limits of the organization", () => {
    const many = Array.from({ length: 12 }, (_, number) => packInstall("crm", inNamespace(`team-${number}`)));
    const world = [...WORLD.slice(0, 4), ...many];
    const { guard, installs, summary } = report(world, remove(members()));
    expect(guard).toMatchObject({ waiting: 12, installs: 12, allowed: 10 });
    expect(installs.every(({ after }) => after.state === "Uninstalling" && after.paused === true)).toBe(true);
    expect(summary.uninstalled).toBe(12);
    const loose = organization(organizedBy({ uninstallGuard: { maxPercent: 100, minimum: 12 } }));
    expect(report(replacing(world, loose), remove(members())).guard).toBeUndefined();
    expect(report(world, put(loose), remove(members())).guard).toBeUndefined();
  });

  it("leaves the world alone that it was given", () => {
    const world = buildLiveWorld(WORLD, new Map(), NOW);
    const before = JSON.stringify(world.objects);
    simulate(world, [remove(members())], SETTINGS);
    expect(JSON.stringify(world.objects)).toBe(before);
  });
});

describe("what a change does inside of an install that stays", () => {
  const only = (...steps: readonly Step[]) =>
    report(WORLD.slice(0, 5), ...steps).installs.map(({ after: _, before: __, ...it }) => it)[0];

  it("names who gains and who loses access", () => {
    const wide = packConfiguration("members");
    expect(only(put(sales(ANN, CAT)))).toMatchObject({
      gained: [{ kind: "User", name: CAT }],
      lost: [{ kind: "User", name: BEN }],
      causes: { gains: ["PackGroup sales"], losses: ["PackGroup sales"] },
    });
    expect(only(put(wide))).toMatchObject({
      gained: [{ kind: "Members", name: "" }],
      lost: [{ kind: "Group", name: "sales" }],
    });
  });

  it("counts only people of the doc", () => {
    const world = replacing(
      WORLD.slice(0, 4),
      packDocObject("plan", { sharing: [share("User", CAT)] }),
      packInstall("crm", inDoc("plan")),
    );
    expect(report(world, put(sales(ANN, CAT))).installs).toMatchObject([
      { gained: [{ kind: "User", name: CAT }], lost: [] },
    ]);
  });

  it("names building blocks that are switched off and on, and those with other rules", () => {
    const listed = members(forGroups("sales"), enabling({ fetches: "Allow" }));
    expect(only(put(listed))).toMatchObject({
      disabled: [{ name: "formula AddNote", reason: "NotListed" }],
      enabled: [],
    });
    const back = report(replacing(WORLD.slice(0, 5), listed), put(members(forGroups("sales"))));
    expect(back.installs).toMatchObject([{ enabled: ["formula AddNote"], disabled: [] }]);
    const parameters = [{ name: "q", rule: { values: ["x"] } }];
    const ruled = members(
      forGroups("sales"),
      enabling({ actions: "Allow", fetches: "Allow", formulas: [{ name: "Search", parameters }] }),
    );
    expect(only(put(ruled))).toMatchObject({ ruled: ["formula Search"], disabled: [], enabled: [] });
  });

  it("names hosts that open and close", () => {
    const moved = packDefinition("crm", formula("Search"), action("AddNote"), reaching("api.crm.com", "eu.crm.com"));
    expect(only(put(moved))).toMatchObject({ hostsOpened: ["eu.crm.com"], hostsClosed: [] });
    const back = report(replacing(WORLD.slice(0, 5), moved), put(crm));
    expect(back.installs).toMatchObject([{ hostsOpened: [], hostsClosed: ["eu.crm.com"] }]);
  });

  it("names accounts that fall out", () => {
    const token = packDefinition("crm", authenticatedBy({ type: "HeaderBearerToken" }));
    const account = packAccount("own", usable("DocMembers", "Owner"), sharedWith({ installRef: { name: "crm" } }));
    const install = changed(packInstall("crm"), (it) => ({
      ...it,
      spec: { ...it.spec, accountRefs: [{ name: "own" }] },
    }));
    const world = applySteps(replacing(WORLD.slice(0, 4), token, install), [put(account)], NOW);
    const onlyPrivate = members(
      forGroups("sales"),
      configuredBy({ accounts: { allow: "Listed", types: ["Private"] } }),
    );
    expect(report(world, put(onlyPrivate)).installs).toMatchObject([
      { accountsLost: [{ name: "team/own", reason: "no longer for viewing data" }] },
    ]);
    expect(report(world, remove(account)).installs).toMatchObject([
      { accountsLost: [{ name: "team/own", reason: "NotGranted" }] },
    ]);
  });

  it("S1-46 tells what a configuration on trial would do, and takes nothing from anybody", () => {
    const trial = packConfiguration("next", onTrial(), allowingDomains("other.com"));
    const result = report(WORLD, put(trial));
    expect(result.installs.map(({ effect, lost, trials }) => ({ effect, lost, trials }))).toEqual(
      Array.from({ length: 2 }, () => ({
        effect: "Kept",
        lost: [],
        trials: [expect.objectContaining({ configuration: "next", reason: "DomainsNotAllowed" })],
      })),
    );
    expect(result.summary).toMatchObject({ uninstalled: 0, trialViolations: 2 });
    expect(isFailure(result, "loss")).toBe(false);
  });

  it("S1-47 a tested configuration is shared by its subjects, and nobody installs anew", () => {
    const result = report(WORLD, put(packConfiguration("members")));
    expect(result.summary).toMatchObject({ uninstalled: 0, installed: 0, gaining: 2 });
  });
});

describe("which object does it", () => {
  it("names the one that suffices alone", () => {
    const { installs } = report(WORLD, put(organization(acceptingDomains(4))), put(sales(BEN)));
    expect(installs.find(({ namespace }) => namespace === "team")?.causes.effect).toEqual(["PackGroup sales"]);
  });

  it("names all where none suffices alone", () => {
    const world = replacing(WORLD.slice(0, 5), members(forUsers(ANN, BEN), forUsers(ANN)), packDocObject("plan"));
    const inside = replacing(world, packInstall("crm", inDoc("plan")));
    const { installs } = report(
      inside,
      put(members(forUsers(BEN))),
      put(packDocObject("plan", { sharing: [share("User", CAT)] })),
    );
    expect(installs[0]?.causes.effect).toEqual(["PackConfiguration members"]);
    const both = replacing(inside, packDocObject("plan", { owner: BEN }), members(forUsers(ANN, BEN)));
    const pair = report(both, put(members(forUsers(BEN))), put(packDocObject("plan", { owner: CAT })));
    expect(pair.installs[0]?.causes.effect).toEqual(["PackConfiguration members", "PackDoc team/plan"]);
  });
});

describe("when the command fails", () => {
  const leaving = report(WORLD, remove(members()));
  const losing = report(WORLD.slice(0, 5), put(sales(ANN)));
  test.each([
    ["uninstall", leaving, true],
    ["uninstall", losing, false],
    ["loss", losing, true],
    ["never", leaving, false],
  ] as const)("--fail-on %s", (failOn, result, expected) => {
    expect(isFailure(result, failOn)).toBe(expected);
  });
});

describe("the difference of a configuration", () => {
  const diffed = (objects: readonly KubeObject[], ...steps: readonly Step[]) =>
    diffReport({ ...simulated(objects, ...steps), steps }).configurations;

  it("S1-48 a deleted configuration lists the installs that are bound to it, and those that leave", () => {
    expect(diffed(WORLD, remove(members()))).toMatchObject([
      {
        name: "members",
        change: "deleted",
        bound: ["other/crm", "team/crm"],
        leaving: [
          { install: "other/crm", reason: "ConfigurationDeleted" },
          { install: "team/crm", reason: "ConfigurationDeleted" },
        ],
      },
    ]);
  });

  it("S1-48 the live one is edited and the tested one deleted: only what was bound to that one leaves", () => {
    const world = [
      ...WORLD,
      packConfiguration("next", forUsers(CAT)),
      packInstall("crm", inNamespace("lab"), installedBy(CAT)),
    ];
    const [live, tested] = diffed(
      world,
      put(members(forGroups("sales"), enabling({ fetches: "Allow" }))),
      remove(packConfiguration("next")),
    );
    expect(live).toMatchObject({ change: "changed", bound: ["other/crm", "team/crm"], leaving: [] });
    expect(tested).toMatchObject({ change: "deleted", bound: ["lab/crm"], leaving: [{ install: "lab/crm" }] });
  });

  it("S1-37 sharing that is limited to people with access counts what it would uninstall", () => {
    const world = replacing(
      WORLD,
      packDocObject("plan", { sharing: [share("User", CAT)] }),
      packInstall("crm", inDoc("plan")),
    );
    expect(diffed(world, put(members(forGroups("sales"), sharedWithin())))).toMatchObject([
      { bound: ["other/crm", "team/crm"], leaving: [{ install: "team/crm", reason: "SharingIncompatible" }] },
    ]);
  });

  it("counts installs that are bound to it by the change", () => {
    const world = replacing(WORLD, sales(ANN));
    expect(diffed(world, put(packConfiguration("ben", forUsers(BEN))))).toMatchObject([
      { name: "ben", change: "created", bound: [], leaving: [], joining: ["other/crm"] },
    ]);
  });
});
