/** What people declare: a realistic pack, a configuration for it, and one install in each of many namespaces. */
import type { KubeObject } from "../../src/api/meta.ts";
import type { PackConfiguration, PackDefinition, PackInstall, PackOrganization } from "../../src/api/v1alpha1/index.ts";
import {
  ANN,
  about,
  acceptingDomains,
  action,
  authenticatedBy,
  changed,
  enabling,
  formula,
  inNamespace,
  of,
  organization,
  packConfiguration,
  packDefinition,
  packInstall,
  reaching,
  syncTable,
} from "../gen/objects.ts";

export const INSTALLER = ANN;

/** A pack and its only configuration, as they are first, and the configuration as it is edited later. */
export type Pack = {
  readonly name: string;
  readonly definition: PackDefinition;
  readonly configuration: PackConfiguration;
  readonly edited: PackConfiguration;
};

/** What a person writes of a built object; the rest is the server's. */
const written = <T extends KubeObject>({ apiVersion, kind, metadata, ...rest }: T): T => {
  const { name, namespace } = metadata;
  const { spec } = rest as unknown as { readonly spec: unknown };
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec,
  } as unknown as T;
};

const query = { name: "query", type: "String", description: "What to look for." } as const;
const limit = { name: "limit", type: "Number", optional: true, description: "How many at most." } as const;
const FORMULAS = ["GetDeal", "FindDeals", "GetPerson", "FindPeople", "GetCompany", "Pipelines"] as const;
const ACTIONS = ["AddDeal", "CloseDeal"] as const;
const TABLES = ["Deals", "People"] as const;

export const ORGANIZATION: PackOrganization = written(organization(acceptingDomains(4)));

export const packNamed = (name: string): Pack => {
  const definition = packDefinition(
    name,
    reaching("api.example.com", "files.example.com"),
    authenticatedBy({ type: "HeaderBearerToken", networkDomains: ["api.example.com"] }),
    ...FORMULAS.map((it) => formula(it, { parameters: [query, limit], connection: "Required" })),
    ...ACTIONS.map((it) => action(it, { parameters: [query], connection: "Required" })),
    ...TABLES.map((it) => syncTable(it, { parameters: [query], connection: "Required" })),
  );
  const configuration = packConfiguration(`${name}-members`, about(name));
  const narrowed = enabling({ formulas: FORMULAS.map((it) => ({ name: it })), syncTables: [{ name: "Deals" }] });
  return {
    name,
    definition: written(definition),
    configuration: written(configuration),
    edited: written(changed(configuration, narrowed)),
  };
};

/** Two installs of one pack exclude each other in a namespace, so each has its own. */
export const namespaceOf = (index: number): string => `team-${String(index).padStart(4, "0")}`;

export const installOf = (pack: Pack, index: number): PackInstall =>
  written(packInstall(`install-of-${pack.name}`, inNamespace(namespaceOf(index)), of(pack.name)));
