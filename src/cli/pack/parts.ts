/** What an administrator can decide about in one pack. */
import type { Authentication, PackDefinition } from "../../api/v1alpha1/index.ts";

/** Something with a name that a configuration can list. */
export type Part = { readonly name: string; readonly about: string };

export type PackParts = {
  /** `Acme CRM 1.4.0`. */
  readonly title: string;
  readonly fetches: readonly Part[];
  readonly actions: readonly Part[];
  readonly syncTables: readonly Part[];
  readonly scopes: readonly Part[];
};

type Described = { readonly name: string; readonly description?: string };

const partOf = ({ name, description = "" }: Described): Part => ({ name, about: description });

export const partsOf = (definition: PackDefinition): PackParts => {
  const { displayName, version, formulas = [], syncTables = [] } = definition.spec;
  return {
    title: `${displayName} ${version}`,
    fetches: formulas.filter(({ action }) => action !== true).map(partOf),
    actions: formulas.filter(({ action }) => action === true).map(partOf),
    syncTables: syncTables.map(partOf),
    scopes: scopesOf(definition),
  };
};

const baseScopes = (authentication: Authentication | undefined): readonly string[] => {
  const { oauth2, oauth2ClientCredentials, googleServiceAccount, platformToken } = authentication ?? {};
  return (oauth2 ?? oauth2ClientCredentials ?? googleServiceAccount ?? platformToken)?.scopes ?? [];
};

/** Every OAuth scope that the pack as a whole or one of its building blocks asks for, each once. */
const scopesOf = ({ spec }: PackDefinition): readonly Part[] => {
  const asked = [
    ...baseScopes(spec.authentication),
    ...baseScopes(spec.systemAuthentication),
    ...[...(spec.formulas ?? []), ...(spec.syncTables ?? [])].flatMap(({ extraOAuthScopes }) => extraOAuthScopes ?? []),
  ];
  const described = new Map((spec.scopes ?? []).map(({ name, description = "" }) => [name, description]));
  return [...new Set(asked)].map((name) => ({ name, about: described.get(name) ?? "" }));
};
