/** What a change would do, as findings at the lines that do it: for pull requests. Pure. */
import { enumerate } from "../../policy/problem.ts";
import type { Subject } from "../lint/finding.ts";
import type { RuleText } from "../lint/rules.ts";
import type { SarifFinding } from "../output/sarif.ts";
import { type Path, pathText } from "../schema/crd.ts";
import type { Aspect, Blame } from "./blame.ts";
import type { Step } from "./change.ts";
import { changeKey, type InstallChange } from "./compare.ts";
import { personText } from "./people.ts";
import { aspectsOf, type SimulationReport } from "./report.ts";

const rule = (name: string, level: RuleText["level"], text: string, advice: string): RuleText => ({
  name,
  level,
  text,
  advice,
});

/** Ids are an API, as those of `packctl lint`. */
export const SIMULATION_RULES = {
  PACK501: rule(
    "WouldUninstall",
    "error",
    "The change would uninstall packs.",
    "Make the change fit what is installed, or tell the people concerned.",
  ),
  PACK502: rule(
    "UninstallGuardStops",
    "error",
    "The change would uninstall so many packs at once that the uninstall guard stops it.",
    "Make the change in smaller steps, or raise the limits in `spec.uninstallGuard` of the PackOrganization.",
  ),
  PACK503: rule(
    "WouldClose",
    "error",
    "The change would keep installed packs from running.",
    "Correct what the message names.",
  ),
  PACK504: rule(
    "WouldNotBeInstalled",
    "warning",
    "After the change packs would be refused, or wait for somebody.",
    "Correct what the message names.",
  ),
  PACK505: rule(
    "AccessLost",
    "warning",
    "The change would take the use of installed packs from people.",
    "Make sure that it is meant.",
  ),
  PACK506: rule(
    "BuildingBlocksDisabled",
    "warning",
    "The change would disable building blocks of installed packs.",
    "Make sure that it is meant.",
  ),
  PACK507: rule(
    "AccountsLost",
    "warning",
    "The change would take accounts from installed packs.",
    "Make sure that it is meant.",
  ),
  PACK508: rule(
    "TrialViolated",
    "warning",
    "A configuration on trial would refuse or uninstall packs if it were enforced.",
    "Correct the configuration before it is enforced.",
  ),
  PACK509: rule(
    "AccessGained",
    "note",
    "The change would give the use of installed packs to more people.",
    "Make sure that it is meant.",
  ),
  PACK510: rule(
    "HostsOpened",
    "note",
    "The change would let installed packs reach more hosts.",
    "Make sure that it is meant.",
  ),
} as const satisfies Readonly<Record<string, RuleText>>;

export type SimulationRuleId = keyof typeof SIMULATION_RULES;

type Observation = { readonly rule: SimulationRuleId; readonly what: string; readonly path: Path };

