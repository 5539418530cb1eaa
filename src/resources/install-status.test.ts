import { describe, expect, test } from "vitest";
import {
  ANN,
  acceptingDomains,
  askingToReconcile,
  askingToReinstall,
  authenticatedBy,
  boundTo,
  changed,
  choosing,
  denied,
  docIn,
  enabling,
  formula,
  forUsers,
  granting,
  inDoc,
  installInput,
  NOW,
  ofGeneration,
  organization,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packInstall,
  reaching,
  suspended,
  syncTable,
  uninstalledFor,
  withGrace,
  withStatus,
} from "../../test/gen/objects.ts";
import { look, NO_CHILDREN, nextInput, settled } from "../../test/property/live.ts";
import { CONDITIONS } from "../api/conditions.ts";
import { isReason } from "../api/reasons.ts";
import type { Condition, PackInstallStatus } from "../api/v1alpha1/index.ts";
import type { ContainerStatus, PodStatus } from "../api/wire.ts";
import { toTimestamp } from "../lib/clock.ts";
import { evaluateInstall } from "../policy/evaluate.ts";
import type { InstallInput } from "../policy/input.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { trialFindings } from "../policy/trial.ts";
import { absent, found, unknown } from "../policy/truth.ts";
import { conditionOf } from "./conditions.ts";
import { desiredObjects } from "./desired.ts";
import { installStatus } from "./install-status.ts";
import type { ObservedPod } from "./observed.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";

type World = Partial<InstallInput>;

const members = packConfiguration("members");
const patient = packConfiguration("members", withGrace(60));
const deny = packConfiguration("deny", denied());
const bound = packInstall("crm", boundTo(members));
const INSTALLED: World = { install: bound, granted: granting("api.crm.com") };

const ENFORCED: ContainerStatus = {
  name: "prove",
  state: { terminated: { exitCode: 0, message: '{"result":"Enforced","detail":""}' } },
};
const RUNNING: PodStatus = {
  phase: "Running",
  conditions: [{ type: "Ready", status: "True" }],
  initContainerStatuses: [ENFORCED],
  containerStatuses: [{ name: "sandbox", ready: true, state: { running: {} } }],
};

const observed = (status: PodStatus): ObservedPod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "crm", namespace: "packs-sandboxes" },
  drift: "",
  status,
});

type More = { readonly pod?: PodStatus; readonly obstacle?: Problem };

const statusOf = (world: World, { pod, obstacle }: More = {}): PackInstallStatus => {
  const input = installInput(world);
  const evaluation = evaluateInstall(input);
  const desired = desiredObjects(input, evaluation, DEFAULT_SETTINGS);
  const trials = trialFindings(input);
  return installStatus({ world: input, evaluation, desired, pod: pod && observed(pod), trials, obstacle });
};

const condition = (status: PackInstallStatus, type: string): Condition | undefined => conditionOf({ status }, type);

/** `True Succeeded`, or `absent`. */
const short = (status: PackInstallStatus, type: string): string => {
  const found = condition(status, type);
  return found === undefined ? "absent" : `${found.status} ${found.reason}`;
};

/** What kstatus (kubectl, Flux, Helm) makes of an object: cli-utils, `pkg/kstatus/status/generic.go`. */
const kstatus = (generation: number, status: PackInstallStatus): "InProgress" | "Failed" | "Current" => {
  if (status.observedGeneration !== generation) return "InProgress";
  if (condition(status, "Reconciling")?.status === "True") return "InProgress";
  if (condition(status, "Stalled")?.status === "True") return "Failed";
  const ready = condition(status, "Ready");
  return ready === undefined || ready.status === "True" ? "Current" : "InProgress";
};

