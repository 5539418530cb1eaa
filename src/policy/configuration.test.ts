import { describe, expect, test } from "vitest";
import {
  about,
  aboutLabels,
  allowingDocs,
  approved,
  type Change,
  configuredBy,
  denied,
  enabling,
  forGroups,
  formula,
  forUsers,
  onTrial,
  packConfiguration,
  packDefinition,
  sharedWithin,
  syncTable,
} from "../../test/gen/objects.ts";
import type { PackConfiguration } from "../api/v1alpha1/index.ts";
import { configurationProblem, isEnforced, speaksAbout, summarize, unknownComponents } from "./configuration.ts";

type ConfigurationChange = Change<PackConfiguration>;
type Labels = Readonly<Record<string, string>>;

describe("a configuration", () => {
  const rows: readonly (readonly [
    sentence: string,
    change: ConfigurationChange,
    labels: Labels | undefined,
    speaks: boolean,
  ])[] = [
    ["speaks about the pack that it names", about("crm"), undefined, true],
    ["does not speak about another pack", about("mail"), {}, false],
    ["S1-61 speaks about every pack with its labels", aboutLabels({ tier: "gold" }), { tier: "gold", a: "b" }, true],
    ["does not speak about a pack with another value", aboutLabels({ tier: "gold" }), { tier: "tin" }, false],
    [
      "does not speak about a pack that lacks one label",
      aboutLabels({ tier: "gold", a: "b" }),
      { tier: "gold" },
      false,
    ],
    ["does not speak about a pack without labels", aboutLabels({ tier: "gold" }), undefined, false],
    [
      "that names nothing speaks about nothing",
      ({ spec: { packRef: _, ...spec }, ...rest }) => ({ ...rest, spec }),
      {},
      false,
    ],
  ];
  test.each(rows)("%s", (_, change, labels, speaks) => {
    expect(speaksAbout(packConfiguration("c", change), "crm", labels)).toBe(speaks);
  });

  test("counts unless it is on trial", () => {
    expect(isEnforced(packConfiguration("c"))).toBe(true);
    expect(isEnforced(packConfiguration("c", configuredBy({ enforcement: "Enforce" })))).toBe(true);
    expect(isEnforced(packConfiguration("c", onTrial()))).toBe(false);
  });
});

describe("a configuration takes part", () => {
  const rows: readonly (readonly [sentence: string, change: ConfigurationChange])[] = [
    ["with users", forUsers("ann@example.com")],
    ["with groups", forGroups("sales")],
    ["on trial", onTrial()],
    ["with rules about whom a doc is shared with", sharedWithin()],
    ["with docs by namespace, by name and by URL", allowingDocs("team", "team/plan", "https://docs.acme.com/d/1")],
    ["approving everybody", approved()],
    ["denying everybody", denied()],
  ];
  test.each(rows)("%s", (_, change) => {
    expect(configurationProblem(packConfiguration("c", change))).toBeUndefined();
  });

  test("but not if its rules cannot be read", () => {
    const rule = { name: "query", rule: { pattern: "(" } };
    const configuration = packConfiguration("c", enabling({ formulas: [{ name: "Read", parameters: [rule] }] }));
    expect(configurationProblem(configuration)).toMatchObject({ reason: "InvalidSpec" });
  });
});

test("components that a configuration names and the definition lacks are listed", () => {
  const definition = packDefinition("crm", formula("Read"), syncTable("Deals"));
  const names = [{ name: "Read" }, { name: "Gone" }, { name: "Deals" }];
  const configuration = packConfiguration("c", enabling({ formulas: names, syncTables: names }));
  expect(unknownComponents(configuration, definition)).toEqual([
    "formula Gone",
    "formula Deals",
    "sync table Read",
    "sync table Gone",
  ]);
  expect(unknownComponents(packConfiguration("c"), definition)).toEqual([]);
});

describe("the summary of a configuration", () => {
  const seven = ["A", "B", "C", "D", "E", "F", "G"].map((name) => ({ name }));
  const rows: readonly (readonly [summary: string, change: ConfigurationChange])[] = [
    ["nobody may use the pack", denied()],
    ["everybody, outsiders included: everything", approved()],
    ["all members: everything", (it) => it],
    ["nobody: everything", forUsers()],
    ["'ann' and 'ben': everything", forUsers("ann", "ben")],
    ["'a', 'b', 'c' and 2 more: everything", forUsers("a", "b", "c", "d", "e")],
    ["all members: nothing", enabling()],
    ["all members: all fetches, Send", enabling({ fetches: "Allow", formulas: [{ name: "Send" }] })],
    ["all members: all actions, Deals", enabling({ actions: "Allow", syncTables: [{ name: "Deals" }] })],
    ["all members: A, B, C, D, E, F and 1 more", enabling({ formulas: seven })],
    ["all members: everything", configuredBy({ components: { allow: "All" } })],
  ];
  test.each(rows)("reads '%s'", (summary, change) => {
    expect(summarize(packConfiguration("c", change))).toBe(summary);
  });
});
