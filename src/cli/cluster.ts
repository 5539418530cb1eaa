/** What commands that need a cluster share: their options, a client, and words for what the cluster answers. */
import type { Command } from "commander";
import type { Resource } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { Client, ListOptions } from "../kube/client.ts";
import { ApiError, isForbidden, isNotServed, TransportError } from "../kube/errors.ts";
import { VERSION } from "./embedded.ts";
import { CommandError, EXIT } from "./exit.ts";

export type ClusterOptions = {
  readonly kubeconfig?: string;
  readonly context?: string;
};

/** One call may take this long, retries included. */
export const CALL_TIMEOUT_MS = 10_000;

/** Who owns the fields that this program writes. */
export const FIELD_MANAGER = "packctl";

export const withClusterOptions = (command: Command): Command =>
  command
    .option("--kubeconfig <file>", "the kubeconfig; $KUBECONFIG or ~/.kube/config if not given")
    .option("--context <name>", "a context of the kubeconfig");

/** A way into a cluster. `namespace`: that of the context. */
export type Cluster = { readonly client: Client; readonly namespace: string };

/**
 * Does `work` with a client that is closed afterwards.
 * @throws CommandError for everything that the cluster answers instead of success, and where there is none
 */
export const withCluster = async <T>(options: ClusterOptions, work: (cluster: Cluster) => Promise<T>): Promise<T> => {
  const cluster = await connect(options);
  try {
    return await work(cluster);
  } catch (error) {
    throw clusterError(error);
  } finally {
    await cluster.client.close();
  }
};

/** What speaks to a cluster loads lazily: most commands need none. */
const connect = async ({ kubeconfig, context }: ClusterOptions): Promise<Cluster> => {
  const [{ createClient }, { loadConfig }] = await Promise.all([
    import("../kube/client.ts"),
    import("../kube/config.ts"),
  ]);
  try {
    const config = await loadConfig({
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    });
    return {
      client: createClient(config, { userAgent: `packctl/${VERSION}` }),
      namespace: config.namespace ?? "default",
    };
  } catch (error) {
    throw new CommandError(EXIT.cluster, `no cluster: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const clusterError = (error: unknown): unknown => {
  if (isNotServed(error)) {
    return new CommandError(EXIT.cluster, "the cluster does not serve packs.dev; install the CRDs first.");
  }
  if (isForbidden(error)) return new CommandError(EXIT.cluster, `you may not do this: ${serverWords(error)}`);
  if (error instanceof ApiError) return new CommandError(EXIT.cluster, `the API server refused: ${serverWords(error)}`);
  if (error instanceof TransportError) return new CommandError(EXIT.cluster, error.message);
  return error;
};

/** The API server's own words, where it has some. */
const serverWords = (error: unknown): string =>
  (error instanceof ApiError ? error.body?.message : undefined) ?? (error as Error).message;

const PAGE_SIZE = 500;

/** All objects of a kind, page by page; `namespace` absent: of all namespaces. @throws ApiError, TransportError */
export const listAll = async <T extends KubeObject>(
  client: Pick<Client, "list">,
  resource: Resource,
  options: Pick<ListOptions, "metadataOnly" | "namespace" | "timeoutMs"> = {},
): Promise<readonly T[]> => {
  const items: T[] = [];
  let from: string | undefined;
  do {
    const page = await client.list<T>(resource, {
      timeoutMs: CALL_TIMEOUT_MS,
      ...options,
      limit: PAGE_SIZE,
      ...(from === undefined ? {} : { continue: from }),
    });
    items.push(...page.items);
    from = page.continue;
  } while (from !== undefined);
  return items;
};
