import { describe, expect, test } from "vitest";
import {
  approved,
  askingToReinstall,
  boundTo,
  changed,
  columnFormat,
  denied,
  enabling,
  formula,
  granting,
  installInput,
  knowing,
  NOW,
  openToMembers,
  organization,
  packConfiguration,
  packDefinition,
  packInstall,
  reaching,
  suspended,
  uninstalledFor,
  withGrace,
} from "../../test/gen/objects.ts";
import { evaluateInstall, withoutCertainty } from "./evaluate.ts";
import { grantOf } from "./grant.ts";
import type { InstallInput } from "./input.ts";
import { problem } from "./problem.ts";
import { absent, found } from "./truth.ts";

const members = packConfiguration("members");
const deny = packConfiguration("deny", denied());
const bound = packInstall("crm", boundTo(members));
const INSTALLED: Partial<InstallInput> = { install: bound, granted: granting("api.crm.com") };
const WHY = problem("KindNotServed", "a kind is missing.");

const uncertain = (world: Partial<InstallInput>) => {
  const input = installInput(world);
  const evaluation = withoutCertainty(input, evaluateInstall(input), WHY);
  return { evaluation, grant: grantOf(input, evaluation) };
};

describe("while nobody can vouch for what is absent", () => {
  test("no pack comes", () => {
    expect(uncertain({}).evaluation).toEqual({ outcome: "Waiting", problem: WHY });
  });

  test("a pack that is refused stays refused", () => {
    expect(uncertain({ configurations: [deny] }).evaluation.outcome).toBe("Refused");
  });

  test("a pack that would leave is closed with its cause, and stays bound", () => {
    const { evaluation, grant } = uncertain({ ...INSTALLED, configurations: [members, deny] });
    expect(evaluation).toMatchObject({ outcome: "Installed", unknown: WHY, permit: { binding: { name: "members" } } });
    expect(grant).toMatchObject({ state: "Suspended", reason: "PackDenied" });
  });

  test("a wish to rest is heeded all the same", () => {
    const install = packInstall("crm", boundTo(members), suspended());
    expect(uncertain({ ...INSTALLED, install, configurations: [members, deny] }).grant).toMatchObject({
      state: "Suspended",
      reason: "Suspended",
    });
  });

  test("a pack that fits is not touched", () => {
    expect(uncertain(INSTALLED).grant).toMatchObject({ state: "Active" });
  });
});

describe("of two installs of one pack that are bound in one doc", () => {
  const twin = (created: string) =>
    changed(packInstall("twin", boundTo(members)), (it) => ({
      ...it,
      metadata: { ...it.metadata, creationTimestamp: created },
    }));

  test("the younger one leaves", () => {
    const input = installInput({ ...INSTALLED, siblings: [twin("2020-01-01T00:00:00Z")] });
    expect(evaluateInstall(input)).toMatchObject({ outcome: "Uninstalled", cause: { reason: "AlreadyInstalled" } });
  });

  test("the older one stays", () => {
    const input = installInput({ ...INSTALLED, siblings: [twin("2040-01-01T00:00:00Z")] });
    expect(evaluateInstall(input).outcome).toBe("Installed");
  });
});

describe("a domain that a maker swapped", () => {
  const swapped = packDefinition("crm", reaching("evil.org"));

  test("needs a review even if the definition was deleted and made again within a grace period", () => {
    const patient = changed(members, withGrace(3600));
    const install = packInstall("crm", boundTo(patient));
    const gone = installInput({ ...INSTALLED, install, configurations: [patient], definition: absent });
    const revoked = grantOf(gone, evaluateInstall(gone));
    expect(revoked).toMatchObject({ state: "Revoked", hosts: [{ domain: "api.crm.com", auth: "None" }] });
    const back = installInput({ ...INSTALLED, install, configurations: [patient], definition: found(swapped) });
    expect(evaluateInstall(back)).toMatchObject({ outcome: "Installed", permit: { hosts: [] } });
  });

  test("needs a review if only the definition's status remembers the old one", () => {
    const input = installInput({ definition: found(changed(swapped, knowing("api.crm.com"))) });
    expect(evaluateInstall(input)).toMatchObject({ outcome: "Waiting", problem: { reason: "ReviewRequired" } });
  });
});

describe("a column format", () => {
  test("S1-31 S1-41 has the account, scopes, parameters and rules of its formula", () => {
    const definition = packDefinition(
      "crm",
      formula("Read", {
        connection: "Required",
        extraOAuthScopes: ["read"],
        parameters: [{ name: "url", type: "String" }],
      }),
      columnFormat("Link", "Read"),
    );
    const rules = [{ name: "url", rule: { prefix: "https://a.com/" } }];
    const configuration = changed(members, enabling({ formulas: [{ name: "Read", parameters: rules }] }));
    const input = installInput({ ...INSTALLED, definition: found(definition), configurations: [configuration] });
    const grant = grantOf(input, evaluateInstall(input));
    const [format, base] = typeof grant === "object" ? (grant.components ?? []) : [];
    expect(base).toMatchObject({ kind: "Formula", rules, connection: "Required", scopes: ["read"] });
    expect(format).toEqual({ ...base, kind: "ColumnFormat", name: "Link" });
  });
});

describe("a request to install again", () => {
  const gone = packInstall("crm", uninstalledFor("DomainsNotAllowed"));
  const handled = changed(gone, (it) => ({ ...it, status: { ...it.status, lastHandledReinstallAt: "v1" } }));

  test("counts if it is new", () => {
    expect(evaluateInstall(installInput({ install: changed(handled, askingToReinstall("v2")) })).outcome).toBe(
      "Installed",
    );
  });

  test.each([
    ["is the one that was handled", "v1"],
    ["differs only beyond what a status keeps", undefined],
  ])("does not count if it %s", (_, mark) => {
    const long = "x".repeat(256);
    const install =
      mark === undefined
        ? changed(
            gone,
            (it) => ({ ...it, status: { ...it.status, lastHandledReinstallAt: long } }),
            askingToReinstall(`${long}y`),
          )
        : changed(handled, askingToReinstall(mark));
    expect(evaluateInstall(installInput({ install })).outcome).toBe("Latched");
  });

  test("is not made by taking the annotation away", () => {
    expect(evaluateInstall(installInput({ install: handled })).outcome).toBe("Latched");
  });
});

test("configurations that cannot be listed keep a new pack waiting, whoever is a member", () => {
  const world = { configurations: [], configurationsKnown: false, organization: found(organization(openToMembers())) };
  expect(evaluateInstall(installInput({ ...world, now: NOW }))).toMatchObject({
    outcome: "Waiting",
    problem: { reason: "KindNotServed" },
  });
  expect(evaluateInstall(installInput({ ...world, configurations: [changed(members, approved())] }))).toMatchObject({
    outcome: "Waiting",
  });
});
