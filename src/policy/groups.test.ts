import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ANN, BEN, NOW, OUTSIDER, organization, organizedBy, packGroup } from "../../test/gen/objects.ts";
import type { PackGroup } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { groupNameOf, groupPart, isFresh, untilFreshnessChanges, viewGroups } from "./groups.ts";
import { type Truth, truth } from "./truth.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const plain = (...members: readonly string[]): PackGroup => packGroup("sales", { members });

const synced = (ago: number | undefined, ...members: readonly string[]): PackGroup =>
  packGroup(
    "sales",
    { members, source: { name: "scim", maxAgeSeconds: HOUR / 1000 } },
    ago === undefined ? { observedGeneration: -1 } : { syncTime: toTimestamp(NOW - ago) },
  );

const fresh = (...members: readonly string[]): PackGroup => synced(MINUTE, ...members);
const stale = (...members: readonly string[]): PackGroup => synced(2 * HOUR, ...members);

const viewOf = (parts: readonly PackGroup[], known = true) => {
  const all = parts.map(groupPart);
  return viewGroups((group) => all.filter((part) => part.group === group), known, NOW);
};

const isMember = (user: string, parts: readonly PackGroup[], known = true): Truth =>
  viewOf(parts, known).isMember(user, "sales");

describe("a user is in a group", () => {
  const rows: readonly (readonly [sentence: string, parts: readonly PackGroup[], known: boolean, member: Truth])[] = [
    ["if a part without an age names him", [plain(ANN)], true, "yes"],
    ["if a fresh part names him", [fresh(ANN)], true, "yes"],
    ["if one fresh part of several names him", [fresh(BEN), fresh(ANN)], true, "yes"],
    ["if a fresh part names him, whatever a stale one says", [stale(BEN), fresh(ANN)], true, "yes"],
    ["if a part names him, though not all parts are listed yet", [plain(ANN)], false, "yes"],
    ["and is not if no fresh part names him", [fresh(BEN), plain()], true, "no"],
    ["S1-65 and is not if the group is deleted", [], true, "no"],
    ["and is not if the group names nobody", [plain()], true, "no"],
    ["and nobody knows if the only part that names him is stale", [stale(ANN)], true, "unknown"],
    ["and nobody knows if a stale part does not name him either", [stale(BEN)], true, "unknown"],
    ["and nobody knows if a fresh part does not name him beside a stale one", [fresh(BEN), stale()], true, "unknown"],
    ["and nobody knows if the source never reported", [synced(undefined, ANN)], true, "unknown"],
    ["and nobody knows while the groups are not listed", [], false, "unknown"],
    ["and nobody knows while others may name him", [plain(BEN)], false, "unknown"],
    ["and nobody knows if the report is from the future", [synced(-HOUR, ANN)], true, "unknown"],
    ["if the source's clock is a little ahead", [synced(-MINUTE, ANN)], true, "yes"],
  ];
  test.each(rows)("%s", (_, parts, known, member) => {
    expect(isMember(ANN, parts, known)).toBe(member);
  });

  test("whose time of report cannot be read is one that never reported", () => {
    const group = packGroup(
      "sales",
      { members: [ANN], source: { name: "scim", maxAgeSeconds: 60 } },
      { syncTime: "yesterday" },
    );
    expect(isMember(ANN, [group])).toBe("unknown");
  });

  test("byte for byte: other spellings are other users", () => {
    const view = viewOf([plain("ann@example.com", "Zo\u00e9@example.com")]);
    for (const other of [
      "Ann@example.com",
      "ann@EXAMPLE.com",
      " ann@example.com",
      "ann@example.com.",
      "Zoe\u0301@example.com",
    ]) {
      expect(view.isMember(other, "sales")).toBe("no");
    }
    expect(view.isMember("Zo\u00e9@example.com", "sales")).toBe("yes");
  });

  test("of that very name: other spellings are other groups", () => {
    const view = viewOf([plain(ANN)]);
    expect(view.isMember(ANN, "Sales")).toBe("no");
    expect(view.isMember(ANN, "sales ")).toBe("no");
  });

  test("only by his own name: groups that name each other or themselves do not nest", () => {
    const parts = [
      packGroup("sales", { members: ["marketing", "sales"] }),
      packGroup("marketing", { members: ["sales", ANN] }),
    ];
    expect(viewOf(parts).isMember(ANN, "sales")).toBe("no");
    expect(viewOf(parts).isMember("marketing", "sales")).toBe("yes");
  });
});

describe("the name of a group", () => {
  test("is `groupName`", () => {
    expect(groupNameOf(packGroup("part-1", { groupName: "Sales EMEA" }))).toBe("Sales EMEA");
  });

  test("is the object's name where there is no `groupName`", () => {
    expect(groupNameOf(packGroup("sales", {}))).toBe("sales");
  });
});

