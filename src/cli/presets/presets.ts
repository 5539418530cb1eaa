/** Outlines of PackConfigurations, as text with comments: what to start from. */
import { API_VERSION } from "../../api/kinds.ts";
import { scalar } from "../output/yaml.ts";
import type { PackParts, Part } from "../pack/parts.ts";
import { PLACEHOLDER } from "../placeholder.ts";
import { harmless } from "../text.ts";

export const PRESET_NAMES = [
  "allow-all",
  "private-actions",
  "tables-only",
  "restrict-sharing",
  "oauth-scopes",
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

export type Subject = {
  readonly pack: string;
  /** The name of the configuration. */
  readonly name: string;
  /** Absent: nobody knows the pack's building blocks. */
  readonly parts?: PackParts | undefined;
};

type Preset = {
  /** A sentence. */
  readonly about: string;
  /** What people should know before they apply it. */
  readonly warning?: string;
  /** Which parts of the pack it speaks about; without any the preset makes no sense. */
  readonly needs?: { readonly part: keyof Omit<PackParts, "title">; readonly without: string };
  /** The lines below `spec`, after the pack. */
  readonly lines: (subject: Subject) => readonly string[];
};

const MEMBERS = [
  "# Every member of the organization. For some only: `scope: Subjects` with `subjects`.",
  "access:",
  "  scope: Organization",
];

const CLOSED = "# Only what is enabled here; everything else of the pack is off, also what newer versions bring.";

/** `- name: Deals  # All deals of one stage.` */
const choice = (entry: string, about: string): string =>
  `# ${entry}${about === "" ? "" : `  # ${harmless(about.split("\n")[0] ?? "")}`}`;

/** Comments that list what the pack has, each line ready to be used. */
const choices = (
  { pack, parts }: Subject,
  part: keyof Omit<PackParts, "title">,
  word: string,
  entryOf: (part: Part) => string,
): readonly string[] => {
  if (parts === undefined) return [`# \`packctl schema ${pack}\` lists the ${word} of the pack.`];
  const list = parts[part];
  if (list.length === 0) return [`# ${harmless(parts.title)} has no ${word}.`];
  return [`# The ${word} of ${harmless(parts.title)}:`, ...list.map((it) => choice(entryOf(it), it.about))];
};

const bare = ({ name }: Part): string => `  ${name}`;

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  "allow-all": {
    about: "Every member of the organization may use the whole pack.",
    lines: (subject) => [
      ...MEMBERS,
      "# No `components`: every building block may be used.",
      ...(subject.parts === undefined
        ? []
        : [
            ...choices(subject, "fetches", "fetches", bare),
            ...choices(subject, "actions", "actions", bare),
            ...choices(subject, "syncTables", "sync tables", bare),
          ]),
    ],
  },
  "private-actions": {
    about: "Buttons only, each with the user's own account: shared accounts and everything that only reads are off.",
    needs: { part: "actions", without: "has no actions, so nothing of it could be used" },
    lines: (subject) => [
      ...MEMBERS,
      CLOSED,
      "components:",
      "  allow: Listed",
      "  actions: Allow",
      ...choices(subject, "actions", "actions", bare).map((line) => `  ${line}`),
      "# Nobody acts through somebody else's account.",
      "accounts:",
      "  allow: Listed",
      "  types: [Private]",
    ],
  },
  "tables-only": {
    about: "Only some sync tables: all other tables, buttons and formulas are off.",
    needs: { part: "syncTables", without: "has no sync tables, so nothing of it could be used" },
    lines: (subject) => [
      ...MEMBERS,
      CLOSED,
      "components:",
      "  allow: Listed",
      "  # Their rows can be read, and not changed.",
      "  syncTables:",
      `    - name: ${PLACEHOLDER.syncTable}`,
      ...choices(subject, "syncTables", "sync tables", ({ name }) => `- name: ${scalar(name)}`).map(
        (line) => `    ${line}`,
      ),
    ],
  },
  "restrict-sharing": {
    about: "Docs with data of the pack can be shared only with people who have access to this configuration.",
    warning:
      "this preset is drastic: the pack is uninstalled from every doc that uses this configuration and is shared with anybody else, and no such doc can be shared further. Use it for packs with sensitive data only.",
    lines: () => [
      "# The people who may use the pack, and whom docs with its data may be shared with.",
      "access:",
      "  scope: Subjects",
      "  subjects:",
      "    - kind: Group",
      `      name: ${PLACEHOLDER.group}`,
      "# Drastic: the pack is uninstalled from docs that are shared with anybody else, and such a share is refused.",
      "doc:",
      "  sharing:",
      "    allow: All",
      "    enforcePackConfigurationPermissions: true",
    ],
  },
  "oauth-scopes": {
    about: "Only the OAuth scopes that are listed: a building block that needs another one is off.",
    needs: { part: "scopes", without: "asks for no OAuth scopes, so there is nothing to list" },
    lines: (subject) => [
      ...MEMBERS,
      "oauthScopes:",
      "  allow: Listed",
      "  allowed:",
      `    - ${PLACEHOLDER.scope}`,
      ...choices(subject, "scopes", "OAuth scopes", ({ name }) => `- ${scalar(name)}`).map((line) => `    ${line}`),
    ],
  },
};

/** A PackConfiguration as YAML with comments. Where a choice is left to people there is a placeholder. */
export const presetYaml = (preset: PresetName, subject: Subject): string => {
  const { about, warning, lines } = PRESETS[preset];
  const body = lines(subject);
  const open = body.some((line) => Object.values(PLACEHOLDER).some((word) => line.endsWith(word)));
  return `${[
    `# ${about}`,
    ...(warning === undefined ? [] : [`# WARNING: ${warning}`]),
    ...(open ? ["# An outline: replace what begins with REPLACE; `packctl lint` fails until then."] : []),
    `apiVersion: ${API_VERSION}`,
    "kind: PackConfiguration",
    "metadata:",
    `  name: ${scalar(subject.name)}`,
    "spec:",
    "  packRef:",
    `    name: ${scalar(subject.pack)}`,
    ...body.map((line) => `  ${line}`),
  ].join("\n")}\n`;
};

/** Why a preset makes no sense for a pack whose definition is known, a sentence, or undefined. */
export const presetMisfit = (preset: PresetName, { pack, parts }: Subject): string | undefined => {
  const { needs } = PRESETS[preset];
  return needs === undefined || parts === undefined || parts[needs.part].length > 0
    ? undefined
    : `the pack '${pack}' ${needs.without}.`;
};
