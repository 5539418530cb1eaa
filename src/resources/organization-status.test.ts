import { describe, expect, test } from "vitest";
import { type Change, NOW, organization, withMeta } from "../../test/gen/objects.ts";
import { ANNOTATION } from "../api/names.ts";
import type { PackOrganization, UninstallGuardState } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { problem } from "../policy/problem.ts";
import { type OrganizationStatusInput, organizationStatus } from "./organization-status.ts";

const MISSING = problem("AdmissionMissing", "there is no policy.");
const PAUSED = problem("UninstallPaused", "30 of 30 would leave.");
const PAUSE = { since: NOW - 60_000, waiting: 30, why: PAUSED };
const SINCE = toTimestamp(NOW - 60_000);

const asking = (mark: string): Change<PackOrganization> =>
  withMeta({ annotations: { [ANNOTATION.uninstallResumeRequestedAt]: mark } });

const remembering =
  (uninstallGuard: UninstallGuardState): Change<PackOrganization> =>
  (object) => ({ ...object, status: { uninstallGuard } });

const statusOf = (more: Partial<OrganizationStatusInput> = {}) =>
  organizationStatus({ now: NOW, organization: organization(), admission: undefined, pause: undefined, ...more });

const conditions = (more: Partial<OrganizationStatusInput>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (statusOf(more).conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );

type Row = readonly [sentence: string, input: Partial<OrganizationStatusInput>, conditions: Record<string, string>];

const rows: readonly Row[] = [
  [
    "all is well while the admission policies deny and uninstalls go on",
    {},
    { Ready: "True Succeeded", AdmissionEnforced: "True AdmissionEnforced" },
  ],
  [
    "an organization whose names nobody vouches for is not ready",
    { admission: MISSING },
    { Ready: "False AdmissionMissing", AdmissionEnforced: "False AdmissionMissing" },
  ],
  [
    "that nobody looks shows, and is no fault",
    { admission: "unchecked" },
    { Ready: "True Succeeded", AdmissionEnforced: "Unknown AdmissionUnchecked" },
  ],
  [
    "stopped uninstalls show, and somebody must act",
    { pause: PAUSE },
    {
      Ready: "False UninstallPaused",
      AdmissionEnforced: "True AdmissionEnforced",
      UninstallPaused: "True UninstallPaused",
    },
  ],
  [
    "stopped uninstalls show where nobody looks, too",
    { admission: "unchecked", pause: PAUSE },
    {
      Ready: "False UninstallPaused",
      AdmissionEnforced: "Unknown AdmissionUnchecked",
      UninstallPaused: "True UninstallPaused",
    },
  ],
  [
    "missing admission comes first, and hides nothing",
    { admission: MISSING, pause: PAUSE },
    {
      Ready: "False AdmissionMissing",
      AdmissionEnforced: "False AdmissionMissing",
      UninstallPaused: "True UninstallPaused",
    },
  ],
];

test.each(rows)("%s", (_, input, wanted) => {
  expect(conditions(input)).toEqual(wanted);
});

describe("the state of the guard", () => {
  test("says how many wait, and since when", () => {
    expect(statusOf({ pause: PAUSE }).uninstallGuard).toEqual({ paused: true, since: SINCE, waiting: 30 });
    const calm = { ...PAUSE, calmSince: NOW };
    expect(statusOf({ pause: calm }).uninstallGuard?.calmSince).toBe(toTimestamp(NOW));
  });

  test("keeps when they were let go, and by which request", () => {
    const before = { paused: false, resumedAt: SINCE, lastHandledResumeAt: "1" };
    const object = organization(remembering(before), asking("1"));
    expect(statusOf({ organization: object }).uninstallGuard).toEqual(before);
    expect(statusOf({ organization: organization(remembering(before)), pause: PAUSE }).uninstallGuard).toEqual({
      ...before,
      paused: true,
      since: SINCE,
      waiting: 30,
    });
  });

  test("lets go those that wait when a request comes", () => {
    const status = statusOf({ organization: organization(asking("2")), pause: PAUSE });
    expect(status.uninstallGuard).toEqual({ paused: false, resumedAt: toTimestamp(NOW), lastHandledResumeAt: "2" });
    expect(status.conditions?.map(({ type }) => type)).toEqual(["Ready", "AdmissionEnforced"]);
  });

  test("only acknowledges a request while nobody waits", () => {
    const status = statusOf({ organization: organization(asking("2")) });
    expect(status.uninstallGuard).toEqual({ paused: false, lastHandledResumeAt: "2" });
  });

  test("acts on a request once, however long its value is", () => {
    const long = "x".repeat(1_000);
    const { uninstallGuard } = statusOf({ organization: organization(asking(long)), pause: PAUSE });
    expect(uninstallGuard?.lastHandledResumeAt).toHaveLength(256);
    const again = organization(remembering(uninstallGuard ?? { paused: false }), asking(long));
    expect(statusOf({ organization: again, pause: PAUSE }).uninstallGuard?.paused).toBe(true);
  });

  test("takes a request that was taken away for none", () => {
    const before = { paused: false, lastHandledResumeAt: "2" };
    expect(
      statusOf({ organization: organization(remembering(before), asking("")), pause: PAUSE }).uninstallGuard,
    ).toEqual({ paused: true, since: SINCE, waiting: 30, lastHandledResumeAt: "2" });
  });
});
