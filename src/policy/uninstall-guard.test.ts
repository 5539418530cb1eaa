import { describe, expect, test } from "vitest";
import {
  BEN,
  boundTo,
  forUsers,
  installInput,
  NOW,
  organization,
  organizedBy,
  packConfiguration,
  packInstall,
} from "../../test/gen/objects.ts";
import { evaluateInstall } from "./evaluate.ts";
import { problem } from "./problem.ts";
import {
  allowance,
  decideGuard,
  type GuardLimits,
  type GuardView,
  guardLimits,
  type Latch,
  type Leaver,
  pauseProblem,
} from "./uninstall-guard.ts";

const LIMITS: GuardLimits = { maxPercent: 20, minimum: 10, windowMs: 300_000 };
const SECOND = 1_000;
const WINDOW = LIMITS.windowMs;

/** So many that leave at `deadline`. */
const leaving = (count: number, deadline = NOW): readonly Leaver[] =>
  Array.from({ length: count }, () => ({ deadline, reason: "InstallerAccessLost", configuration: "members" }));

/** So many that have left at `time`. */
const gone = (count: number, time = NOW - SECOND, revoked = time): readonly Latch[] =>
  Array.from({ length: count }, () => ({ time, revoked }));

const view = (more: Partial<GuardView>): GuardView => ({
  now: NOW,
  bound: 100,
  leaving: [],
  latched: [],
  limits: LIMITS,
  resumedAt: undefined,
  pause: undefined,
  ...more,
});

type Row = readonly [sentence: string, view: Partial<GuardView>, verdict: "proceed" | "pause"];

const rows: readonly Row[] = [
  ["nobody leaves", {}, "proceed"],
  ["exactly the allowed share of all installs may leave", { leaving: leaving(20) }, "proceed"],
  ["one more than the allowed share may not", { leaving: leaving(21) }, "pause"],
  ["a share that is not whole is not rounded up", { bound: 64, leaving: leaving(13) }, "pause"],
  ["a share that is not whole lets go what is below it", { bound: 64, leaving: leaving(12) }, "proceed"],
  ["in a small cluster the minimum protects from the share", { bound: 10, leaving: leaving(10) }, "proceed"],
  ["one more than the minimum is stopped", { bound: 11, leaving: leaving(11) }, "pause"],
  ["a minimum of zero protects nobody", { bound: 4, leaving: leaving(1), limits: { ...LIMITS, minimum: 0 } }, "pause"],
  ["a share of 100 percent never stops", { leaving: leaving(100), limits: { ...LIMITS, maxPercent: 100 } }, "proceed"],

  ["who left inside the window counts with those that leave", { leaving: leaving(15), latched: gone(10) }, "pause"],
  ["who left counts among all installs, too", { bound: 95, leaving: leaving(15), latched: gone(5) }, "proceed"],
  ["who left just inside the window counts", { leaving: leaving(20), latched: gone(5, NOW - WINDOW + 1) }, "pause"],
  ["who left a whole window ago does not", { leaving: leaving(20), latched: gone(5, NOW - WINDOW) }, "proceed"],
  ["too many that have left hold nobody back where nobody leaves", { latched: gone(90) }, "proceed"],
  ["a grace period that ends with the window counts", { leaving: leaving(21, NOW + WINDOW) }, "pause"],
  ["a grace period that ends after the window does not", { leaving: leaving(21, NOW + WINDOW + 1) }, "proceed"],

  ["what was stopped when it was resumed leaves", { leaving: leaving(90), resumedAt: NOW }, "proceed"],
  ["within the second of the resume is before it", { leaving: leaving(90, NOW + 999), resumedAt: NOW }, "proceed"],
  ["who leaves after the resume is counted anew", { leaving: leaving(21, NOW + SECOND), resumedAt: NOW }, "pause"],
  [
    "a resume says nothing about grace periods that still run",
    { now: NOW + 60_000, leaving: leaving(21, NOW + 60_000), resumedAt: NOW },
    "pause",
  ],
  [
    "who was let go by a resume does not count against those that leave later",
    {
      now: NOW + 2 * SECOND,
      leaving: leaving(5, NOW + 2 * SECOND),
      latched: gone(90, NOW + SECOND, NOW - SECOND),
      resumedAt: NOW,
    },
    "proceed",
  ],
  [
    "who left by itself after a resume does",
    { now: NOW + 60_000, leaving: leaving(5, NOW + 60_000), latched: gone(90, NOW + 30_000), resumedAt: NOW },
    "pause",
  ],
  [
    "who was revoked before a resume and left long after it does",
    {
      now: NOW + 2 * WINDOW,
      leaving: leaving(5, NOW + 2 * WINDOW),
      latched: gone(90, NOW + WINDOW + SECOND, NOW - SECOND),
      resumedAt: NOW,
    },
    "pause",
  ],

  [
    "a resume in the future, after the clock was set back, counts for nothing",
    { leaving: leaving(21), resumedAt: NOW + 3_600_000 },
    "pause",
  ],
  [
    "who left in the future, after the clock was set back, counts",
    { leaving: leaving(15), latched: gone(10, NOW + 3_600_000) },
    "pause",
  ],
];

