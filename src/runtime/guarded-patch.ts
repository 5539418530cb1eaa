/** Guarded changes of one field that several writers share. */
import type { Resource } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { Client, JsonPatchOperation, Ref, WriteOptions } from "../kube/client.ts";
import { isConflict, isFailedTest, isNotFound } from "../kube/errors.ts";
import { ConflictError } from "./outcome.ts";

/**
 * Sends a JSON Patch whose `test` operations guard it. Nothing to do: undefined, and nothing is sent.
 * @throws ConflictError if a `test` failed: the object is not what the store showed; ApiError if the result was refused
 */
export const guardedPatch = async <T extends KubeObject>(
  client: Pick<Client, "jsonPatch">,
  resource: Resource,
  ref: Ref,
  operations: readonly JsonPatchOperation[],
  write: WriteOptions,
): Promise<T | undefined> => {
  if (operations.length === 0) return undefined;
  try {
    return await client.jsonPatch<T>(resource, ref, operations, write);
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error) && !isFailedTest(error)) throw error;
    throw new ConflictError("the object has changed since it was read", { cause: error });
  }
};
