/**
 * Whether every kind that the rules look at is served, asked of the API server itself. When somebody deletes a
 * CustomResourceDefinition, all its objects are deleted one by one: to a watch that looks like people deleting them.
 * So before a pack comes or goes, absence is made sure.
 */
import { CUSTOM_RESOURCE_DEFINITION, crdName, PACK_KINDS } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { Client } from "../kube/client.ts";
import { isNotFound } from "../kube/errors.ts";
import { orAbort } from "../lib/abort.ts";
import type { Informer } from "../runtime/informer.ts";
import type { World } from "./world.ts";

/** Nobody uninstalls while it lasts; the next reconcile asks again. */
const TIMEOUT_MS = 5_000;
const NEEDED = PACK_KINDS;

/** Gives a sentence about the first kind that is missing or terminating, or undefined. Rejects when the signal aborts. */
export type KindsServed = (signal: AbortSignal) => Promise<string | undefined>;

type Leaving = { readonly metadata: Pick<KubeObject["metadata"], "deletionTimestamp"> };

/** Counts what the stores have seen go away, or begin to, of the kinds that the rules look at. */
export const countLosses = (world: World): (() => number) => {
  const { accounts, configurations, definitions, docs, folders, grants } = world;
  const { groups, installs, organizations, requests, reviews } = world;
  const informers: readonly Informer<Leaving>[] = [
    ...[accounts, configurations, definitions, docs, folders, grants],
    ...[groups, installs, organizations, requests, reviews],
  ];
  let losses = 0;
  for (const informer of informers) {
    informer.onChange(({ after }) => {
      if (after === undefined || after.metadata.deletionTimestamp !== undefined) losses += 1;
    });
  }
  return () => losses;
};

/**
 * An answer counts if it was asked for after the caller looked at its stores, or if nothing has gone away since it was
 * asked for: then nothing that the caller misses was taken by the deletion of a kind. Callers that ask while no request
 * has left yet share it.
 */
export const createKindsServed = (client: Pick<Client, "getMetadata">, losses: () => number): KindsServed => {
  let next: Promise<string | undefined> | undefined;
  let current: Promise<unknown> = Promise.resolve();
  let sureAt: number | undefined;
  const askNow = async (): Promise<string | undefined> => {
    const before = losses();
    const missing = await askAll(client);
    if (missing === undefined) sureAt = before;
    return missing;
  };
  return (signal) => {
    if (sureAt === losses()) return orAbort(Promise.resolve(undefined), signal);
    next ??= current.then(() => {
      const asked = askNow();
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
