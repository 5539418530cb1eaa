/**
 * Adding and removing one finalizer, as JSON Patch operations.
 *
 * Guarantees: a neighbour's finalizer is never removed or doubled; only the object that was looked at is touched: each
 * patch tests its UID and what it found in the list, and is refused (422) when that has changed.
 */
import type { ObjectMeta } from "../api/meta.ts";
import type { JsonPatchOperation } from "../kube/client.ts";

type HasMeta = { readonly metadata: Pick<ObjectMeta, "uid" | "finalizers" | "deletionTimestamp"> };

const LIST = "/metadata/finalizers";

const testUid = ({ metadata }: HasMeta): JsonPatchOperation => ({
  op: "test",
  path: "/metadata/uid",
  value: metadata.uid ?? "",
});

export const hasFinalizer = ({ metadata }: HasMeta, finalizer: string): boolean =>
  metadata.finalizers?.includes(finalizer) ?? false;

/** None if it is there, or if the object is being deleted: the server takes no new finalizers then. */
export const addFinalizer = (object: HasMeta, finalizer: string): readonly JsonPatchOperation[] => {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  if (deletionTimestamp !== undefined || finalizers.includes(finalizer)) return [];
  if (finalizers.length === 0) {
    // A missing list equals null.
    return [testUid(object), { op: "test", path: LIST, value: null }, { op: "add", path: LIST, value: [finalizer] }];
  }
  // The whole list: the server does not see to it that a finalizer is there once only.
  return [
    testUid(object),
    { op: "test", path: LIST, value: finalizers },
    { op: "add", path: `${LIST}/-`, value: finalizer },
  ];
};

/** None if it is not there. */
export const removeFinalizer = (object: HasMeta, finalizer: string): readonly JsonPatchOperation[] => {
  const index = object.metadata.finalizers?.indexOf(finalizer) ?? -1;
  if (index === -1) return [];
  const path = `${LIST}/${index}`;
  return [testUid(object), { op: "test", path, value: finalizer }, { op: "remove", path }];
};