/** Every outcome of an evaluation, and what the node did to the pod. */
const OUTCOMES: readonly (readonly [
  sentence: string,
  world: World,
  more: More,
  kstatus: string,
  conditions: Record<string, string>,
])[] = [
  [
    "running and proved",
    INSTALLED,
    { pod: RUNNING },
    "Current",
    {
      Ready: "True Succeeded",
      Accepted: "True Accepted",
      ConfigurationBound: "True Bound",
      NetworkEnforced: "True Enforced",
      SandboxReady: "True SandboxReady",
      Installed: "True Installed",
      Reconciling: "absent",
      Stalled: "absent",
    },
  ],
  [
    "just installed, no node has started the pod",
    {},
    {},
    "InProgress",
    {
      Ready: "False Proving",
      NetworkEnforced: "Unknown Proving",
      SandboxReady: "False SandboxPending",
      Installed: "True Installed",
      Reconciling: "True Progressing",
      Stalled: "absent",
    },
  ],
  [
    "proved, and not ready yet",
    INSTALLED,
    { pod: { phase: "Running", initContainerStatuses: [ENFORCED] } },
    "InProgress",
    { Ready: "False SandboxPending", NetworkEnforced: "True Enforced", Reconciling: "True Progressing" },
  ],
  [
    "at rest",
    { ...INSTALLED, install: changed(bound, suspended()) },
    {},
    "Current",
    {
      Ready: "True Suspended",
      Accepted: "True Accepted",
      Suspended: "True Suspended",
      NetworkEnforced: "False Suspended",
      SandboxReady: "False Suspended",
      Installed: "True Installed",
      Reconciling: "absent",
    },
  ],
  [
    "with a widened network",
    { ...INSTALLED, widenedBy: ["packs-sandboxes/evil"] },
    { pod: RUNNING },
    "InProgress",
    { Ready: "False NetworkWidened", Installed: "True Installed", Stalled: "absent", Suspended: "absent" },
  ],
  [
    "with a definition that is not accepted any more",
    { ...INSTALLED, definition: found(packDefinition("crm", reaching("co.uk"))) },
    { pod: RUNNING },
    "InProgress",
    {
      Ready: "False DefinitionNotAccepted",
      AccountsReady: "Unknown DefinitionNotAccepted",
      Installed: "True Installed",
      Stalled: "absent",
    },
  ],
  [
    "held, for its definition cannot be read",
    { ...INSTALLED, definition: unknown("why") },
    { pod: RUNNING },
    "InProgress",
    {
      Ready: "Unknown KindNotServed",
      Accepted: "Unknown KindNotServed",
      Installed: "True Installed",
      Stalled: "absent",
    },
  ],
  [
    "held, for there is no organization",
    { ...INSTALLED, organization: absent },
    { pod: RUNNING },
    "InProgress",
    {
      Ready: "Unknown OrganizationNotFound",
      Accepted: "Unknown OrganizationNotFound",
      Installed: "True Installed",
      Stalled: "absent",
    },
  ],
  [
    "closed, for it would leave and there is no organization",
    { ...INSTALLED, organization: absent, configurations: [deny] },
    { pod: RUNNING },
    "InProgress",
    {
      Ready: "False PackDenied",
      Accepted: "Unknown OrganizationNotFound",
      Installed: "True Installed",
      Stalled: "absent",
    },
  ],
  [
    "kept from being written",
    INSTALLED,
    { obstacle: problem("ApplyFailed", "the API server said no.") },
    "InProgress",
    { Ready: "False ApplyFailed", SandboxReady: "False ApplyFailed", Installed: "True Installed" },
  ],
  [
    "waiting for somebody",
    { definition: absent },
    {},
    "InProgress",
    {
      Ready: "False PackNotFound",
      Accepted: "False PackNotFound",
      ConfigurationBound: "False PackNotFound",
      AccountsReady: "Unknown NotInstalled",
      NetworkEnforced: "False NotInstalled",
      SandboxReady: "False NotInstalled",
      Installed: "False PackNotFound",
      Reconciling: "absent",
      Stalled: "absent",
    },
  ],
  [
    "refused",
    { configurations: [packConfiguration("c", forUsers())] },
    {},
    "Failed",
    {
      Ready: "False NoAccessibleConfiguration",
      Accepted: "False NoAccessibleConfiguration",
      ConfigurationBound: "False NoAccessibleConfiguration",
      Installed: "False NoAccessibleConfiguration",
      Stalled: "True NoAccessibleConfiguration",
      Reconciling: "absent",
    },
  ],
  [
    "waiting for its grace period to end",
    { install: packInstall("crm", boundTo(patient)), configurations: [patient, deny] },
    { pod: RUNNING },
    "InProgress",
    {
      Ready: "False PackDenied",
      Accepted: "False PackDenied",
      ConfigurationBound: "True Bound",
      Installed: "True Uninstalling",
      Reconciling: "True Uninstalling",
      Stalled: "absent",
    },
  ],
  [
    "S1-56 uninstalled",
    { ...INSTALLED, configurations: [members, deny] },
    { pod: RUNNING },
    "Failed",
    {
      Ready: "False PackDenied",
      Accepted: "False Uninstalled",
      ConfigurationBound: "False Uninstalled",
      NetworkEnforced: "False NotInstalled",
      SandboxReady: "False NotInstalled",
      Installed: "False PackDenied",
      Stalled: "True PackDenied",
      Reconciling: "absent",
    },
  ],
];

