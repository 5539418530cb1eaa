/** Writing what is wanted, only when it differs from what is there. */
import type { Resource } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { Client, JsonPatchOperation, Ref, WriteOptions } from "../kube/client.ts";
import { isAlreadyExists, isConflict, isInvalid, isNotFound } from "../kube/errors.ts";
import { ConflictError } from "./outcome.ts";
import type { Entry } from "./store.ts";

export type WriteDecision =
  | { readonly kind: "create" }
  /** Change exactly this object in exactly this version. */
  | { readonly kind: "replace"; readonly uid: string; readonly resourceVersion: string }
  | { readonly kind: "none" };

/**
 * What it takes to get from what the store shows to what is wanted. A no-op costs the server as much as a change, so
 * `equal` must be true whenever nothing would change.
 */
export const decideWrite = <D, T>(
  desired: D,
  actual: Entry<T> | undefined,
  equal: (desired: D, actual: T) => boolean,
): WriteDecision => {
  if (actual === undefined) return { kind: "create" };
  if (equal(desired, actual.value)) return { kind: "none" };
  return { kind: "replace", uid: actual.uid, resourceVersion: actual.resourceVersion };
};

export type EnsureOptions<D extends KubeObject, T> = {
  readonly client: Pick<Client, "create" | "replace">;
  readonly resource: Resource;
  readonly desired: D;
  /** What the store shows under the name of `desired`. */
  readonly actual: Entry<T> | undefined;
  readonly equal: (desired: D, actual: T) => boolean;
  readonly write: WriteOptions;
};

export type EnsureResult<D> = { readonly kind: "none" } | { readonly kind: "create" | "replace"; readonly object: D };

/**
 * Creates or replaces `desired`, or does nothing. Replaces only the object that the store showed, in the version that
 * it showed.
 * @throws ConflictError if the store was behind
 */
export const ensure = async <D extends KubeObject, T>(options: EnsureOptions<D, T>): Promise<EnsureResult<D>> => {
  const { client, resource, desired, actual, equal, write } = options;
  const decision = decideWrite(desired, actual, equal);
  switch (decision.kind) {
    case "none":
      return decision;
    case "create":
      return { kind: "create", object: await orConflict(client.create(resource, desired, write)) };
    case "replace": {
      const { uid, resourceVersion } = decision;
      const object = { ...desired, metadata: { ...desired.metadata, uid, resourceVersion } };
      return { kind: "replace", object: await orConflict(client.replace(resource, object, write), isNotFound) };
    }
  }
};

/**
 * Sends a JSON Patch whose `test` operations guard it. Nothing to do: undefined, and nothing is sent.
 * @throws ConflictError if a `test` failed: the object is not what the store showed
 */
export const guardedPatch = async <T extends KubeObject>(
  client: Pick<Client, "jsonPatch">,
  resource: Resource,
  ref: Ref,
  operations: readonly JsonPatchOperation[],
  write: WriteOptions,
): Promise<T | undefined> => {
  if (operations.length === 0) return undefined;
  const failedTest = (error: unknown): boolean => isNotFound(error) || isInvalid(error);
  return orConflict(client.jsonPatch<T>(resource, ref, operations, write), failedTest);
};

/** The answer of a write; its conflicts have a type. */
const orConflict = async <T>(call: Promise<T>, gone: (error: unknown) => boolean = () => false): Promise<T> => {
  try {
    return await call;
  } catch (error) {
    if (!isConflict(error) && !isAlreadyExists(error) && !gone(error)) throw error;
    throw new ConflictError("the object has changed since it was read", { cause: error });
  }
};
