/** Every small world there is, against the second opinion of {@link oracle}. */
import { expect, test } from "vitest";
import type { PackConfiguration, PackInstall } from "../../src/api/v1alpha1/index.ts";
import { type Evaluation, evaluateInstall } from "../../src/policy/evaluate.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { absent, found, type Lookup } from "../../src/policy/truth.ts";
import {
  ANN,
  allowingDocs,
  allowingDomains,
  approved,
  askingToReinstall,
  boundByDefault,
  boundTo,
  type Change,
  choosing,
  denied,
  forUsers,
  granting,
  installedBy,
  NOW,
  OUTSIDER,
  onTrial,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packInstall,
  RULES,
  reaching,
  suspended,
  uninstalledFor,
  withGrace,
  withUid,
} from "../gen/objects.ts";
import { oracle, type Person, type SmallConfiguration, type SmallWorld } from "./oracle.ts";

const USERS: Readonly<Record<Person, string>> = { ann: ANN, oz: OUTSIDER };
const PLAIN = { trial: false, domainFits: true, docFits: true, remade: false } as const;

const ADMITS: readonly SmallConfiguration["admits"][] = [
  "anybody",
  "nobody-at-all",
  "members",
  ["ann"],
  ["oz"],
  ["ann", "oz"],
  [],
];
/** A trial of a denial is refused by the CRD. */
const VARIANTS: readonly Partial<SmallConfiguration>[] = [
  {},
  { trial: true },
  { domainFits: false },
  { docFits: false },
  { domainFits: false, docFits: false },
  { remade: true },
];
const possible = (it: SmallConfiguration): boolean => !(it.trial && it.admits === "nobody-at-all");

const FIRST: readonly (SmallConfiguration | null)[] = [
  null,
  ...ADMITS.flatMap((admits) =>
    VARIANTS.map((variant) => ({ name: "one" as const, admits, ...PLAIN, ...variant })),
  ).filter(possible),
];
const SECOND: readonly (SmallConfiguration | null)[] = [
  null,
  ...ADMITS.map((admits) => ({ name: "two" as const, admits, ...PLAIN })),
  { name: "two", admits: "members", ...PLAIN, trial: true },
  { name: "two", admits: "members", ...PLAIN, domainFits: false },
];
const HISTORIES = ["new", "bound to one", "bound by default", "uninstalled", "uninstalled, then asked for"] as const;
const FLAGS = [
  { resting: false, widened: false, grace: false },
  { resting: true, widened: false, grace: false },
  { resting: true, widened: true, grace: true },
  { resting: false, widened: true, grace: false },
  { resting: false, widened: false, grace: true },
] as const;
const ORGANIZATIONS: readonly SmallWorld["organization"][] = [
  null,
  { openToMembers: false, automatic: false },
  { openToMembers: true, automatic: false },
  { openToMembers: true, automatic: true },
];

function* smallWorlds(): Generator<SmallWorld> {
  for (const one of FIRST)
    for (const two of SECOND)
      for (const organization of ORGANIZATIONS)
        for (const definition of ["fine", "not accepted", null] as const)
          for (const installer of ["ann", "oz"] as const)
            for (const owner of [null, "ann", "oz"] as const)
              for (const history of HISTORIES)
                for (const naming of history === "bound by default" ? [null] : ([null, "one"] as const))
                  for (const flags of FLAGS)
                    yield {
                      organization,
                      definition,
                      configurations: [one, two].filter((it) => it !== null),
                      installer,
                      owner,
                      naming,
                      history,
                      ...flags,
                    };
}

/** Builds each object once: there are few, and hundreds of thousands of worlds. */
const remember = <K, V>(make: (key: K) => V): ((key: K) => V) => {
  const made = new Map<string, V>();
  return (key) => {
    const name = JSON.stringify(key);
    const known = made.get(name);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(name, value);
    return value;
  };
};

