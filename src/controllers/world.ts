/** Everything that the controllers look at: one informer for each kind, projected and indexed. */
import {
  NAMESPACE,
  NETWORK_POLICY,
  PACK_ACCOUNT,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_DOC,
  PACK_FOLDER,
  PACK_GRANT,
  PACK_GROUP,
  PACK_INSTALL,
  PACK_ORGANIZATION,
  PACK_REQUEST,
  PACK_REVIEW,
  POD,
  VALIDATING_ADMISSION_POLICY,
  VALIDATING_ADMISSION_POLICY_BINDING,
} from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import { ANNOTATION, LABEL, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../api/names.ts";
import type {
  PackAccount,
  PackConfiguration,
  PackDefinition,
  PackDoc,
  PackFolder,
  PackGrant,
  PackGroup,
  PackInstall,
  PackOrganization,
  PackRequest,
  PackReview,
  Share,
} from "../api/v1alpha1/index.ts";
import type { NetworkPolicy, Pod } from "../api/wire.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "../lib/metrics.ts";
import { claimsOf } from "../policy/doc.ts";
import { type GroupPart, groupPart } from "../policy/groups.ts";
import { docOf } from "../policy/input.ts";
import {
  type ObservedAdmissionBinding,
  type ObservedAdmissionPolicy,
  observeAdmissionBinding,
  observeAdmissionPolicy,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from "../resources/admission-observed.ts";
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
import type { Settings } from "../resources/settings.ts";
import { createInformer, type Informer } from "../runtime/informer.ts";

/** A namespace: when it is used as a doc, who owns it. */
export type ObservedNamespace = { readonly name: string; readonly owner: string | undefined };

/** A PackGroup without its list: the members are kept once, ready to be asked. */
export type ObservedGroup = Pick<PackGroup, "apiVersion" | "kind" | "metadata" | "status"> & {
  readonly part: GroupPart;
};

export type World = {
  readonly organizations: Informer<PackOrganization>;
  readonly definitions: Informer<PackDefinition>;
  /** Index `pack`. */
  readonly reviews: Informer<PackReview>;
  /** Index `pack`. */
  readonly requests: Informer<PackRequest>;
  /** Indexes: `pack` (by `packRef`), `apart` (the same, for denials and trials only), `selector` (`"any"` for those with a `packSelector`), `group` (groups it names). */
  readonly configurations: Informer<PackConfiguration>;
  /**
   * Indexes: `pack`, `doc` (pack and doc), `record` (the key of its PackDoc), `namespace`, `installer`, `bound`, `trial`
   * (configurations on trial that it violates), `account` (keys of the accounts it names), `uid`, `child` (the name of
   * its objects).
   */
  readonly installs: Informer<PackInstall>;
  /** Index `group`: the name of the group. */
  readonly groups: Informer<ObservedGroup>;
  /** Indexes: `claim`, `folder` (its folder's key), `owner`, `group` (groups it is shared with). */
  readonly docs: Informer<PackDoc>;
  /** Indexes: `parent` (its parent's key), `group` (groups it is shared with). */
  readonly folders: Informer<PackFolder>;
  /** Indexes: `pack`, `owner`. */
  readonly accounts: Informer<PackAccount>;
  /** Index `owner`. */
  readonly namespaces: Informer<ObservedNamespace>;
  readonly admissionPolicies: Informer<ObservedAdmissionPolicy>;
  readonly admissionBindings: Informer<ObservedAdmissionBinding>;
  /** Indexes of the three: `uid`, the install that they record. */
  readonly grants: Informer<ObservedGrant>;
  /** Index `foreign`: `"any"` for policies that allow something and may concern sandboxes other than their own. */
  readonly policies: Informer<ObservedPolicy>;
  readonly pods: Informer<ObservedPod>;
};

export type WorldOptions = {
  readonly client: Pick<Client, "list" | "watch">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

export const ANY = "any";

const keyIn = (namespace: string | undefined, name: string | undefined): readonly string[] =>
  name === undefined ? [] : [`${namespace ?? ""}/${name}`];

const groupsIn = (sharing: readonly Share[] | undefined): readonly string[] =>
  (sharing ?? []).filter(({ kind }) => kind === "Group").map(({ name }) => name);

const observeGroup = (group: PackGroup): ObservedGroup => {
  const { apiVersion, kind, metadata, status } = withoutLastApplied(group);
  return { apiVersion, kind, metadata, ...(status === undefined ? {} : { status }), part: groupPart(group) };
};

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
        apart: ({ spec }) =>
          spec.packRef !== undefined && (spec.state === "Denied" || spec.enforcement === "Audit")
            ? [spec.packRef.name]
            : [],
        selector: ({ spec }) => (spec.packSelector === undefined ? [] : [ANY]),
        group: ({ spec }) =>
          (spec.access?.subjects ?? []).filter(({ kind }) => kind === "Group").map(({ name }) => name),
      },
    }),
    reviews: createInformer<PackReview, PackReview>({
      ...common,
      resource: PACK_REVIEW,
      project: withoutLastApplied,
      indexes: { pack: ({ spec }) => [spec.packRef.name] },
    }),
    requests: createInformer<PackRequest, PackRequest>({
      ...common,
      resource: PACK_REQUEST,
      project: withoutLastApplied,
      indexes: { pack: ({ spec }) => [spec.packRef.name] },
    }),
    groups: createInformer<ObservedGroup, PackGroup>({
      ...common,
      resource: PACK_GROUP,
      project: observeGroup,
      indexes: { group: ({ part }) => [part.group] },
    }),
    docs: createInformer<PackDoc, PackDoc>({
      ...common,
      resource: PACK_DOC,
      project: withoutLastApplied,
      indexes: {
        claim: claimsOf,
        folder: ({ metadata, spec }) => keyIn(metadata.namespace, spec.folderRef?.name),
        owner: ({ spec }) => [spec.owner],
        group: ({ spec }) => groupsIn(spec.sharing),
      },
    }),
    folders: createInformer<PackFolder, PackFolder>({
      ...common,
      resource: PACK_FOLDER,
      project: withoutLastApplied,
      indexes: {
        parent: ({ metadata, spec }) => keyIn(metadata.namespace, spec.parentRef?.name),
        group: ({ spec }) => groupsIn(spec.sharing),
      },
    }),
    accounts: createInformer<PackAccount, PackAccount>({
      ...common,
      resource: PACK_ACCOUNT,
      project: withoutLastApplied,
      indexes: { pack: ({ spec }) => [spec.packRef.name], owner: ({ spec }) => [spec.owner] },
    }),
    installs: createInformer<PackInstall, PackInstall>({
      ...common,
      resource: PACK_INSTALL,
      project: withoutLastApplied,
      indexes: {
        pack: ({ spec }) => [spec.packRef.name],
        doc: (install) => [docKey(install)],
        record: ({ metadata, spec }) => keyIn(metadata.namespace, spec.docRef?.name),
        namespace: ({ metadata }) => [metadata.namespace ?? ""],
        installer: ({ spec }) => [spec.installer],
        trial: ({ status }) => (status?.trials ?? []).map(({ configuration }) => configuration),
        account: ({ metadata, spec }) =>
          (spec.accountRefs ?? []).flatMap(({ name, namespace = metadata.namespace }) => keyIn(namespace, name)),
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
      indexes: { owner: ({ owner }) => (owner === undefined ? [] : [owner]) },
    }),
    admissionPolicies: createInformer<ObservedAdmissionPolicy, ValidatingAdmissionPolicy & KubeObject>({
      ...common,
      resource: VALIDATING_ADMISSION_POLICY,
      project: observeAdmissionPolicy,
    }),
    admissionBindings: createInformer<ObservedAdmissionBinding, ValidatingAdmissionPolicyBinding & KubeObject>({
      ...common,
      resource: VALIDATING_ADMISSION_POLICY_BINDING,
      project: observeAdmissionBinding,
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
  };
};

/** What the controller keeps in step with the API server. A cluster whose admission nobody checks need not serve its kinds. */
export const informersOf = (world: World, { admission }: Settings): readonly Informer<unknown>[] =>
  admission === "Unchecked" ? decisiveInformers(world) : Object.values(world);

/** What the rules look at; admission is looked at beside them. */
export const decisiveInformers = ({
  admissionBindings: _,
  admissionPolicies: __,
  ...world
}: World): readonly Informer<unknown>[] => Object.values(world);

/** Installs in a doc that is a PackDoc. `doc`: `namespace/name`. */
export const installsIn = ({ installs }: World, doc: string): readonly string[] => installs.store.keysBy("record", doc);

/** The keys of the folders below one; each is visited once, so loops end. */
export const foldersUnder = ({ folders }: World, folder: string): readonly string[] => {
  const seen = new Set([folder]);
  for (const next of seen) for (const child of folders.store.keysBy("parent", next)) seen.add(child);
  return [...seen].slice(1);
};

/** The keys of the PackDocs in a folder and in the folders below it. */
export const docsUnder = (world: World, folder: string): readonly string[] =>
  [folder, ...foldersUnder(world, folder)].flatMap((it) => world.docs.store.keysBy("folder", it));