test.each(rows)("%s", (_, more, verdict) => {
  expect(decideGuard(view(more)).verdict).toBe(verdict);
});

const paused = (waiting: number, calmSince?: number): Pick<GuardView, "pause"> => ({
  pause: { since: NOW - 3_600_000, waiting, ...(calmSince === undefined ? {} : { calmSince }) },
});

describe("a pause", () => {
  test("ends when nobody waits any more", () => {
    expect(decideGuard(view({ ...paused(50) }))).toMatchObject({ verdict: "proceed", waiting: 0 });
  });

  test("goes on while more than allowed wait, for however long", () => {
    const decision = decideGuard(view({ leaving: leaving(50), ...paused(50, NOW - 2 * WINDOW) }));
    expect(decision).toMatchObject({ verdict: "pause", waiting: 50 });
    expect(decision.calmSince).toBeUndefined();
  });

  test("goes on when those that are left are within the limits: half of a repair is no repair", () => {
    expect(decideGuard(view({ leaving: leaving(3), ...paused(50) }))).toMatchObject({
      verdict: "pause",
      calmSince: NOW,
    });
  });

  test("ends a whole window after those that are left came within the limits", () => {
    const at = (calmSince: number) => decideGuard(view({ leaving: leaving(3), ...paused(3, calmSince) })).verdict;
    expect([at(NOW - WINDOW + 1), at(NOW - WINDOW)]).toEqual(["pause", "proceed"]);
  });

  test("waits for another window whenever one of them comes back", () => {
    const decision = decideGuard(view({ leaving: leaving(2), ...paused(3, NOW - WINDOW) }));
    expect(decision).toMatchObject({ verdict: "pause", calmSince: NOW });
  });

  test("is not prolonged by others that leave", () => {
    expect(decideGuard(view({ leaving: leaving(4), ...paused(3, NOW - WINDOW) })).verdict).toBe("proceed");
  });

  test("waits for a whole window again when the clock was set back", () => {
    const decision = decideGuard(view({ leaving: leaving(3), ...paused(3, NOW + 3_600_000) }));
    expect(decision).toMatchObject({ verdict: "pause", calmSince: NOW });
  });

  test("ends by a resume", () => {
    expect(decideGuard(view({ leaving: leaving(50), resumedAt: NOW, ...paused(50) })).verdict).toBe("proceed");
  });
});

describe("the limits", () => {
  test("are those of the CRD where nobody has chosen any", () => {
    expect(guardLimits(organization())).toEqual(LIMITS);
    expect(guardLimits(undefined)).toEqual(LIMITS);
  });

  test("are those of the organization, each by itself", () => {
    const chosen = organization(organizedBy({ uninstallGuard: { minimum: 0, windowSeconds: 60 } }));
    expect(guardLimits(chosen)).toEqual({ maxPercent: 20, minimum: 0, windowMs: 60_000 });
  });

  test("allow the larger of the two", () => {
    expect([0, 10, 49, 55, 1_000].map((installs) => allowance(installs, LIMITS))).toEqual([10, 10, 10, 11, 200]);
  });
});

