/** What is allowed and probably not meant. */
import { SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { PackConfiguration, PackDefinition, PackInstall } from "../../api/v1alpha1/index.ts";
import { speaksAbout } from "../../policy/configuration.ts";
import { isMember } from "../../policy/people.ts";
import type { Path } from "../schema/crd.ts";
import { type Item, itemsOf, type LintContext } from "./context.ts";
import { type Finding, finding } from "./finding.ts";

export const adviceFindings = (context: LintContext): readonly Finding[] => {
  const configurations = itemsOf<PackConfiguration>(context, "PackConfiguration");
  return [
    ...configurations.flatMap((item) => [
      ...denyBeatsNamed(context, item),
      ...nothingListed(item),
      ...outsidersAdmitted(item),
      ...subjectsNotMembers(context, item),
    ]),
    ...denyBeatsAll(context, configurations),
    ...itemsOf<PackInstall>(context, "PackInstall").flatMap((item) => [...suspended(item), ...operatorNamespace(item)]),
  ];
};

const denyBeatsNamed = (context: LintContext, { object, manifest }: Item<PackConfiguration>): readonly Finding[] => {
  const components = object.spec.components;
  if (components === undefined) return [];
  const { fetches, actions, formulas = [], syncTables = [] } = components;
  const definition = context.world.definitions.get(object.spec.packRef?.name ?? "");
  const off = (list: string, index: number, name: string, denial: string): Finding =>
    finding(
      "PACK401",
      manifest,
      ["spec", "components", list, index, "name"],
      `\`${denial}: Deny\` beats the entry '${name}': it stays off.`,
    );
  const isAction = (name: string): boolean | undefined => actionOf(definition, name);
  return [
    ...formulas.flatMap(({ name }, index) => {
      if (actions === "Deny" && isAction(name) === true) return [off("formulas", index, name, "actions")];
      if (fetches === "Deny" && isAction(name) === false) return [off("formulas", index, name, "fetches")];
      return [];
    }),
    ...syncTables.flatMap(({ name, update }, index) => {
      if (fetches === "Deny") return [off("syncTables", index, name, "fetches")];
      if (actions === "Deny" && update === "Allow") return [updateStaysOff(manifest, index, name)];
      return [];
    }),
  ];
};

const updateStaysOff = (manifest: Item<unknown>["manifest"], index: number, name: string): Finding =>
  finding(
    "PACK401",
    manifest,
    ["spec", "components", "syncTables", index, "update"],
    `\`actions: Deny\` beats \`update: Allow\` of the sync table '${name}': its rows cannot be changed.`,
  );

/** Undefined where nobody knows. */
const actionOf = (definition: PackDefinition | undefined, name: string): boolean | undefined => {
  const formula = definition?.spec.formulas?.find((it) => it.name === name);
  return formula === undefined ? undefined : formula.action === true;
};

const nothingListed = ({ object: { spec }, manifest }: Item<PackConfiguration>): readonly Finding[] => {
  const { access, accounts, components, doc, network, oauthScopes } = spec;
  const isEmpty = (list: readonly unknown[] | undefined): boolean => (list ?? []).length === 0;
  const cases: readonly (readonly [boolean, Path, string])[] = [
    [
      access?.scope === "Subjects" && isEmpty(access.subjects),
      ["spec", "access", "subjects"],
      "`scope: Subjects` without `subjects` admits nobody.",
    ],
    [
      components?.allow === "Listed" &&
        components.fetches !== "Allow" &&
        components.actions !== "Allow" &&
        isEmpty(components.formulas) &&
        isEmpty(components.syncTables),
      ["spec", "components", "allow"],
      "`allow: Listed` enables no building block here: nothing can be used.",
    ],
    [
      accounts?.allow === "Listed" && isEmpty(accounts.types),
      ["spec", "accounts", "allow"],
      "`allow: Listed` without `types` allows no account.",
    ],
    [
      oauthScopes?.allow === "Listed" && isEmpty(oauthScopes.allowed),
      ["spec", "oauthScopes", "allow"],
      "`allow: Listed` without `allowed` allows no OAuth scope.",
    ],
    [
      network?.allow === "Listed" && isEmpty(network.allowedDomains),
      ["spec", "network", "allow"],
      "`allow: Listed` without `allowedDomains` fits only packs without any domain.",
    ],
    [
      doc?.sharing.allow === "Listed" && isEmpty(doc.sharing.allowedDocs),
      ["spec", "doc", "sharing", "allow"],
      "`allow: Listed` without `allowedDocs` allows no doc.",
    ],
  ];
  return cases.filter(([applies]) => applies).map(([, path, message]) => finding("PACK402", manifest, path, message));
};

const outsidersAdmitted = ({ object, manifest }: Item<PackConfiguration>): readonly Finding[] =>
  object.spec.state === "Approved"
    ? [
        finding(
          "PACK406",
          manifest,
          ["spec", "state"],
          "everybody may use the pack, people outside of the organization too.",
        ),
      ]
    : [];

const subjectsNotMembers = (
  { world: { organization } }: LintContext,
  { object, manifest }: Item<PackConfiguration>,
): readonly Finding[] =>
  (object.spec.access?.subjects ?? []).flatMap(({ kind, name }, index) =>
    kind === "User" && isMember(name, organization) === "no"
      ? [
          finding(
            "PACK407",
            manifest,
            ["spec", "access", "subjects", index, "name"],
            `'${name}' is not a member of the organization (\`ownedDomains\`), so this entry gives no access.`,
          ),
        ]
      : [],
  );

const denyBeatsAll = (context: LintContext, configurations: readonly Item<PackConfiguration>[]): readonly Finding[] =>
  configurations
    .filter(({ object }) => object.spec.state !== "Denied")
    .flatMap(({ object, manifest }) => {
      const pack = object.spec.packRef?.name;
      if (pack === undefined) return [];
      const labels = context.world.definitions.get(pack)?.metadata.labels;
      const denial = configurations.find(
        (it) => it.object.spec.state === "Denied" && speaksAbout(it.object, pack, labels),
      );
      return denial === undefined
        ? []
        : [
            finding(
              "PACK405",
              manifest,
              ["spec", "packRef", "name"],
              `the PackConfiguration '${denial.object.metadata.name}' denies the pack '${pack}' to everybody, so this one has no effect.`,
            ),
          ];
    });

const suspended = ({ object, manifest }: Item<PackInstall>): readonly Finding[] =>
  object.spec.suspend === true
    ? [finding("PACK404", manifest, ["spec", "suspend"], "the pack is installed, and nothing runs.")]
    : [];

const operatorNamespace = ({ manifest }: Item<PackInstall>): readonly Finding[] =>
  manifest.namespace === SYSTEM_NAMESPACE || manifest.namespace === SANDBOX_NAMESPACE
    ? [
        finding(
          "PACK408",
          manifest,
          ["metadata", "namespace"],
          `'${manifest.namespace}' belongs to the operator; an install stands in a namespace of its users.`,
        ),
      ]
    : [];