describe("an install that is", () => {
  test.each(OUTCOMES)("%s", (_, world, more, expected, conditions) => {
    const status = statusOf(world, more);
    const shown = Object.fromEntries(Object.keys(conditions).map((type) => [type, short(status, type)]));
    expect(shown).toEqual(conditions);
    expect(kstatus(1, status)).toBe(expected);
  });
});

describe.each(OUTCOMES)("the status of an install that is %s", (_, world, more) => {
  const status = statusOf(world, more);

  test("has every condition that is always there, each once, and of known reasons", () => {
    const types = status.conditions?.map(({ type }) => type) ?? [];
    const always = CONDITIONS.PackInstall.filter(({ presence }) => presence === "always").map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(always));
    expect(new Set(types).size).toBe(types.length);
    expect(status.conditions?.filter(({ reason }) => !isReason(reason))).toEqual([]);
  });

  test("has only true conditions among those that exist while true, and never both of the pair", () => {
    const whileTrue = new Set<string>(
      CONDITIONS.PackInstall.filter(({ presence }) => presence === "whileTrue").map(({ type }) => type),
    );
    const some = status.conditions?.filter(({ type }) => whileTrue.has(type)) ?? [];
    expect(some.filter(({ status: value }) => value !== "True")).toEqual([]);
    expect(some.filter(({ type }) => type === "Reconciling" || type === "Stalled").length).toBeLessThanOrEqual(1);
  });

  test("speaks about the generation that was looked at", () => {
    expect(status.observedGeneration).toBe(1);
    expect(status.conditions?.every(({ observedGeneration }) => observedGeneration === 1)).toBe(true);
  });

  test("is the same when nothing has changed, however much later", () => {
    const input = installInput(world);
    const again = { ...world, install: { ...input.install, status }, now: NOW + 30_000 };
    expect(statusOf(again, more)).toEqual(status);
  });
});

describe("a condition", () => {
  const before = statusOf(INSTALLED);
  const later = NOW + 30_000;
  const withBefore = withStatus({ conditions: before.conditions ?? [] });

  test("keeps its time while its status stays, though reason and generation change", () => {
    const world = {
      ...INSTALLED,
      install: changed(bound, withBefore, ofGeneration(2)),
      widenedBy: ["x/y"],
      now: later,
    };
    expect(condition(statusOf(world), "Ready")).toMatchObject({
      reason: "NetworkWidened",
      observedGeneration: 2,
      lastTransitionTime: toTimestamp(NOW),
    });
  });

  test("takes the time of the moment when its status flips", () => {
    const world = { ...INSTALLED, install: changed(bound, withBefore), now: later };
    const status = statusOf(world, { pod: RUNNING });
    expect(condition(status, "Ready")?.lastTransitionTime).toBe(toTimestamp(later));
    expect(condition(status, "Installed")?.lastTransitionTime).toBe(toTimestamp(NOW));
  });

  test("has a message of at most 1024 characters", () => {
    const widenedBy = Array.from({ length: 5 }, (_, index) => `packs-sandboxes/${`${index}`.repeat(253)}`);
    expect(condition(statusOf({ ...INSTALLED, widenedBy }), "Ready")?.message).toHaveLength(1024);
  });
});

