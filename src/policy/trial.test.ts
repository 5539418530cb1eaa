import { describe, expect, test } from "vitest";
import {
  ANN,
  aboutLabels,
  allowingDocs,
  allowingDomains,
  BEN,
  boundTo,
  changed,
  enabling,
  forGroups,
  forUsers,
  groupsOf,
  installInput,
  onTrial,
  packConfiguration,
  packDefinition,
  packGroup,
  packInstall,
  reaching,
  uninstalledFor,
  viewing,
} from "../../test/gen/objects.ts";
import type { InstallInput } from "./input.ts";
import { trialFindings } from "./trial.ts";
import { absent, found, unknown } from "./truth.ts";

const trial = (name: string, ...changes: Parameters<typeof changed<ReturnType<typeof packConfiguration>>>[1][]) =>
  packConfiguration(name, onTrial(), ...changes);
const narrow = trial("narrow", allowingDomains("other.com"));
const fitting = trial("fitting", allowingDomains("crm.com"));
const stale = viewing(packGroup("sales", { members: [ANN], source: { name: "scim", maxAgeSeconds: 60 } }));
const badRule = enabling({ formulas: [{ name: "Read", parameters: [{ name: "query", rule: { pattern: "(" } }] }] });

/** The findings in a few words; `none` where nothing on trial concerns the install. */
const findings = (world: Partial<InstallInput>): string =>
  trialFindings(installInput(world))
    ?.map(({ configuration, reason }) => `${configuration} ${reason}`)
    .join(", ") ?? "none";

describe("S1-46 a configuration on trial finds", () => {
  const rows: readonly (readonly [sentence: string, world: Partial<InstallInput>, findings: string])[] = [
    ["nothing where there is none", {}, "none"],
    ["nothing in what fits it", { configurations: [fitting] }, ""],
    ["a domain that it would not allow", { configurations: [narrow] }, "narrow DomainsNotAllowed"],
    ["a doc that it would not allow", { configurations: [trial("docs", allowingDocs("x"))] }, "docs DocNotAllowed"],
    [
      "as much as every other one on trial, by name",
      { configurations: [trial("z", allowingDocs()), fitting, narrow, trial("a", allowingDocs())] },
      "a DocNotAllowed, narrow DomainsNotAllowed, z DocNotAllowed",
    ],
    ["nothing once it is enforced", { configurations: [packConfiguration("c", allowingDomains("other.com"))] }, "none"],
    ["nothing for those whom it does not admit", { configurations: [changed(narrow, forUsers(BEN))] }, "none"],
    [
      "nothing while nobody knows whether it admits the installer",
      { configurations: [changed(narrow, forGroups("sales"))], groups: stale },
      "none",
    ],
    [
      "what it would do to those in a group that it names",
      { configurations: [changed(narrow, forGroups("sales"))], groups: groupsOf({ sales: [ANN] }) },
      "narrow DomainsNotAllowed",
    ],
    ["nothing while its rules cannot be read", { configurations: [changed(narrow, badRule)] }, "none"],
    ["nothing in another pack", { configurations: [changed(narrow, aboutLabels({ tier: "gold" }))] }, "none"],
    [
      "nothing in an install that was uninstalled",
      { configurations: [narrow], install: packInstall("crm", uninstalledFor("PackDenied")) },
      "none",
    ],
    [
      "what it would do to an install that another one binds",
      {
        configurations: [packConfiguration("members"), narrow],
        install: packInstall("crm", boundTo(packConfiguration("members"))),
      },
      "narrow DomainsNotAllowed",
    ],
    ["no domain while the definition is missing", { configurations: [narrow], definition: absent }, ""],
    ["no domain while the definition cannot be read", { configurations: [narrow], definition: unknown("why") }, ""],
    [
      "no domain that waits for a review",
      { configurations: [narrow], definition: found(packDefinition("crm", reaching("a.com", "b.com"))) },
      "",
    ],
  ];
  test.each(rows)("%s", (_, world, expected) => {
    expect(findings(world)).toBe(expected);
  });

  test("the sentence that an enforced one would say", () => {
    expect(trialFindings(installInput({ configurations: [narrow] }))).toEqual([
      {
        configuration: "narrow",
        reason: "DomainsNotAllowed",
        message:
          "the pack needs 'api.crm.com', which the PackConfiguration 'narrow' does not allow (`spec.network.allowedDomains`).",
      },
    ]);
  });
});
