/** What the rules need to know about one install, gathered beforehand. Everything is a value; nothing is fetched. */
import type { PackConfiguration, PackDefinition, PackInstall, PackOrganization } from "../api/v1alpha1/index.ts";
import type { DomainRules } from "./host.ts";
import type { Lookup } from "./truth.ts";

/** What an install may reach at present, as its stored grant says. */
export type Granted = {
  readonly hosts: readonly string[];
  readonly members: PackOrganization["spec"]["members"];
  readonly ownedDomains: readonly string[];
};

export type InstallInput = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly install: PackInstall;
  readonly organization: Lookup<PackOrganization>;
  readonly definition: Lookup<PackDefinition>;
  /** Every configuration that may speak about the pack, and those that the install names or is bound to. */
  readonly configurations: readonly PackConfiguration[];
  /** Whether a configuration that is not among them is surely not there. */
  readonly configurationsKnown: boolean;
  /** Other installs of the pack in the same doc. */
  readonly siblings: readonly PackInstall[];
  /** The user in the namespace's annotation `packs.dev/owner`. */
  readonly docOwner: Lookup<string>;
  readonly granted: Granted | undefined;
  /** Foreign NetworkPolicies that widen the sandbox's reach, by name, sorted. */
  readonly widenedBy: readonly string[];
  readonly rules: DomainRules;
};

/** Where an install lives: its PackDoc, or the namespace. Two installs of one pack in one doc exclude each other. */
export const docOf = (install: PackInstall): string => {
  const namespace = install.metadata.namespace ?? "";
  const doc = install.spec.docRef?.name;
  return doc === undefined ? namespace : `${namespace}/${doc}`;
};

/** Installed: bound to a configuration, and not uninstalled since. */
export const isBound = (install: PackInstall): boolean => install.status?.boundConfiguration !== undefined;
