/** Who a generated object belongs to. */
import type { ObjectMeta } from "../api/meta.ts";
import { LABEL, MANAGED_BY } from "../api/names.ts";
import type { PackInstall } from "../api/v1alpha1/index.ts";
import { perObject } from "../lib/per-object.ts";
import { sha256 } from "../lib/stable-json.ts";

const NAME_PART = 46;
const HASH_PART = 16;

/**
 * The name of an install's grant, policy and pod: at most 63 characters, the same for the same namespace and name.
 * 16 hex digits: eight would collide after some 80,000 installs.
 */
export const childName = (namespace: string, name: string): string =>
  `${name.slice(0, NAME_PART).replace(/-+$/, "")}-${sha256(`${namespace}/${name}`).slice(0, HASH_PART)}`;

export const childNameOf = perObject(({ metadata }: PackInstall) => childName(metadata.namespace ?? "", metadata.name));

/** The labels of every generated object. `install-uid` ties it to one life of the PackInstall. */
export const childLabels = (install: PackInstall): Readonly<Record<string, string>> => ({
  [LABEL.managedBy]: MANAGED_BY,
  [LABEL.pack]: install.spec.packRef.name,
  [LABEL.install]: install.metadata.name,
  [LABEL.installNamespace]: install.metadata.namespace ?? "",
  [LABEL.installUid]: install.metadata.uid ?? "",
});

export const childMeta = (install: PackInstall, namespace: string): ObjectMeta => ({
  name: childNameOf(install),
  namespace,
  labels: childLabels(install),
});

/** Whether an object records another install than this, by UID. Without the label it is ours by name, damaged. */
export const belongsToAnother = (object: { readonly metadata: ObjectMeta }, install: PackInstall): boolean => {
  const uid = object.metadata.labels?.[LABEL.installUid];
  return uid !== undefined && uid !== install.metadata.uid;
};
