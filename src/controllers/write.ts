import type { KubeObject } from "../api/meta.ts";
import type { Client, WriteOptions } from "../kube/client.ts";
import { isAlreadyExists, isNotFound } from "../kube/errors.ts";
import type { Write } from "../resources/plan.ts";
import { ConflictError } from "../runtime/outcome.ts";

/**
 * Sends one planned write. Gives the object as stored; undefined after a deletion. What is gone already counts as
 * deleted; every write over an object names its version or UID, so that only what was looked at is touched.
 *
 * @throws ConflictError if the store was behind
 */
export const execute = async (
  client: Client,
  write: Write,
  options: WriteOptions,
  signal: AbortSignal,
): Promise<KubeObject | undefined> => {
  const call = { ...options, signal };
  switch (write.verb) {
    case "create":
      return create(client, write, call);
    case "replace": {
      const { uid, resourceVersion } = write.over.metadata;
      const metadata = { ...write.object.metadata, uid, resourceVersion };
      return orGone(client.replace(write.resource, { ...write.object, metadata } as KubeObject, call));
    }
    case "relabel": {
      const { name, namespace = "", uid, resourceVersion } = write.over.metadata;
      const patch = { metadata: { uid, resourceVersion, labels: write.object.metadata.labels } };
      return orGone(client.mergePatch(write.resource, { name, namespace }, patch, call));
    }
    case "delete":
      await remove(client, write, signal);
      return undefined;
  }
};

const create = async (
  client: Client,
  { resource, object }: Extract<Write, { verb: "create" }>,
  options: WriteOptions,
): Promise<KubeObject> => {
  try {
    return await client.create(resource, object, options);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    throw new ConflictError("the object exists already", { cause: error });
  }
};

/** The object vanished since it was read: start over. */
const orGone = async <T>(call: Promise<T>): Promise<T> => {
  try {
    return await call;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new ConflictError("the object is gone", { cause: error });
  }
};

const remove = async (
  client: Client,
  { resource, over }: Extract<Write, { verb: "delete" }>,
  signal: AbortSignal,
): Promise<void> => {
  const { name, namespace, uid } = over.metadata;
  try {
    await client.delete(
      resource,
      { name, ...(namespace === undefined ? {} : { namespace }) },
      { signal, ...(uid === undefined ? {} : { uid }) },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
};
