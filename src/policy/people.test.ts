import { describe, expect, test } from "vitest";
import { ANN, organization, organizedBy } from "../../test/gen/objects.ts";
import { homeOf, isMember, isMemberOf, mailDomain } from "./people.ts";
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

describe("where a user comes from", () => {
  const rows: readonly (readonly [sentence: string, user: string, home: string])[] = [
    ["is his mail domain, folded", "Ann@EXAMPLE.com", "@example.com"],
    ["is the cluster for a ServiceAccount", "system:serviceaccount:team:bot", "cluster"],
    ["is nowhere without a mail domain", "kubernetes-admin", "none"],
    ["is nowhere for a user who is called like a home", "cluster", "none"],
    ["is nowhere for a user who is called like a mail domain", "@example.com", "none"],
  ];
  test.each(rows)("%s", (_, user, home) => {
    expect(homeOf(user)).toBe(home);
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