describe("an uninstall", () => {
  const label = (at: number): string => `${"abcde"[at]}`.repeat(63);
  const domains = Array.from({ length: 5 }, (_, at) =>
    `${label(at)}.${label(at)}.${label(at)}.${label(at).slice(2)}.c${at}.com`.slice(-253),
  );
  const allowing = changed(members, enabling(), (it) => ({
    ...it,
    spec: { ...it.spec, network: { allow: "Listed" as const, allowedDomains: [] } },
  }));

  test("keeps the cause, the configuration and whom to ask, after all objects are gone", () => {
    const asked = organization((it) => ({ ...it, spec: { ...it.spec, supportContact: "it@example.com" } }));
    const status = statusOf({ ...INSTALLED, organization: found(asked), configurations: [members, deny] });
    expect(status.uninstalled).toEqual({
      time: toTimestamp(NOW),
      reason: "PackDenied",
      message: "the PackConfiguration 'deny' denies the pack 'crm' to everybody.",
      configuration: "members",
      contact: "it@example.com",
      observedGeneration: 1,
    });
    for (const field of ["boundConfiguration", "components", "hosts", "sandbox", "pendingUninstall"]) {
      expect(status).not.toHaveProperty(field);
    }
  });

  test("that waits says since when and until when", () => {
    const status = statusOf({ install: packInstall("crm", boundTo(patient)), configurations: [patient, deny] });
    expect(status.pendingUninstall).toMatchObject({
      since: toTimestamp(NOW),
      deadline: toTimestamp(NOW + 60_000),
      reason: "PackDenied",
      configuration: "members",
    });
    expect(status.boundConfiguration?.name).toBe("members");
  });

  test("that was averted leaves no trace", () => {
    const install = packInstall(
      "crm",
      boundTo(patient),
      withStatus({
        pendingUninstall: {
          since: toTimestamp(NOW),
          deadline: toTimestamp(NOW + 60_000),
          reason: "PackDenied",
          message: "m",
        },
      }),
    );
    expect(statusOf({ ...INSTALLED, install, configurations: [patient] })).not.toHaveProperty("pendingUninstall");
  });

  test("never writes a message that is longer than the CRD allows", () => {
    const world: World = {
      ...INSTALLED,
      organization: found(organization(acceptingDomains(32))),
      definition: found(packDefinition("crm", reaching(...domains))),
    };
    const uninstalled = statusOf({ ...world, configurations: [allowing] });
    expect(uninstalled.uninstalled?.message).toHaveLength(1024);
    expect(uninstalled.history?.[0]?.message).toHaveLength(1024);
    const slow = changed(allowing, withGrace(60));
    const pending = statusOf({ ...world, install: packInstall("crm", boundTo(slow)), configurations: [slow] });
    expect(pending.pendingUninstall?.message).toHaveLength(1024);
  });
});

describe("after the latch", () => {
  const uninstalled = statusOf({ ...INSTALLED, configurations: [members, deny] });
  const latched = packInstall("crm", withStatus(uninstalled));

  test("the status is returned unchanged, though the cause is gone", () => {
    expect(statusOf({ install: latched })).toEqual(uninstalled);
  });

  test("a wish to look again is acknowledged, and nothing else moves", () => {
    const status = statusOf({ install: changed(latched, askingToReconcile("now")), now: NOW + 60_000 });
    expect(status).toEqual({ ...uninstalled, lastHandledReconcileAt: "now" });
  });

  test("a wish to install again is acknowledged by the status that it leads to", () => {
    const asking = changed(latched, askingToReinstall("1"));
    const status = statusOf({ install: asking });
    expect(status).toMatchObject({ lastHandledReinstallAt: "1", boundConfiguration: { name: "members" } });
    expect(status).not.toHaveProperty("uninstalled");
  });

  test("a wish that is refused is acknowledged, too, and does not latch again", () => {
    const asking = changed(latched, askingToReinstall("1"));
    const status = statusOf({ install: asking, configurations: [deny] });
    expect(status).toMatchObject({ lastHandledReinstallAt: "1" });
    expect(short(status, "Stalled")).toBe("True PackDenied");
    const { status: _, ...bare } = asking;
    expect(statusOf({ install: { ...bare, status } })).toMatchObject({ boundConfiguration: { name: "members" } });
  });
});

describe("the history", () => {
  test("tells of each time that the pack came or went, newest first", () => {
    const first = installInput();
    const came = look(first);
    const went = look({ ...nextInput(first, came), configurations: [members, deny], now: NOW + 1_000 }, came.children);
    const asked = nextInput(first, went);
    const again = look(
      { ...asked, install: changed(asked.install, askingToReinstall("1")), now: NOW + 2_000 },
      went.children,
    );
    expect(again.status.history?.map(({ reason, time }) => [reason, time])).toEqual([
      ["Installed", toTimestamp(NOW + 2_000)],
      ["PackDenied", toTimestamp(NOW + 1_000)],
      ["Installed", toTimestamp(NOW)],
    ]);
  });

  test("keeps ten entries", () => {
    const history = Array.from({ length: 10 }, (_, at) => ({ time: toTimestamp(at), reason: "Installed" }));
    const status = statusOf({ install: packInstall("crm", withStatus({ history })) });
    expect(status.history).toHaveLength(10);
    expect(status.history?.[0]?.time).toBe(toTimestamp(NOW));
  });
});

