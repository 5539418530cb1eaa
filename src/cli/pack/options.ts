/** Every option that a configuration of one pack has, as rows for people. Pure. */
import type { Formula, PackDefinition, Parameter, SyncTable } from "../../api/v1alpha1/index.ts";
import { schemaOf } from "../schema/crd.ts";
import { schemaAt } from "../schema/structure.ts";
import { partsOf } from "./parts.ts";
import { aboutFormula, aboutParameter, aboutTable, ruleFieldsOf } from "./words.ts";

export type Option = {
  /** `components.formulas[Search].parameters[query].rule`, below `spec`. */
  readonly path: string;
  /** What may be written. */
  readonly values: string;
  readonly about: string;
};

/** One of the general options: its words are those of the API. */
const general = (path: string, values: string): Option => ({
  path,
  values,
  about: schemaAt(schemaOf("PackConfiguration"), ["spec", ...path.replaceAll("[]", "").split(".")])?.description ?? "",
});

const words = (list: readonly string[], otherwise: string): string => (list.length === 0 ? otherwise : list.join(", "));

const ruleOption = (path: string, { name, type }: Pick<Parameter, "name" | "type">, about: string): Option => ({
  path: `${path}.parameters[${name}].rule`,
  values: ruleFieldsOf(type).join(", "),
  about,
});

const parameterOptions = (path: string, parameters: readonly Parameter[] = []): readonly Option[] =>
  parameters.map((parameter) => ruleOption(path, parameter, aboutParameter(parameter)));

const formulaOptions = (formula: Formula): readonly Option[] => {
  const path = `components.formulas[${formula.name}]`;
  return [{ path, values: "name", about: aboutFormula(formula) }, ...parameterOptions(path, formula.parameters)];
};

const tableOptions = (table: SyncTable): readonly Option[] => {
  const path = `components.syncTables[${table.name}]`;
  return [
    { path, values: "name", about: aboutTable(table) },
    ...parameterOptions(path, table.parameters),
    ...(table.dynamic === true
      ? [{ path: `${path}.dynamicURL`, values: "values, pattern, prefix", about: "Which data sets may be chosen." }]
      : []),
    ...(table.writable === true
      ? [{ path: `${path}.update`, values: "Allow, Deny", about: "Whether its rows may be changed." }]
      : []),
  ];
};

/** In the order in which people write them. */
export const optionsOf = (definition: PackDefinition): readonly Option[] => {
  const { formulas = [], syncTables = [], networkDomains = [], authentication } = definition.spec;
  const { scopes } = partsOf(definition);
  return [
    { path: "packRef.name", values: definition.metadata.name, about: "The pack." },
    general("state", "Configured, Approved, Denied"),
    general("access.scope", "Organization, Subjects"),
    general("access.subjects", "kind: User, Group; name"),
    general("components.allow", "All, Listed"),
    general("components.fetches", "Allow, Deny"),
    general("components.actions", "Allow, Deny"),
    ...formulas.flatMap(formulaOptions),
    ...syncTables.flatMap(tableOptions),
    general("accounts.allow", "All, Listed"),
    general("accounts.types", words(authentication.accountTypes ?? [], "Private, Shared")),
    general("oauthScopes.allow", "All, Listed"),
    general(
      "oauthScopes.allowed",
      words(
        scopes.map(({ name }) => name),
        "the pack asks for none",
      ),
    ),
    general("network.allow", "All, Listed"),
    general("network.allowedDomains", words(networkDomains, "the pack reaches none")),
    general("doc.sharing.allow", "All, Listed"),
    general("doc.sharing.allowedDocs", "namespace/name, id, URL, namespace"),
    general("doc.sharing.enforcePackConfigurationPermissions", "true, false"),
    general("enforcement", "Enforce, Audit"),
    general("gracePeriodSeconds", "0 to 604800"),
  ];
};