const toConfiguration = remember(([small, grace]: readonly [SmallConfiguration, boolean]): PackConfiguration => {
  const whom: Change<PackConfiguration> =
    small.admits === "anybody"
      ? approved()
      : small.admits === "nobody-at-all"
        ? denied()
        : small.admits === "members"
          ? (it) => it
          : forUsers(...small.admits.map((person) => USERS[person]));
  return packConfiguration(
    small.name,
    whom,
    withUid(small.remade ? "another" : small.name),
    ...(small.trial ? [onTrial()] : []),
    ...(small.domainFits ? [allowingDomains("crm.com")] : [allowingDomains("other.com")]),
    ...(small.docFits ? [allowingDocs("team")] : [allowingDocs("other")]),
    withGrace(grace ? 60 : 0),
  );
});

const states = (history: SmallWorld["history"], grace: boolean): readonly Change<PackInstall>[] => {
  switch (history) {
    case "new":
      return [];
    case "bound to one":
      return [boundTo(packConfiguration("one", withUid("one"), withGrace(grace ? 60 : 0)))];
    case "bound by default":
      return [boundByDefault()];
    case "uninstalled":
      return [uninstalledFor("PackDenied")];
    case "uninstalled, then asked for":
      return [uninstalledFor("PackDenied"), askingToReinstall("1")];
  }
};

type InstallFacts = Pick<SmallWorld, "installer" | "naming" | "history" | "resting" | "grace">;

const toInstall = remember(
  ({ grace, history, installer, naming, resting }: InstallFacts): PackInstall =>
    packInstall(
      "crm",
      installedBy(USERS[installer]),
      ...(naming === null ? [] : [choosing(naming)]),
      ...(resting ? [suspended()] : []),
      ...states(history, grace),
    ),
);

const toOrganization = remember((small: SmallWorld["organization"]) =>
  small === null
    ? absent
    : found(
        organization(
          organizedBy({
            defaultAccess: small.openToMembers ? "Members" : "Deny",
            reinstallPolicy: small.automatic ? "Automatic" : "Manual",
          }),
        ),
      ),
);

const DEFINITIONS: Readonly<Record<string, InstallInput["definition"]>> = {
  fine: found(packDefinition("crm")),
  "not accepted": found(packDefinition("crm", reaching("co.uk"))),
};

const toInput = (world: SmallWorld): InstallInput => {
  const { grace, history, installer, naming, resting } = world;
  const owner: Lookup<string> = world.owner === null ? absent : found(USERS[world.owner]);
  return {
    now: NOW,
    install: toInstall({ installer, naming, history, resting, grace }),
    organization: toOrganization(world.organization),
    definition: world.definition === null ? absent : (DEFINITIONS[world.definition] ?? absent),
    configurations: world.configurations.map((small) => toConfiguration([small, grace])),
    configurationsKnown: true,
    siblings: [],
    docOwner: owner,
    granted: history.startsWith("bound") ? granting("api.crm.com") : undefined,
    widenedBy: world.widened ? ["packs-sandboxes/evil"] : [],
    rules: RULES,
  };
};

const answer = (evaluation: Evaluation): string => {
  switch (evaluation.outcome) {
    case "Latched":
      return "latched";
    case "Waiting":
      return `waiting ${evaluation.problem.reason}`;
    case "Refused":
      return `refused ${evaluation.problem.reason}`;
    case "Uninstalling":
      return `uninstalling ${evaluation.cause.reason}`;
    case "Uninstalled":
      return `uninstalled ${evaluation.cause.reason}`;
    case "Installed": {
      const { permit, suspended: closed, unknown } = evaluation;
      const parts = [`installed by ${permit.binding.name}`];
      if (closed !== undefined) parts.push(`suspended ${closed.reason}`);
      if (unknown !== undefined) parts.push(`unknown ${unknown.reason}`);
      return parts.join(", ");
    }
  }
};

test("S1-69 in every small world the rules and the second opinion agree", { timeout: 60_000 }, () => {
  const differences: unknown[] = [];
  const answers = new Map<string, number>();
  for (const world of smallWorlds()) {
    const [rules, opinion] = [answer(evaluateInstall(toInput(world))), oracle(world)];
    answers.set(opinion, (answers.get(opinion) ?? 0) + 1);
    if (rules !== opinion && differences.length < 5) differences.push({ rules, opinion, world });
  }
  expect(differences).toEqual([]);
  expect([...answers.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100_000);
  expect([...answers.keys()].length).toBeGreaterThan(30);
});