/** Where in an object what people look for is written; the nearest field that is written counts. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, Path>>>> = {
  PackConfiguration: {
    ConfigurationDeleted: ["spec", "enforcement"],
    DocNotAllowed: ["spec", "doc", "sharing", "allowedDocs"],
    DomainsNotAllowed: ["spec", "network", "allowedDomains"],
    FolderIncompatible: ["spec", "doc", "sharing"],
    InstallerAccessLost: ["spec", "access", "subjects"],
    NoAccessibleConfiguration: ["spec", "access", "subjects"],
    PackDenied: ["spec", "state"],
    SharingIncompatible: ["spec", "doc", "sharing"],
    access: ["spec", "access", "subjects"],
    accounts: ["spec", "accounts"],
    components: ["spec", "components"],
    trials: ["spec"],
  },
  PackDefinition: { DomainsNotAllowed: ["spec", "networkDomains"], hosts: ["spec", "networkDomains"] },
  PackDoc: { access: ["spec", "sharing"], SharingIncompatible: ["spec", "sharing"] },
  PackFolder: { access: ["spec", "sharing"], SharingIncompatible: ["spec", "sharing"] },
  PackGroup: { access: ["spec", "members"], InstallerAccessLost: ["spec", "members"] },
  PackOrganization: { access: ["spec", "ownedDomains"], InstallerAccessLost: ["spec", "ownedDomains"] },
};

const fieldOf = ({ target }: Step, word: string): Path => FIELDS[target.kind]?.[word] ?? [];

type Finding = SarifFinding<SimulationRuleId>;

const EFFECTS: Readonly<Partial<Record<InstallChange["effect"], SimulationRuleId>>> = {
  Uninstalled: "PACK501",
  Closed: "PACK503",
  Refused: "PACK504",
  Waiting: "PACK504",
};

const EFFECT_TEXT: Readonly<Partial<Record<InstallChange["effect"], string>>> = {
  Uninstalled: "would be uninstalled",
  Closed: "would not run any more",
  Refused: "would be refused",
  Waiting: "would wait",
};

const observe = (change: InstallChange, aspect: Aspect, step: Step): Observation | undefined => {
  switch (aspect) {
    case "effect": {
      const id = EFFECTS[change.effect];
      const { reason = "" } = change.after;
      if (id === undefined) return undefined;
      return { rule: id, what: `${EFFECT_TEXT[change.effect]} (${reason})`, path: fieldOf(step, reason) };
    }
    case "losses":
      return { rule: "PACK505", what: `would be lost by ${people(change.lost)}`, path: fieldOf(step, "access") };
    case "gains":
      return { rule: "PACK509", what: `would be gained by ${people(change.gained)}`, path: fieldOf(step, "access") };
    case "components":
      return {
        rule: "PACK506",
        what: `would lose ${enumerate(change.disabled.map(({ name }) => name))}`,
        path: fieldOf(step, "components"),
      };
    case "accounts":
      return {
        rule: "PACK507",
        what: `would lose the account ${enumerate(change.accountsLost.map(({ name }) => name))}`,
        path: fieldOf(step, "accounts"),
      };
    case "hosts":
      return {
        rule: "PACK510",
        what: `would reach ${enumerate(change.hostsOpened)}`,
        path: fieldOf(step, "hosts"),
      };
    case "trials": {
      const words = change.trials.map(({ configuration, reason }) => `${reason} by '${configuration}'`);
      return { rule: "PACK508", what: `would not fit (${words.join(", ")})`, path: fieldOf(step, "trials") };
    }
  }
};

const people = (list: InstallChange["lost"]): string => {
  const shown = list.slice(0, 3).map(personText).join(", ");
  return list.length > 3 ? `${shown} and ${list.length - 3} more` : shown;
};

const subjectOf = ({ target: { key, kind } }: Step): Subject => {
  const [first = "", second] = key.split("/");
  return second === undefined ? { kind, name: first } : { kind, namespace: first, name: second };
};

const findingAt = (step: Step, { path, rule: id, what }: Observation, installs: readonly string[]): Finding => {
  const manifest = step.verb === "put" ? step.manifest : undefined;
  const one = installs.length === 1;
  return {
    rule: id,
    level: SIMULATION_RULES[id].level,
    message: `${one ? "the install" : `${installs.length} installs,`} ${enumerate(installs)}${one ? "" : ","} ${what}.`,
    subject: subjectOf(step),
    ...(manifest === undefined ? {} : { place: manifest.locate(path) }),
    ...(path.length === 0 || manifest === undefined ? {} : { path: pathText(path) }),
  };
};

/** One finding for all installs to which an object of the change does the same. */
export const findingsOf = (
  { guard, installs }: SimulationReport,
  steps: readonly Step[],
  blame: Blame,
): readonly Finding[] => {
  const seen = installs.flatMap((change) =>
    aspectsOf(change).flatMap((aspect) =>
      blame(change, aspect).flatMap((step) => {
        const observation = observe(change, aspect, step);
        return observation === undefined ? [] : [{ step, observation, install: changeKey(change) }];
      }),
    ),
  );
  const alike = Map.groupBy(seen, ({ observation, step }) =>
    JSON.stringify([steps.indexOf(step), observation.rule, observation.what]),
  );
  const found = [...alike.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [
          findingAt(
            first.step,
            first.observation,
            group.map(({ install }) => install),
          ),
        ];
  });
  return guard === undefined ? found : [...found, guardFinding(guard.message, found)];
};

/** At the first place that uninstalls anything. */
const guardFinding = (message: string, found: readonly Finding[]): Finding => {
  const place = found.find((it) => it.rule === "PACK501" && it.place !== undefined)?.place;
  return { rule: "PACK502", level: "error", message, ...(place === undefined ? {} : { place }) };
};
