/** What a configuration says, checked beyond its schema, and the pack it speaks about. */
import type { PackConfiguration, PackDefinition } from "../api/v1alpha1/index.ts";
import { enumerate, type Problem, problem } from "./problem.ts";

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

export const isEnforced = (configuration: PackConfiguration): boolean => configuration.spec.enforcement !== "Audit";

const unsupported = ({ spec }: PackConfiguration): string | undefined => {
  if (spec.enforcement === "Audit") return "`spec.enforcement: Audit`";
  const group = spec.access?.subjects?.find((subject) => subject.kind === "Group");
  if (group !== undefined) return `the group '${group.name}' in \`spec.access.subjects\``;
  const sharing = spec.doc?.sharing;
  if (sharing?.enforcePackConfigurationPermissions === true)
    return "`spec.doc.sharing.enforcePackConfigurationPermissions`";
  const doc = sharing?.allowedDocs?.find((name) => !isNamespaceName(name));
  if (doc !== undefined)
    return `the doc '${doc}' in \`spec.doc.sharing.allowedDocs\` (only namespaces are docs in this version)`;
  return undefined;
};

const isNamespaceName = (name: string): boolean => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);

/** What keeps a configuration from taking part, or undefined. A `Denied` one denies all the same. */
export const configurationProblem = (configuration: PackConfiguration): Problem | undefined => {
  const field = unsupported(configuration);
  return field === undefined
    ? undefined
    : problem(
        "NotYetSupported",
        `${field} is not enforced by this version, so this configuration is bound to nobody. Remove it.`,
      );
};

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