describe("what people are shown", () => {
  test("S1-52 S1-53 are the configurations to choose from", () => {
    const status = statusOf({ configurations: [members, packConfiguration("also", forUsers(ANN))] });
    expect(status.candidates).toEqual(["also", "members"]);
    expect(condition(status, "Ready")?.message).toMatch(/Choose one in `spec.configurationRef`/);
    expect(
      statusOf({ install: packInstall("crm", choosing("also")), configurations: [members, packConfiguration("also")] }),
    ).not.toHaveProperty("candidates");
  });

  test("S1-54 are the components, and why one is off", () => {
    const status = statusOf({
      definition: found(packDefinition("crm", formula("Read"), formula("Send", { action: true }))),
      configurations: [packConfiguration("c", enabling({ fetches: "Allow" }))],
    });
    expect(status.components).toEqual([
      { kind: "Formula", name: "Read", state: "Enabled" },
      { kind: "Formula", name: "Send", state: "Disabled", reason: "NotListed" },
    ]);
  });

  test("are the hosts and the objects", () => {
    const status = statusOf({});
    expect(status.hosts).toEqual(["api.crm.com"]);
    const name = status.sandbox?.grant;
    expect(status.sandbox).toEqual({ namespace: "packs-sandboxes", grant: name, networkPolicy: name, pod: name });
  });

  test("are the hosts and components as they were, while the definition cannot be read", () => {
    const before = {
      hosts: ["api.crm.com"],
      components: [{ kind: "Formula", name: "Read", state: "Enabled" }],
    } as const;
    const world = { ...INSTALLED, install: changed(bound, withStatus(before)), definition: unknown("why") };
    expect(statusOf(world)).toMatchObject(before);
  });

  test("S1-51 is the configuration that is bound", () => {
    expect(statusOf({}).boundConfiguration).toEqual({
      name: "members",
      uid: "uid-of-members",
      generation: 1,
      gracePeriodSeconds: 0,
    });
  });
});

describe("accounts", () => {
  const needing = packDefinition(
    "crm",
    authenticatedBy({ type: "WebBasic" }),
    syncTable("Deals", { connection: "Required" }),
  );
  const rows: readonly (readonly [sentence: string, definition: typeof needing, expected: string])[] = [
    [
      "S2-1 S0-24 are not needed without an authentication",
      packDefinition("crm", formula("Read")),
      "True NoAccountNeeded",
    ],
    [
      "S2-1 are not needed if no building block asks for one",
      packDefinition("crm", authenticatedBy({ type: "WebBasic" }), formula("Read", { connection: "Optional" })),
      "True NoAccountNeeded",
    ],
    ["are needed if a building block asks for one", needing, "False AccountRequired"],
  ];
  test.each(rows)("%s", (_, definition, expected) => {
    expect(short(statusOf({ definition: found(definition) }), "AccountsReady")).toBe(expected);
  });

  test("that are missing do not keep an install from being ready", () => {
    expect(short(statusOf({ ...INSTALLED, definition: found(needing) }, { pod: RUNNING }), "Ready")).toBe(
      "True Succeeded",
    );
  });
});

describe("the proof of the fence", () => {
  const proving = (state: ContainerStatus["state"]): PodStatus => ({
    initContainerStatuses: [{ name: "prove", ...(state === undefined ? {} : { state }) }],
  });
  const ended = (exitCode: number, message?: string): PodStatus =>
    proving({ terminated: { exitCode, ...(message === undefined ? {} : { message }) } });
  const rows: readonly (readonly [sentence: string, pod: PodStatus | undefined, expected: string])[] = [
    ["is awaited without a pod", undefined, "Unknown Proving"],
    ["is awaited while it runs", proving({ running: {} }), "Unknown Proving"],
    ["holds if it ended well and says so", ended(0, '{"result":"Enforced"}'), "True Enforced"],
    [
      "fails if it says that a way was open",
      ended(1, '{"result":"EgressOpen","detail":"10.0.0.1:80 answered"}'),
      "False EgressOpen",
    ],
    ["fails if the own node answered", ended(1, '{"result":"OwnNodeReachable"}'), "False OwnNodeReachable"],
    ["fails if the gateway did not answer", ended(1, '{"result":"GatewayUnreachable"}'), "False GatewayUnreachable"],
    ["fails if it ended well and says nothing", ended(0), "False SandboxFailed"],
    ["fails if it ended well and says something else", ended(0, "ok"), "False SandboxFailed"],
    ["fails if it ended well and says that a way was open", ended(0, '{"result":"EgressOpen"}'), "False EgressOpen"],
    ["fails if it says that all is well and ended badly", ended(1, '{"result":"Enforced"}'), "False SandboxFailed"],
    ["fails if it says null", ended(0, "null"), "False SandboxFailed"],
    ["fails if it says a list", ended(0, '["Enforced"]'), "False SandboxFailed"],
    [
      "is not taken from another container",
      { initContainerStatuses: [{ ...ENFORCED, name: "other" }] },
      "Unknown Proving",
    ],
  ];
  test.each(rows)("%s", (_, pod, expected) => {
    expect(short(statusOf(INSTALLED, pod === undefined ? {} : { pod }), "NetworkEnforced")).toBe(expected);
  });

  test("that fails keeps a running pod from being ready", () => {
    const pod = { ...RUNNING, ...ended(1, '{"result":"EgressOpen"}') };
    expect(short(statusOf(INSTALLED, { pod }), "Ready")).toBe("False EgressOpen");
  });
});

