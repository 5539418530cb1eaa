/** From `-f` to objects that the rules can look at, each with what the API server would say of it. */
import { API_VERSION, NAMESPACE, NETWORK_POLICY, PACK_GRANT, PACK_KINDS, type Resource } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Io } from "../io.ts";
import { type Admitted, admit, isRefused } from "../schema/admission.ts";
import { isOurGroup, isOurKind } from "../schema/crd.ts";
import { builtInFlaw, type Flaw } from "../schema/structure.ts";
import { readSources } from "./files.ts";
import { type Manifest, type Parsed, parseManifests, type Unreadable } from "./manifest.ts";

/** An object of this API. */
export type Checked = { readonly manifest: Manifest; readonly admitted: Admitted };

export type Loaded = {
  readonly unreadable: readonly Unreadable[];
  /** In reading order. */
  readonly ours: readonly Checked[];
  /** Of our group, but of no kind or version that exists. */
  readonly unknown: readonly Manifest[];
  /** Namespaces and NetworkPolicies, which the rules look at, too. */
  readonly builtIn: readonly Manifest[];
  readonly flawedBuiltIn: readonly { readonly manifest: Manifest; readonly flaw: Flaw }[];
  readonly others: readonly Manifest[];
};

const BUILT_IN: readonly Resource[] = [NAMESPACE, NETWORK_POLICY];

const isBuiltIn = ({ apiVersion, kind }: Manifest): boolean =>
  BUILT_IN.some((resource) => resource.apiVersion === apiVersion && resource.kind === kind);

/** @throws CommandError for files that cannot be read at all */
export const load = async (paths: readonly string[], io: Io): Promise<Loaded> =>
  sortOut((await readSources(paths, io)).map(parseManifests));

export const sortOut = (parsed: readonly Parsed[]): Loaded => {
  const manifests = parsed.flatMap((part) => part.manifests);
  const ours = manifests.filter(({ apiVersion, kind }) => isOurKind(apiVersion, kind));
  const builtIn = manifests
    .filter(isBuiltIn)
    .map((manifest) => ({ manifest, flaw: builtInFlaw(manifest.kind, manifest.object) }));
  return {
    unreadable: parsed.flatMap((part) => part.unreadable),
    ours: ours.map((manifest) => ({ manifest, admitted: admit(manifest.kind, manifest.object) })),
    unknown: manifests.filter(({ apiVersion, kind }) => isOurGroup(apiVersion) && !isOurKind(apiVersion, kind)),
    builtIn: builtIn.filter(({ flaw }) => flaw === undefined).map(({ manifest }) => manifest),
    flawedBuiltIn: builtIn.flatMap(({ manifest, flaw }) => (flaw === undefined ? [] : [{ manifest, flaw }])),
    others: manifests.filter((manifest) => !isOurGroup(manifest.apiVersion) && !isBuiltIn(manifest)),
  };
};

/** Objects that the API server would take, with their defaults; grants are the controller's own and do not count. */
export const validObjects = ({ ours, builtIn }: Loaded): readonly KubeObject[] => [
  ...ours
    .filter(({ manifest, admitted }) => manifest.kind !== PACK_GRANT.kind && !isRefused(admitted))
    .map(({ admitted }) => admitted.object as unknown as KubeObject),
  ...builtIn.map(({ object }) => object as unknown as KubeObject),
];

/** The words for a kind or version of our group that does not exist. */
export const unknownKindMessage = ({ apiVersion, kind }: Manifest): string => {
  const known = PACK_KINDS.map((resource) => resource.kind);
  return known.includes(kind)
    ? `there is no version '${apiVersion}'; write '${API_VERSION}'.`
    : `there is no kind '${kind}' in '${apiVersion}'.`;
};
