/** Objects and building blocks that are named and must exist. */
import type {
  PackAccount,
  PackConfiguration,
  PackDefinition,
  PackDoc,
  PackFolder,
  PackGroup,
  PackInstall,
  PackRequest,
  PackReview,
} from "../../api/v1alpha1/index.ts";
import type { Manifest } from "../input/manifest.ts";
import type { Path } from "../schema/crd.ts";
import { didYouMean } from "../text.ts";
import { type Item, itemsOf, type LintContext } from "./context.ts";
import { type Finding, finding } from "./finding.ts";

export const referenceFindings = (context: LintContext): readonly Finding[] => [
  ...missingObjects(context),
  ...itemsOf<PackConfiguration>(context, "PackConfiguration").flatMap((item) => missingComponents(context, item)),
];

type Reference = {
  readonly manifest: Manifest;
  readonly path: Path;
  readonly kind: string;
  readonly name: string;
  /** Absent for cluster-wide kinds. */
  readonly namespace?: string;
};

const missingObjects = (context: LintContext): readonly Finding[] => {
  const given = givenNames(context);
  return referencesIn(context)
    .filter(({ kind, namespace, name }) => !given.has(keyOf(kind, namespace, name)))
    .map(({ manifest, path, kind, namespace, name }) => {
      const beside = [...given]
        .filter((key) => key.startsWith(keyOf(kind, namespace, "")))
        .map((key) => key.slice(keyOf(kind, namespace, "").length));
      const where = namespace === undefined ? "" : ` in the namespace '${namespace}'`;
      return finding(
        "PACK301",
        manifest,
        path,
        `the ${kind} '${name}'${where} is not in the input.${didYouMean(name, beside)}`,
        { level: context.strict ? "error" : "note" },
      );
    });
};

const keyOf = (kind: string, namespace: string | undefined, name: string): string =>
  `${kind} ${namespace ?? ""}/${name}`;

/** Everything that is given, valid or not: a faulty object is no missing one. */
const givenNames = (context: LintContext): ReadonlySet<string> => {
  const groups = itemsOf<PackGroup>(context, "PackGroup").map(
    ({ object }) => object.spec.groupName ?? object.metadata.name,
  );
  return new Set([
    ...context.valid.map(({ manifest: { kind, name, namespace } }) =>
      keyOf(kind, NAMESPACED.has(kind) ? (namespace ?? context.namespace) : undefined, name),
    ),
    ...groups.map((name) => keyOf("PackGroup", undefined, name)),
  ]);
};

const NAMESPACED = new Set(["PackInstall", "PackAccount", "PackRequest", "PackDoc", "PackFolder"]);

const referencesIn = (context: LintContext): readonly Reference[] => {
  const namespaceOf = (manifest: Manifest): string => manifest.namespace ?? context.namespace;
  const pack = <T extends { readonly spec: { readonly packRef?: { readonly name: string } } }>({
    object,
    manifest,
  }: Item<T>): readonly Reference[] =>
    object.spec.packRef === undefined
      ? []
      : [{ manifest, path: ["spec", "packRef", "name"], kind: "PackDefinition", name: object.spec.packRef.name }];
  const local = (
    manifest: Manifest,
    kind: string,
    field: string,
    ref: { readonly name: string } | undefined,
  ): readonly Reference[] =>
    ref === undefined
      ? []
      : [{ manifest, path: ["spec", field, "name"], kind, name: ref.name, namespace: namespaceOf(manifest) }];
  return [
    ...itemsOf<PackReview>(context, "PackReview").flatMap(pack),
    ...itemsOf<PackRequest>(context, "PackRequest").flatMap(pack),
    ...itemsOf<PackAccount>(context, "PackAccount").flatMap(pack),
    ...itemsOf<PackConfiguration>(context, "PackConfiguration").flatMap((item) => [...pack(item), ...groupsOf(item)]),
    ...itemsOf<PackInstall>(context, "PackInstall").flatMap((item) => [
      ...pack(item),
      ...configurationOf(item),
      ...local(item.manifest, "PackDoc", "docRef", item.object.spec.docRef),
      ...accountsOf(item, namespaceOf(item.manifest)),
    ]),
    ...itemsOf<PackDoc>(context, "PackDoc").flatMap(({ object, manifest }) =>
      local(manifest, "PackFolder", "folderRef", object.spec.folderRef),
    ),
    ...itemsOf<PackFolder>(context, "PackFolder").flatMap(({ object, manifest }) =>
      local(manifest, "PackFolder", "parentRef", object.spec.parentRef),
    ),
  ];
};

const configurationOf = ({ object, manifest }: Item<PackInstall>): readonly Reference[] => {
  const ref = object.spec.configurationRef;
  return ref === undefined
    ? []
    : [{ manifest, path: ["spec", "configurationRef", "name"], kind: "PackConfiguration", name: ref.name }];
};

const accountsOf = ({ object, manifest }: Item<PackInstall>, own: string): readonly Reference[] =>
  (object.spec.accountRefs ?? []).map(({ name, namespace }, index) => ({
    manifest,
    path: ["spec", "accountRefs", index, "name"],
    kind: "PackAccount",
    name,
    namespace: namespace ?? own,
  }));

const groupsOf = ({ object, manifest }: Item<PackConfiguration>): readonly Reference[] =>
  (object.spec.access?.subjects ?? []).flatMap(({ kind, name }, index) =>
    kind === "Group"
      ? [{ manifest, path: ["spec", "access", "subjects", index, "name"], kind: "PackGroup", name }]
      : [],
  );

type Directive = {
  readonly name: string;
  readonly parameters?: readonly { readonly name: string }[];
};

/** Building blocks and parameters that a configuration names and the given definition does not have. */
const missingComponents = (context: LintContext, { object, manifest }: Item<PackConfiguration>): readonly Finding[] => {
  const definition = context.world.definitions.get(object.spec.packRef?.name ?? "");
  if (definition === undefined) return [];
  const { formulas = [], syncTables = [] } = object.spec.components ?? {};
  return [
    ...missingIn(manifest, "formulas", formulas, definition, definition.spec.formulas ?? []),
    ...missingIn(manifest, "syncTables", syncTables, definition, definition.spec.syncTables ?? []),
  ];
};

const WORDS = { formulas: "formula", syncTables: "sync table" } as const;

const missingIn = (
  manifest: Manifest,
  list: keyof typeof WORDS,
  directives: readonly Directive[],
  definition: PackDefinition,
  components: readonly Directive[],
): readonly Finding[] =>
  directives.flatMap((directive, index) => {
    const path: Path = ["spec", "components", list, index];
    const component = components.find(({ name }) => name === directive.name);
    const pack = definition.metadata.name;
    if (component !== undefined) return missingParameters(manifest, path, directive, component, WORDS[list]);
    const guess = didYouMean(
      directive.name,
      components.map(({ name }) => name),
    );
    return [
      finding(
        "PACK302",
        manifest,
        [...path, "name"],
        `the pack '${pack}' has no ${WORDS[list]} '${directive.name}'.${guess}`,
      ),
    ];
  });

const missingParameters = (
  manifest: Manifest,
  path: Path,
  directive: Directive,
  component: Directive,
  word: string,
): readonly Finding[] => {
  const known = (component.parameters ?? []).map(({ name }) => name);
  return (directive.parameters ?? []).flatMap(({ name }, index) =>
    known.includes(name)
      ? []
      : [
          finding(
            "PACK303",
            manifest,
            [...path, "parameters", index, "name"],
            `the ${word} '${component.name}' has no parameter '${name}'.${didYouMean(name, known)}`,
          ),
        ],
  );
};
