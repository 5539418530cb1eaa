import { describe, expect, test } from "vitest";
import { ANN, BEN, OUTSIDER } from "../../test/gen/objects.ts";
import type { GrantAccess, GrantAudience } from "../api/v1alpha1/index.ts";
import type { Truth } from "./truth.ts";
import { type AccessProblem, compileAccess, type GroupView } from "./user-access.ts";

const BOT = "system:serviceaccount:team:bot";

/** Whatever is asked of any group. */
const always = (answer: Truth): GroupView => ({ isMember: () => answer });

/** `sales` is Ann, `old` is not known, others are empty. */
const GROUPS: GroupView = {
  isMember: (user, group) => (group === "old" ? "unknown" : group === "sales" && user === ANN ? "yes" : "no"),
};

const subjects = (more: Partial<GrantAccess>): GrantAccess => ({
  state: "Configured",
  scope: "Subjects",
  members: "OwnedDomains",
  ownedDomains: ["example.com"],
  ...more,
});

const MEMBERS = subjects({ scope: "Organization" });
const ANYONE: GrantAudience = { anyone: true };

const verdict = (
  user: string,
  access: GrantAccess | undefined,
  audience: GrantAudience | undefined = ANYONE,
  groups = GROUPS,
): AccessProblem["reason"] | "may" => compileAccess(access, audience)(user, groups)?.reason ?? "may";

describe("access to the configuration", () => {
  const rows: readonly (readonly [
    sentence: string,
    user: string,
    access: GrantAccess | undefined,
    verdict: AccessProblem["reason"] | "may",
  ])[] = [
    ["a member may, by scope Organization", ANN, MEMBERS, "may"],
    ["S1-16 an outsider may not, by scope Organization", OUTSIDER, MEMBERS, "NotAMember"],
    ["S1-16 an outsider may not, though he is named", OUTSIDER, subjects({ users: [OUTSIDER] }), "NotAMember"],
    [
      "S1-16 an outsider may not, though a group of unknown members is named",
      OUTSIDER,
      subjects({ groups: ["old"] }),
      "NotAMember",
    ],
    ["S1-16 an outsider may where it is approved", OUTSIDER, { ...MEMBERS, state: "Approved" }, "may"],
    ["S1-16 an outsider may where everybody is a member", OUTSIDER, { ...MEMBERS, members: "Everyone" }, "may"],
    ["S1-16 a user of a sub-domain is an outsider", "ann@x.example.com", MEMBERS, "NotAMember"],
    ["a ServiceAccount is a member", BOT, MEMBERS, "may"],
    ["a named user may", ANN, subjects({ users: [BEN, ANN] }), "may"],
    ["a user who is not named may not", BEN, subjects({ users: [ANN] }), "UserNotAllowed"],
    ["a user in other letters is another user", "Ann@example.com", subjects({ users: [ANN] }), "UserNotAllowed"],
    ["a member of a named group may", ANN, subjects({ groups: ["sales"] }), "may"],
    ["a member of no named group may not", BEN, subjects({ groups: ["sales"] }), "UserNotAllowed"],
    ["one in an unknown group may not, and is told so", BEN, subjects({ groups: ["sales", "old"] }), "GroupDataStale"],
    ["one in a known group may, whatever is unknown", ANN, subjects({ groups: ["old", "sales"] }), "may"],
    ["one who is named may, whatever is unknown", BEN, subjects({ users: [BEN], groups: ["old"] }), "may"],
    ["nobody may where nobody is named", ANN, subjects({}), "UserNotAllowed"],
    ["nobody may where it is denied", ANN, { ...MEMBERS, state: "Denied" }, "PackDenied"],
    ["nobody may where nothing is said", ANN, undefined, "PackDenied"],
    ["nobody may where no domain is owned", ANN, { ...MEMBERS, ownedDomains: [] }, "NotAMember"],
  ];
  test.each(rows)("%s", (_, user, access, expected) => {
    expect(verdict(user, access)).toBe(expected);
  });
});

describe("the audience of the doc", () => {
  const rows: readonly (readonly [
    sentence: string,
    user: string,
    audience: GrantAudience | undefined,
    verdict: AccessProblem["reason"] | "may",
  ])[] = [
    ["has a user who is named", ANN, { users: [ANN] }, "may"],
    ["has not a user in other letters", ANN, { users: ["Ann@example.com"] }, "UserNotInAudience"],
    ["has everybody of a mail domain", ANN, { domains: ["example.com"] }, "may"],
    ["has nobody of a sub-domain", ANN, { domains: ["com"] }, "UserNotInAudience"],
    ["has the members of a group", ANN, { groups: ["sales"] }, "may"],
    ["has not those who are no members", BEN, { groups: ["sales"] }, "UserNotInAudience"],
    ["is not known where a group is not", BEN, { groups: ["old"] }, "GroupDataStale"],
    ["has a named user whatever is unknown", BEN, { users: [BEN], groups: ["old"] }, "may"],
    ["has anyone", BEN, { anyone: true }, "may"],
    ["has nobody where nobody is named", ANN, {}, "UserNotInAudience"],
    ["has nobody where nothing is said", ANN, undefined, "UserNotInAudience"],
    ["has nobody where `anyone` is false", ANN, { anyone: false }, "UserNotInAudience"],
  ];
  test.each(rows)("%s", (_, user, audience, expected) => {
    expect(compileAccess(MEMBERS, audience)(user, GROUPS)?.reason ?? "may").toBe(expected);
  });

  test("is not enough without access, and access not without it", () => {
    expect(verdict(ANN, subjects({ users: [BEN] }), { users: [ANN] })).toBe("UserNotAllowed");
    expect(verdict(ANN, subjects({ users: [ANN] }), { users: [BEN] })).toBe("UserNotInAudience");
  });

  test("that is unknown is told only to those who have access, and the other way round", () => {
    expect(verdict(OUTSIDER, MEMBERS, { groups: ["old"] })).toBe("NotAMember");
    expect(verdict(BEN, subjects({ groups: ["old"] }), { users: [ANN] })).toBe("UserNotInAudience");
  });
});

test("the unknown groups are named, once each", () => {
  const problem = compileAccess(subjects({ groups: ["old", "sales"] }), { groups: ["old"] })(BEN, GROUPS);
  expect(problem?.what).toBe(
    "Whether you may use the pack depends on the members of 'old', who are not known at present.",
  );
});

test("S1-55 only the groups that would decide are named, and the rule where the configuration names them", () => {
  const unknown = always("unknown");
  const bySubject = compileAccess(subjects({ groups: ["a"] }), { users: [BEN], groups: ["b"] })(BEN, unknown);
  expect(bySubject).toMatchObject({ what: expect.stringContaining("members of 'a', "), rule: "spec.access.subjects" });
  const byAudience = compileAccess(subjects({ users: [BEN], groups: ["a"] }), { groups: ["b"] })(BEN, unknown);
  expect(byAudience?.what).toContain("members of 'b', ");
  expect(byAudience).not.toHaveProperty("rule");
});

test.each(["unknown", "no"] as const)("groups whose members are %s admit nobody", (answer) => {
  expect(verdict(ANN, subjects({ groups: ["a", "b"] }), ANYONE, always(answer))).not.toBe("may");
  expect(verdict(ANN, MEMBERS, { groups: ["a", "b"] }, always(answer))).not.toBe("may");
});
