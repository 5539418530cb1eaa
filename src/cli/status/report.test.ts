import { describe, expect, test } from "vitest";
import type { PackInstall, PackInstallStatus } from "../../api/v1alpha1/index.ts";
import type { InstallSight } from "./gather.ts";
import { reportInstall } from "./report.ts";

const TIME = "2026-01-02T03:04:05Z";

const condition = (type: string, status: "True" | "False" | "Unknown", reason: string, message = "") => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: TIME,
});

const sightOf = (status: PackInstallStatus | undefined, generation = 1): InstallSight => {
  const install: PackInstall = {
    apiVersion: "packs.dev/v1alpha1",
    kind: "PackInstall",
    metadata: { name: "crm", namespace: "sales", generation },
    spec: { packRef: { name: "acme-crm" }, installer: "anna@example.com" },
    ...(status === undefined ? {} : { status }),
  };
  return { install, definition: { state: "hidden" }, pod: { state: "absent" }, events: { state: "hidden" } };
};

describe("the headline and what to do", () => {
  test("nobody has looked at it", () => {
    const report = reportInstall(sightOf({ observedGeneration: -1 }));
    expect(report).toMatchObject({ ready: false, headline: "The controller has not looked at it yet." });
    expect(report.todo).toHaveLength(1);
  });

  test("an older version was ready: this one is not yet", () => {
    const status = { observedGeneration: 1, conditions: [condition("Ready", "True", "Succeeded")] };
    expect(reportInstall(sightOf(status, 2))).toMatchObject({
      ready: false,
      headline: "The controller has not looked at its newest version yet.",
    });
  });

  test("a suspended install is ready, and says how to wake it", () => {
    const status = { observedGeneration: 1, conditions: [condition("Ready", "True", "Suspended")] };
    expect(reportInstall(sightOf(status))).toMatchObject({
      ready: true,
      headline: "It is installed and suspended.",
      todo: ["Set `spec.suspend: false`."],
    });
  });

  test("a refused install says why, with one piece of advice for a reason that several conditions carry", () => {
    const conditions = [
      condition("Ready", "False", "NoAccessibleConfiguration", "nobody admits anna."),
      condition("Accepted", "False", "NoAccessibleConfiguration", "nobody admits anna."),
      condition("Stalled", "True", "NoAccessibleConfiguration", "nobody admits anna."),
    ];
    expect(reportInstall(sightOf({ observedGeneration: 1, conditions }))).toMatchObject({
      headline: "It is not installed: nobody admits anna.",
      todo: ["Ask an administrator to name the installer, or a group of his, in a PackConfiguration."],
    });
  });

  test("an uninstall that waits names its deadline", () => {
    const pendingUninstall = { since: TIME, deadline: TIME, reason: "PackDenied", message: "it is denied." };
    const conditions = [condition("Ready", "False", "PackDenied", "it is denied.")];
    const { headline, ready } = reportInstall(sightOf({ observedGeneration: 1, conditions, pendingUninstall }));
    expect({ headline, ready }).toEqual({
      headline: `Nothing runs, and it will be uninstalled at ${TIME}: it is denied.`,
      ready: false,
    });
  });
});

test("a condition is good by its polarity, and a reason nobody knows does no harm", () => {
  const conditions = [
    condition("Ready", "False", "FromTheFuture"),
    condition("Reconciling", "True", "Progressing"),
    condition("Accepted", "True", "Accepted"),
  ];
  const report = reportInstall(sightOf({ observedGeneration: 1, conditions }));
  expect(report.conditions.map(({ good }) => good)).toEqual([false, false, true]);
  expect(report.todo).toEqual(["Wait."]);
});

test("what is hidden is named", () => {
  expect(reportInstall(sightOf(undefined)).hidden).toEqual(["the PackDefinition", "events"]);
});
