/** What the rules need to know about one install, gathered beforehand. Everything is a value; nothing is fetched. */
import type {
  PackAccount,
  PackConfiguration,
  PackDefinition,
  PackInstall,
  PackOrganization,
  PackRequest,
  PackReview,
} from "../api/v1alpha1/index.ts";
import type { Doc } from "./doc.ts";
import type { GroupView } from "./groups.ts";
import type { DomainRules } from "./host.ts";
import type { Problem } from "./problem.ts";
import type { Lookup } from "./truth.ts";

/** What an install may reach at present, as its stored grant says. */
export type Granted = {
  readonly hosts: readonly string[];
  readonly members: PackOrganization["spec"]["members"];
  readonly ownedDomains: readonly string[];
  /** Why it lets nothing through; absent while it is active. */
  readonly closedBy?: Problem;
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
  /** The reviews that speak about the pack. */
  readonly reviews: readonly PackReview[];
  /** Whether a review that is not among them is surely not there. */
  readonly reviewsKnown: boolean;
  /** The requests for the pack, from every namespace. */
  readonly requests: readonly PackRequest[];
  readonly requestsKnown: boolean;
  /** The doc that the install lives in; absent if `docRef` names none. */
  readonly doc: Lookup<Doc>;
  readonly groups: GroupView;
  /** The accounts that the install names, as far as they exist. */
  readonly accounts: readonly PackAccount[];
  readonly accountsKnown: boolean;
  /** Why nobody vouches for who asked; undefined while the admission policies are in force. */
  readonly unvouched: Problem | undefined;
  /** Why the pack is not uninstalled yet, though its grace period is over: it stays revoked. */
  readonly held?: Problem;
  readonly granted: Granted | undefined;
  /** The hosts that any install of the pack is granted at present. */
  readonly grantedToPack: readonly string[];
  /** Foreign NetworkPolicies that widen the sandbox's reach, by name, sorted. */
  readonly widenedBy: readonly string[];
  readonly rules: DomainRules;
};

export const packName = ({ install }: InstallInput): string => install.spec.packRef.name;

/** Where an install lives: its PackDoc, or the namespace. Two installs of one pack in one doc exclude each other. */
export const docOf = (install: PackInstall): string => {
  const namespace = install.metadata.namespace ?? "";
  const doc = install.spec.docRef?.name;
  return doc === undefined ? namespace : `${namespace}/${doc}`;
};

/** Installed: bound to a configuration, and not uninstalled since. */
export const isBound = (install: PackInstall): boolean => install.status?.boundConfiguration !== undefined;
