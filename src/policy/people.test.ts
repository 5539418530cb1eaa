import { describe, expect, test } from "vitest";
import {
  ANN,
  approved,
  BEN,
  type Change,
  changed,
  configuredBy,
  denied,
  forGroups,
  forUsers,
  OUTSIDER,
  organization,
  organizedBy,
  packConfiguration,
} from "../../test/gen/objects.ts";
import type { PackConfiguration } from "../api/v1alpha1/index.ts";
import { hasAccess, isMember, isMemberOf, mailDomain } from "./people.ts";
import { absent, and, found, or, type Truth, unknown } from "./truth.ts";

describe("the mail domain of a user", () => {
  const rows: readonly (readonly [sentence: string, user: string, domain: string | undefined])[] = [
    ["is what follows the @", "ann@example.com", "example.com"],
    ["is folded to lower case", "Ann@EXAMPLE.com", "example.com"],
    ["is not given without an @", "ann", undefined],
    ["is not given with two of them", "ann@example.com@evil.net", undefined],
    ["is not given without a name before it", "@example.com", undefined],
    ["is not given without a domain after it", "ann@", undefined],
    ["is not given with the Kelvin sign, which folds to a K", "ann@\u212Aube.com", undefined],
    ["is not given with a space", "ann@example.com ", undefined],
  ];
  test.each(rows)("%s", (_, user, domain) => {
    expect(mailDomain(user)).toBe(domain);
  });
});

describe("a member of the organization", () => {
  const owned = ["example.com", "kube.com"];
  const rows: readonly (readonly [sentence: string, user: string, member: boolean])[] = [
    ["is a user with an owned mail domain", "ann@example.com", true],
    ["is a user with an owned mail domain in upper case", "ann@Example.COM", true],
    ["is a ServiceAccount of the cluster", "system:serviceaccount:team:bot", true],
    ["is not a user of a sub-domain", "ann@mail.example.com", false],
    ["is not a user of a domain that ends alike", "ann@notexample.com", false],
    ["is not a user with two @", "ann@evil.net@example.com", false],
    ["is not a user without a mail domain", "kubernetes-admin", false],
    ["is not a user whose name only starts like a ServiceAccount's", "system:serviceaccount:a:b@evil.net", false],
    ["is not a ServiceAccount without a name", "system:serviceaccount:team:", false],
    ["is not a user whose domain looks alike", "ann@\u212Aube.com", false],
  ];
  test.each(rows)("%s", (_, user, member) => {
    expect(isMemberOf(user, "OwnedDomains", owned)).toBe(member);
  });

  test("is everybody under `members: Everyone`", () => {
    expect(isMemberOf("kubernetes-admin", "Everyone", [])).toBe(true);
  });

  test("is nobody with a mail domain while no domain is owned", () => {
    expect(isMember(ANN, found(organization(organizedBy({ ownedDomains: [] }))))).toBe("no");
  });

  test("cannot be told while nobody knows the organization", () => {
    expect(isMember(ANN, absent)).toBe("unknown");
    expect(isMember(ANN, unknown("its kind is not served"))).toBe("unknown");
  });
});

describe("access to a configuration", () => {
  const scopeless: Change<PackConfiguration> = ({ spec: { access: _, ...spec }, ...rest }) => ({ ...rest, spec });
  const both: Change<PackConfiguration> = configuredBy({
    access: {
      scope: "Subjects",
      subjects: [
        { kind: "User", name: ANN },
        { kind: "Group", name: "sales" },
      ],
    },
  });
  const rows: readonly (readonly [sentence: string, user: string, change: Change<PackConfiguration>, may: Truth])[] = [
    ["S1-14 `Approved` admits a member", ANN, approved(), "yes"],
    ["S1-14 `Approved` admits an outsider too", OUTSIDER, approved(), "yes"],
    ["S1-15 `Denied` admits nobody", ANN, denied(), "no"],
    ["the whole organization admits a member", ANN, (it) => it, "yes"],
    ["S1-16 the whole organization does not admit an outsider", OUTSIDER, (it) => it, "no"],
    ["S1-24 a list admits the member that it names", ANN, forUsers(ANN), "yes"],
    ["S1-24 a list does not admit a member that it does not name", BEN, forUsers(ANN), "no"],
    ["S1-16 a list does not admit an outsider that it names", OUTSIDER, forUsers(OUTSIDER), "no"],
    ["an empty list admits nobody", ANN, forUsers(), "no"],
    ["names are compared byte for byte", "Ann@example.com", forUsers(ANN), "no"],
    ["a subject of another kind with the user's name does not count as the user", ANN, forGroups(ANN), "unknown"],
    ["a group's members are not known in this version", ANN, forGroups("sales"), "unknown"],
    ["a user beside a group is admitted", ANN, both, "yes"],
    ["no group admits an outsider", OUTSIDER, both, "no"],
    ["a configuration that does not say whom it admits admits nobody", ANN, scopeless, "no"],
  ];
  test.each(rows)("%s", (_, user, change, may) => {
    expect(hasAccess(user, changed(packConfiguration("c"), change), found(organization()))).toBe(may);
  });

  const withoutOrganization: typeof rows = [
    ["`Approved` needs no organization", OUTSIDER, approved(), "yes"],
    ["`Denied` needs no organization", ANN, denied(), "no"],
    ["who is not named has no access whatever the organization is", BEN, forUsers(ANN), "no"],
    ["who is named may be a member or not", ANN, forUsers(ANN), "unknown"],
    ["the whole organization is nobody knows who", ANN, (it) => it, "unknown"],
  ];
  test.each(withoutOrganization)("while the organization is unknown: %s", (_, user, change, may) => {
    expect(hasAccess(user, changed(packConfiguration("c"), change), absent)).toBe(may);
  });
});

describe("three-valued logic", () => {
  const rows: readonly (readonly [a: Truth, b: Truth, either: Truth, both: Truth])[] = [
    ["yes", "yes", "yes", "yes"],
    ["yes", "no", "yes", "no"],
    ["yes", "unknown", "yes", "unknown"],
    ["no", "no", "no", "no"],
    ["no", "unknown", "unknown", "no"],
    ["unknown", "unknown", "unknown", "unknown"],
  ];
  test.each(rows)("%s, %s: either is %s, both are %s", (a, b, either, both) => {
    expect([or(a, b), or(b, a)]).toEqual([either, either]);
    expect([and(a, b), and(b, a)]).toEqual([both, both]);
  });
});