describe("everybody in a group is a member of the organization", () => {
  const rows: readonly (readonly [sentence: string, parts: readonly PackGroup[], known: boolean, all: Truth])[] = [
    ["if they have owned mail domains or are ServiceAccounts", [plain(ANN, "system:serviceaccount:a:b")], true, "yes"],
    ["if there is nobody in it", [plain()], true, "yes"],
    ["if there is no such group", [], true, "yes"],
    ["unless an outsider is among them", [plain(ANN, OUTSIDER)], true, "no"],
    ["unless an outsider is in another part", [plain(ANN), fresh(OUTSIDER)], true, "no"],
    ["unless an outsider is in a fresh part beside a stale one", [stale(ANN), fresh(OUTSIDER)], true, "no"],
    ["unless an outsider is in a part, though not all parts are listed yet", [plain(OUTSIDER)], false, "no"],
    ["or nobody knows if a part is stale", [plain(ANN), stale(ANN)], true, "unknown"],
    ["or nobody knows if a stale part names an outsider", [stale(OUTSIDER)], true, "unknown"],
    ["or nobody knows while the groups are not listed", [plain(ANN)], false, "unknown"],
  ];
  test.each(rows)("%s", (_, parts, known, all) => {
    const view = viewOf(parts, known);
    const { spec } = organization();
    expect(view.allAtHome("sales", spec)).toBe(all);
    const isAtHome = (user: string): Truth => truth(!user.includes("elsewhere"));
    expect(view.everyMember("sales", isAtHome)).toBe(all);
  });

  test("always, where everybody is a member", () => {
    const { spec } = organization(organizedBy({ members: "Everyone" }));
    expect(viewOf([plain(OUTSIDER, "kubernetes-admin")]).allAtHome("sales", spec)).toBe("yes");
  });

  test("or nobody knows, where it is not known of one of them", () => {
    expect(viewOf([plain(ANN, BEN)]).everyMember("sales", (user) => (user === ANN ? "yes" : "unknown"))).toBe(
      "unknown",
    );
    expect(viewOf([plain(ANN, BEN)]).everyMember("sales", (user) => (user === ANN ? "unknown" : "no"))).toBe("no");
  });
});

describe("a part is fresh", () => {
  const part = groupPart(synced(0, ANN));

  test("until its age is reached, and not a millisecond longer", () => {
    expect([isFresh(part, NOW), isFresh(part, NOW + HOUR), isFresh(part, NOW + HOUR + 1)]).toEqual([true, true, false]);
  });

  test("for ever where no age is named, even from a source", () => {
    const timeless = groupPart(packGroup("sales", { members: [ANN], source: { name: "scim" } }));
    expect(isFresh(timeless, Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(untilFreshnessChanges(timeless, NOW)).toBeUndefined();
  });

  test("or not, and it is known when that changes", () => {
    expect(untilFreshnessChanges(part, NOW)).toBe(HOUR + 1);
    expect(untilFreshnessChanges(part, NOW + HOUR)).toBe(1);
    expect(untilFreshnessChanges(part, NOW + HOUR + 1)).toBeUndefined();
    expect(untilFreshnessChanges(groupPart(synced(undefined, ANN)), NOW)).toBeUndefined();
    expect(untilFreshnessChanges(part, NOW - HOUR)).toBe(HOUR - 5 * MINUTE);
  });

  test("at one stretch: it changes when it is said to change, and at no other time", () => {
    fc.assert(
      fc.property(fc.integer({ min: -3 * HOUR, max: 3 * HOUR }), (ago) => {
        const some = groupPart(synced(ago - (ago % 1000), ANN));
        const wait = untilFreshnessChanges(some, NOW);
        const before = isFresh(some, NOW);
        const lasts = wait ?? 1_000 * HOUR;
        expect(isFresh(some, NOW + lasts - 1)).toBe(before);
        expect(isFresh(some, NOW + lasts)).toBe(wait === undefined ? before : !before);
      }),
    );
  });
});

const users = fc.constantFrom(ANN, BEN, OUTSIDER, "kubernetes-admin");
const parts = fc.array(
  fc.record({
    members: fc.uniqueArray(users),
    ago: fc.option(
      fc.integer({ min: 0, max: 3 }).map((hours) => hours * HOUR),
      { nil: undefined },
    ),
  }),
  { maxLength: 3 },
);
const build = (list: readonly { readonly members: readonly string[]; readonly ago: number | undefined }[]) =>
  list.map(({ ago, members }) => synced(ago, ...members));

describe("whatever the groups are", () => {
  test("a group of stale parts alone gives neither yes nor no", () => {
    fc.assert(
      fc.property(users, fc.array(fc.uniqueArray(users), { minLength: 1, maxLength: 3 }), (user, lists) => {
        const groups = lists.map((members) => stale(...members));
        expect(isMember(user, groups)).toBe("unknown");
        expect(viewOf(groups).everyMember("sales", () => "no")).toBe("unknown");
        expect(viewOf(groups).everyMember("sales", () => "yes")).toBe("unknown");
        expect(viewOf(groups).allAtHome("sales", organization().spec)).toBe("unknown");
      }),
    );
  });

  test("one more stale part never turns anything into yes or into no", () => {
    fc.assert(
      fc.property(users, parts, fc.uniqueArray(users), (user, list, more) => {
        const [before, after] = [isMember(user, build(list)), isMember(user, [...build(list), stale(...more)])];
        expect([before, "unknown"]).toContain(after);
        const whole = viewOf(build(list)).allAtHome("sales", organization().spec);
        const wider = viewOf([...build(list), stale(...more)]).allAtHome("sales", organization().spec);
        expect([whole, "unknown"]).toContain(wider);
      }),
    );
  });

  test("a member who is removed is not in the group for it", () => {
    fc.assert(
      fc.property(users, users, parts, (user, gone, list) => {
        const less = list.map(({ ago, members }) => ({ ago, members: members.filter((it) => it !== gone) }));
        if (isMember(user, build(list)) !== "yes") expect(isMember(user, build(less))).not.toBe("yes");
      }),
    );
  });

  test("the order of the parts does not matter", () => {
    fc.assert(
      fc.property(users, parts, (user, list) => {
        expect(isMember(user, build(list.toReversed()))).toBe(isMember(user, build(list)));
      }),
    );
  });
});