describe("an install that is held back", () => {
  const lost = installInput({
    install: packInstall("crm", boundTo(packConfiguration("members"))),
    configurations: [packConfiguration("members", forUsers(BEN))],
  });
  const held = problem("UninstallPaused", "many leave at once.");

  test("would be uninstalled, were it not", () => {
    expect(evaluateInstall(lost)).toMatchObject({ outcome: "Uninstalled", cause: { reason: "InstallerAccessLost" } });
  });

  test("stays as in its grace period, though that is over, and says why", () => {
    const evaluation = evaluateInstall({ ...lost, held });
    expect(evaluation).toMatchObject({ outcome: "Uninstalling", since: NOW, deadline: NOW, paused: held });
  });

  test("is what it would be without, where nothing makes it leave", () => {
    const fits = { ...lost, configurations: [packConfiguration("members")] };
    expect(evaluateInstall({ ...fits, held })).toEqual(evaluateInstall(fits));
  });
});

test("people are told how many, why, and how to go on", () => {
  const leavers: readonly Leaver[] = [
    ...leaving(3),
    ...leaving(20).map((it) => ({ ...it, configuration: "sales" })),
    ...leaving(2).map((it) => ({ ...it, reason: "DocNotAllowed" as const })),
    ...leaving(1).map((it) => ({ ...it, reason: "PackDenied" as const })),
  ];
  const decision = decideGuard(view({ leaving: leavers, latched: gone(4) }));
  expect(pauseProblem(decision, leavers, LIMITS)).toEqual({
    reason: "UninstallPaused",
    message:
      "26 of 104 packs would be uninstalled within 300 seconds (4 more are gone already), and only 20 may be (`spec.uninstallGuard` of the PackOrganization), so none is. Why: 20 InstallerAccessLost 'sales', 3 InstallerAccessLost 'members', 2 DocNotAllowed 'members', and 1 other cause. They are revoked, and nothing is removed. Undo the cause, and they work again; `packctl uninstall resume` lets them go.",
  });
});

test("people are not told of packs that are gone, or of other causes, where there are none", () => {
  const message = (leavers: readonly Leaver[], latched: readonly Latch[] = []): string =>
    pauseProblem(decideGuard(view({ leaving: leavers, latched })), leavers, LIMITS).message;
  const named = (...configurations: readonly string[]): readonly Leaver[] =>
    configurations.flatMap((configuration, index) => leaving(20 - index).map((it) => ({ ...it, configuration })));
  expect(message(leaving(21))).toContain("within 300 seconds, and only 20 may be");
  expect(message(leaving(21))).toContain("Why: 21 InstallerAccessLost 'members'. They are revoked");
  expect(message(named("a", "b", "c"))).toContain("18 InstallerAccessLost 'c'. They");
  expect(message(named("a", "b", "c", "d", "e"))).toContain("18 InstallerAccessLost 'c', and 2 other causes. They");
});

describe("who left because of a resume does not count", () => {
  const counted = (latch: Partial<Latch>, resumedAt: number | undefined, now = NOW): number =>
    decideGuard(view({ now, resumedAt, latched: [{ time: now - SECOND, revoked: now - 2 * SECOND, ...latch }] })).gone;
  test.each<[string, Partial<Latch>, number | undefined, number]>([
    ["nobody resumed", {}, undefined, 1],
    ["he was stopped before the resume", {}, NOW - SECOND, 0],
    ["he was stopped within the second of the resume", { revoked: NOW - SECOND + 999, time: NOW }, NOW - SECOND, 0],
    ["he was stopped after the resume", { revoked: NOW, time: NOW }, NOW - SECOND, 1],
    ["the resume is of this very moment", {}, NOW, 0],
    ["the resume is still to come", {}, NOW + SECOND, 1],
    ["he left with the end of the window after the resume", { revoked: 0, time: NOW }, NOW - WINDOW, 0],
    ["he left after that", { revoked: 0, time: NOW }, NOW - WINDOW - SECOND, 1],
  ])("%s", (_, latch, resumedAt, expected) => {
    expect(counted(latch, resumedAt)).toBe(expected);
  });
});
