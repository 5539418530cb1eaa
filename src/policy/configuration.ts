/** What a configuration says, checked beyond its schema, and the pack it speaks about. */
import type { PackConfiguration, PackDefinition } from "../api/v1alpha1/index.ts";
import { perObject } from "../lib/per-object.ts";
import { type InstallInput, packName } from "./input.ts";
import { enumerate, type Problem } from "./problem.ts";
import { ruleProblem } from "./rule-problem.ts";

/** Whether a configuration speaks about a pack: by name, or by the definition's labels. */
export const speaksAbout = (
  configuration: PackConfiguration,
  pack: string,
  labels: Readonly<Record<string, string>> | undefined,
): boolean => {
  const { packRef, packSelector } = configuration.spec;
  if (packRef !== undefined) return packRef.name === pack;
  if (packSelector === undefined || labels === undefined) return false;
  return Object.entries(packSelector.matchLabels).every(([key, value]) => labels[key] === value);
};

/** The configurations that speak about the install's pack. */
export const aboutPack = perObject((input: InstallInput): readonly PackConfiguration[] => {
  const labels = input.definition.state === "found" ? input.definition.value.metadata.labels : undefined;
  return input.configurations.filter((it) => speaksAbout(it, packName(input), labels));
});

export const isEnforced = (configuration: PackConfiguration): boolean => configuration.spec.enforcement !== "Audit";

/** What keeps a configuration from taking part, or undefined. A `Denied` one denies all the same. */
export const configurationProblem = (configuration: PackConfiguration): Problem | undefined =>
  ruleProblem(configuration);

/** Components that a configuration names and the definition does not have. They never widen anything. */
export const unknownComponents = (configuration: PackConfiguration, definition: PackDefinition): readonly string[] => {
  const { formulas = [], syncTables = [] } = configuration.spec.components ?? {};
  const has = (list: readonly { readonly name: string }[] | undefined, name: string): boolean =>
    (list ?? []).some((entry) => entry.name === name);
  return [
    ...formulas.filter(({ name }) => !has(definition.spec.formulas, name)).map(({ name }) => `formula ${name}`),
    ...syncTables.filter(({ name }) => !has(definition.spec.syncTables, name)).map(({ name }) => `sync table ${name}`),
  ];
};

/** One line for people: who, and what. */
export const summarize = ({ spec }: PackConfiguration): string => {
  if (spec.state === "Denied") return "nobody may use the pack";
  const who =
    spec.state === "Approved"
      ? "everybody, outsiders included"
      : spec.access?.scope === "Organization"
        ? "all members"
        : subjects(spec.access?.subjects ?? []);
  const components = spec.components;
  if (components === undefined || components.allow === "All") return `${who}: everything`;
  const parts = [
    components.fetches === "Allow" ? "all fetches" : undefined,
    components.actions === "Allow" ? "all actions" : undefined,
    ...(components.formulas ?? []).map(({ name }) => name),
    ...(components.syncTables ?? []).map(({ name }) => name),
  ].filter((part) => part !== undefined);
  return `${who}: ${parts.length === 0 ? "nothing" : cut(parts)}`;
};

const subjects = (list: readonly { readonly name: string }[]): string =>
  list.length === 0
    ? "nobody"
    : enumerate(
        list.map(({ name }) => name),
        3,
      );

const cut = (parts: readonly string[]): string =>
  parts.length <= 6 ? parts.join(", ") : `${parts.slice(0, 6).join(", ")} and ${parts.length - 6} more`;
