import { expect, test } from "vitest";
import { type Change, organization, organizedBy } from "../../test/gen/objects.ts";
import type { PackOrganization } from "../api/v1alpha1/index.ts";
import { organizationProblem } from "./organization.ts";

const rows: readonly (readonly [sentence: string, change: Change<PackOrganization>, field: RegExp | undefined])[] = [
  ["an organization as the CRD defaults it can be used", (it) => it, undefined],
  ["approvals that are off can be used", organizedBy({ approvals: { mode: "Off" } }), undefined],
  ["approvals that are required cannot be enforced yet", organizedBy({ approvals: { mode: "Required" } }), /approvals/],
  [
    "the default limits of the guard can be used",
    organizedBy({ uninstallGuard: { maxPercent: 20, minimum: 10, windowSeconds: 300 } }),
    undefined,
  ],
  [
    "another share of the guard cannot be enforced yet",
    organizedBy({ uninstallGuard: { maxPercent: 50 } }),
    /maxPercent/,
  ],
  ["another minimum of the guard cannot be enforced yet", organizedBy({ uninstallGuard: { minimum: 0 } }), /minimum/],
  [
    "another window of the guard cannot be enforced yet",
    organizedBy({ uninstallGuard: { windowSeconds: 10 } }),
    /windowSeconds/,
  ],
];

test.each(rows)("%s", (_, change, field) => {
  const wrong = organizationProblem(organization(change));
  expect(wrong?.reason).toBe(field === undefined ? undefined : "NotYetSupported");
  expect(wrong?.message ?? "").toMatch(field ?? /^$/);
});
