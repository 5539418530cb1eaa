/** The doc that an install lives in: a PackDoc, or the namespace itself. */
import { keyOf } from "../api/meta.ts";
import type { PackDoc } from "../api/v1alpha1/index.ts";
import type { Audience } from "./audience.ts";
import { type Lookup, unknown } from "./truth.ts";
import { normalizeUrl } from "./url.ts";

export type Doc = {
  /** How `allowedDocs` may name it: `namespace/name`, its accepted id and URL; without a PackDoc the namespace's name. */
  readonly designations: readonly string[];
  readonly owner: Lookup<string>;
  /** Unknown without a PackDoc: Kubernetes decides there who may invoke. */
  readonly audience: Lookup<Audience>;
};

/** A namespace that is used as a doc. `owner`: its annotation `packs.dev/owner`. */
export const namespaceDoc = (namespace: string, owner: Lookup<string>): Doc => ({
  designations: [namespace],
  owner,
  audience: unknown("without a PackDoc nobody has written down whom the doc is shared with"),
});

/** The comparable form of a doc's URL; undefined where it is none. */
export const docUrl = (url: string): string | undefined => {
  const parsed = normalizeUrl(url);
  return parsed.ok ? parsed.url : undefined;
};

/** What a PackDoc claims for itself alone: keys by which rivals are found. A URL without a normal form claims nothing. */
export const claimsOf = ({ spec: { id, url } }: Pick<PackDoc, "spec">): readonly string[] => {
  const address = url === undefined ? undefined : docUrl(url);
  return [...(id === undefined ? [] : [`id:${id}`]), ...(address === undefined ? [] : [`url:${address}`])];
};

/** Seniority, first difference first: when it was created, its UID, its name (there are no UIDs in files). */
const seniority = ({ metadata }: PackDoc): readonly string[] => [
  metadata.creationTimestamp ?? "",
  metadata.uid ?? "",
  keyOf({ metadata }),
];

/** Never of itself. */
const isOlder = (a: PackDoc, b: PackDoc): boolean => {
  const [x, y] = [seniority(a), seniority(b)];
  const differs = x.findIndex((part, index) => part !== y[index]);
  return differs !== -1 && (x[differs] ?? "") < (y[differs] ?? "");
};

/** The oldest PackDoc that holds a claim which this one makes, too; of equal age the smaller UID. */
export const rivalOf = (doc: PackDoc, claim: string, claimants: readonly PackDoc[]): PackDoc | undefined =>
  claimants
    .filter((it) => isOlder(it, doc) && claimsOf(it).includes(claim))
    .reduce<PackDoc | undefined>(
      (oldest, it) => (oldest === undefined || isOlder(it, oldest) ? it : oldest),
      undefined,
    );

/** `claimants`: the PackDocs of the whole cluster that share a claim with this one. */
export const packDoc = (doc: PackDoc, audience: Audience, claimants: readonly PackDoc[]): Doc => {
  const { name, namespace = "" } = doc.metadata;
  const held = claimsOf(doc).filter((claim) => rivalOf(doc, claim, claimants) === undefined);
  return {
    designations: [`${namespace}/${name}`, ...held.map((claim) => claim.slice(claim.indexOf(":") + 1))],
    owner: { state: "found", value: doc.spec.owner },
    audience: { state: "found", value: audience },
  };
};

/** Whether a list of `allowedDocs` names the doc. URLs compare in their normalised form. */
export const isNamed = ({ designations }: Doc, allowed: readonly string[]): boolean =>
  allowed.some((entry) => designations.includes(entry.includes("://") ? (docUrl(entry) ?? entry) : entry));
