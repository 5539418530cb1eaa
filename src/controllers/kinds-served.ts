/**
 * Whether every kind that the rules look at is served, asked of the API server itself. When somebody deletes a
 * CustomResourceDefinition, all its objects are deleted one by one: to a watch that looks like people deleting them.
 * So before a pack comes or goes, absence is made sure.
 */
import {
  CUSTOM_RESOURCE_DEFINITION,
  crdName,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_GRANT,
  PACK_INSTALL,
  PACK_ORGANIZATION,
} from "../api/kinds.ts";
import type { Client } from "../kube/client.ts";
import { isNotFound } from "../kube/errors.ts";
import { orAbort } from "../lib/abort.ts";

/** Nobody uninstalls while it lasts; the next reconcile asks again. */
const TIMEOUT_MS = 5_000;
const NEEDED = [PACK_DEFINITION, PACK_CONFIGURATION, PACK_ORGANIZATION, PACK_INSTALL, PACK_GRANT];

/** Gives a sentence about the first kind that is missing or terminating, or undefined. Rejects when the signal aborts. */
export type KindsServed = (signal: AbortSignal) => Promise<string | undefined>;

/**
 * Callers that ask while no request has left yet share it; one that asks later gets a request of its own, because an
 * answer counts only if it was asked for after the caller looked at its stores.
 */
export const createKindsServed = (client: Pick<Client, "getMetadata">): KindsServed => {
  let next: Promise<string | undefined> | undefined;
  let current: Promise<unknown> = Promise.resolve();
  return (signal) => {
    next ??= current.then(() => {
      const asked = askAll(client);
      next = undefined;
      current = asked.catch(() => undefined);
      return asked;
    });
    return orAbort(next, signal);
  };
};

const askAll = async (client: Pick<Client, "getMetadata">): Promise<string | undefined> => {
  const answers = await Promise.all(NEEDED.map((resource) => ask(client, crdName(resource))));
  return answers.find((answer) => answer !== undefined);
};

const ask = async (client: Pick<Client, "getMetadata">, name: string): Promise<string | undefined> => {
  try {
    const { metadata } = await client.getMetadata(CUSTOM_RESOURCE_DEFINITION, { name }, { timeoutMs: TIMEOUT_MS });
    return metadata.deletionTimestamp === undefined
      ? undefined
      : `the CustomResourceDefinition '${name}' is being deleted`;
  } catch (error) {
    if (isNotFound(error)) return `the CustomResourceDefinition '${name}' is missing`;
    throw error;
  }
};