describe("the sandbox", () => {
  const rows: readonly (readonly [sentence: string, pod: PodStatus, expected: string])[] = [
    ["is ready if its pod is", RUNNING, "True SandboxReady"],
    ["is pending before that", { phase: "Pending" }, "False SandboxPending"],
    [
      "is blocked if an image cannot be pulled",
      { containerStatuses: [{ name: "sandbox", state: { waiting: { reason: "ImagePullBackOff", message: "no" } } }] },
      "False SandboxBlocked",
    ],
    [
      "is not blocked by waiting for the proof",
      { containerStatuses: [{ name: "sandbox", state: { waiting: { reason: "PodInitializing" } } }] },
      "False SandboxPending",
    ],
    ["has failed if its pod has", { phase: "Failed" }, "False SandboxFailed"],
  ];
  test.each(rows)("%s", (_, pod, expected) => {
    expect(short(statusOf(INSTALLED, { pod }), "SandboxReady")).toBe(expected);
  });
});

test("a policy that is too large stalls the install, which stays installed", () => {
  const values = Array.from({ length: 100 }, (_, at) => `${at}`.padEnd(256, "x"));
  const parameters = Array.from({ length: 32 }, (_, at) => ({ name: `p${at}`, rule: { values } }));
  const lists = { formulas: [{ name: "Read", parameters }], syncTables: [{ name: "Deals", parameters }] };
  const status = statusOf(
    {
      definition: found(packDefinition("crm", formula("Read"), syncTable("Deals"))),
      configurations: [packConfiguration("c", enabling(lists))],
    },
    { pod: RUNNING },
  );
  expect(short(status, "Ready")).toBe("False PolicyTooLarge");
  expect(short(status, "Stalled")).toBe("True PolicyTooLarge");
  expect(short(status, "Installed")).toBe("True Installed");
  expect(kstatus(1, status)).toBe("Failed");
});

test("S3-35 without any set-up nothing is installed, and no object is made", () => {
  for (const world of [{ organization: absent, configurations: [] }, { configurations: [] }]) {
    const { children, status, writes } = settled(installInput(world));
    expect(writes).toEqual([]);
    expect(children).toEqual(NO_CHILDREN);
    expect(condition(status, "Installed")?.status).toBe("False");
  }
});

test("S1-56 what was uninstalled is told apart from what was never installed", () => {
  const never = statusOf({ configurations: [deny] });
  const was = statusOf({ ...INSTALLED, configurations: [members, deny] });
  expect([short(never, "Accepted"), short(was, "Accepted")]).toEqual(["False PackDenied", "False Uninstalled"]);
  expect([never.uninstalled, was.uninstalled?.reason]).toEqual([undefined, "PackDenied"]);
  expect(evaluateInstall(installInput({ install: packInstall("crm", uninstalledFor("PackDenied")) })).outcome).toBe(
    "Latched",
  );
});

test("S1-67 the folders above the doc are remembered, and so is that there are none", () => {
  const inner = packFolder("inner", { parentRef: { name: "outer" } });
  const nested = docIn(packDocObject("plan", { folderRef: { name: "inner" } }), inner, packFolder("outer"));
  const install = packInstall("crm", inDoc("plan"));
  expect(statusOf({ install, doc: nested }).folders).toEqual(["inner", "outer"]);
  expect(statusOf({ install, doc: docIn(packDocObject("plan")) }).folders).toEqual([]);
  expect(statusOf({}).folders).toBeUndefined();
});
