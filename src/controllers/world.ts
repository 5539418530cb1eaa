/** Everything that the controllers look at: one informer for each kind, projected and indexed. */
import {
  NAMESPACE,
  NETWORK_POLICY,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_GRANT,
  PACK_INSTALL,
  PACK_ORGANIZATION,
  POD,
  UNSUPPORTED_KINDS,
} from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import { ANNOTATION, LABEL, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../api/names.ts";
import type {
  PackConfiguration,
  PackDefinition,
  PackGrant,
  PackInstall,
  PackOrganization,
} from "../api/v1alpha1/index.ts";
import type { NetworkPolicy, Pod } from "../api/wire.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "../lib/metrics.ts";
import { docOf } from "../policy/input.ts";
import { childNameOf } from "../resources/identity.ts";
import {
  type ObservedGrant,
  type ObservedPod,
  type ObservedPolicy,
  observeGrant,
  observePod,
  observePolicy,
} from "../resources/observed.ts";
import { allowsAnything } from "../resources/reach.ts";
import { createInformer, type Informer } from "../runtime/informer.ts";
import { observeUnsupported, type UnsupportedObject } from "./unsupported.ts";

/** A namespace: when it is used as a doc, who owns it. */
export type ObservedNamespace = { readonly name: string; readonly owner: string | undefined };

export type World = {
  readonly organizations: Informer<PackOrganization>;
  readonly definitions: Informer<PackDefinition>;
  /** Indexes: `pack` (by `packRef`), `selector` (`"any"` for those with a `packSelector`). */
  readonly configurations: Informer<PackConfiguration>;
  /** Indexes: `pack`, `doc` (pack and doc), `namespace`, `bound`, `uid`, `child` (the name of its objects). */
  readonly installs: Informer<PackInstall>;
  readonly namespaces: Informer<ObservedNamespace>;
  /** Indexes of the three: `uid`, the install that they record. */
  readonly grants: Informer<ObservedGrant>;
  /** Index `foreign`: `"any"` for policies that allow something and may concern sandboxes other than their own. */
  readonly policies: Informer<ObservedPolicy>;
  readonly pods: Informer<ObservedPod>;
  /** One for each kind that this version does not act on. */
  readonly unsupported: readonly Informer<UnsupportedObject>[];
};

export type WorldOptions = {
  readonly client: Pick<Client, "list" | "watch">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

export const ANY = "any";

/** Key of the index `doc`: one install of a pack in each. */
export const docKey = (install: PackInstall): string => `${install.spec.packRef.name}|${docOf(install)}`;

const byUid = ({ metadata }: { readonly metadata: KubeObject["metadata"] }): readonly string[] => {
  const uid = metadata.labels?.[LABEL.installUid];
  return uid === undefined ? [] : [uid];
};

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** The text that client-side apply leaves behind repeats the whole object; nobody here reads it. */
const withoutLastApplied = <T extends KubeObject>(object: T): T => {
  if (object.metadata.annotations?.[LAST_APPLIED] === undefined) return object;
  const { [LAST_APPLIED]: _, ...annotations } = object.metadata.annotations;
  return { ...object, metadata: { ...object.metadata, annotations } };
};

const observeNamespace = ({ metadata }: KubeObject): ObservedNamespace => ({
  name: metadata.name,
  owner: metadata.annotations?.[ANNOTATION.owner],
});

/** Streaming lists: object by object, so that neither a page nor its text is ever held as a whole. */
export const createWorld = (options: WorldOptions): World => {
  const common = { ...options, streaming: true };
  return {
    organizations: createInformer<PackOrganization, PackOrganization>({
      ...common,
      resource: PACK_ORGANIZATION,
      project: withoutLastApplied,
    }),
    definitions: createInformer<PackDefinition, PackDefinition>({
      ...common,
      resource: PACK_DEFINITION,
      project: withoutLastApplied,
    }),
    configurations: createInformer<PackConfiguration, PackConfiguration>({
      ...common,
      resource: PACK_CONFIGURATION,
      project: withoutLastApplied,
      indexes: {
        pack: ({ spec }) => (spec.packRef === undefined ? [] : [spec.packRef.name]),
        selector: ({ spec }) => (spec.packSelector === undefined ? [] : [ANY]),
      },
    }),
    installs: createInformer<PackInstall, PackInstall>({
      ...common,
      resource: PACK_INSTALL,
      project: withoutLastApplied,
      indexes: {
        pack: ({ spec }) => [spec.packRef.name],
        doc: (install) => [docKey(install)],
        namespace: ({ metadata }) => [metadata.namespace ?? ""],
        bound: ({ status }) => (status?.boundConfiguration === undefined ? [] : [status.boundConfiguration.name]),
        uid: ({ metadata }) => [metadata.uid ?? ""],
        child: (install) => [childNameOf(install)],
      },
    }),
    namespaces: createInformer<ObservedNamespace, KubeObject>({
      ...common,
      resource: NAMESPACE,
      metadataOnly: true,
      project: observeNamespace,
    }),
    grants: createInformer<ObservedGrant, PackGrant>({
      ...common,
      resource: PACK_GRANT,
      namespace: SYSTEM_NAMESPACE,
      project: observeGrant,
      indexes: { uid: byUid, pack: ({ metadata }) => [metadata.labels?.[LABEL.pack] ?? ""] },
    }),
    policies: createInformer<ObservedPolicy, NetworkPolicy>({
      ...common,
      resource: NETWORK_POLICY,
      namespace: SANDBOX_NAMESPACE,
      project: observePolicy,
      indexes: {
        uid: byUid,
        foreign: ({ foreign }) => (foreign !== undefined && allowsAnything(foreign) ? [ANY] : []),
      },
    }),
    pods: createInformer<ObservedPod, Pod>({
      ...common,
      resource: POD,
      namespace: SANDBOX_NAMESPACE,
      project: observePod,
      indexes: { uid: byUid },
    }),
    unsupported: UNSUPPORTED_KINDS.map((resource) =>
      createInformer<UnsupportedObject, UnsupportedObject>({ ...common, resource, project: observeUnsupported }),
    ),
  };
};

/** What an install is decided by. */
export const decisiveInformers = ({ unsupported: _, ...world }: World): readonly Informer<unknown>[] =>
  Object.values(world);
