/** Where the API server is and who we are: in-cluster files, a kubeconfig, or given parts. */
import { readFile } from "node:fs/promises";
import { type Clock, systemClock } from "../lib/clock.ts";
import { deepEqual } from "../lib/deep-equal.ts";

/** What one connection needs. PEM text; `authorization` is the whole header. */
export type Credentials = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** The name to verify the server's certificate against, if it is not the host of the URL. */
  readonly serverName?: string;
  /** `true` only where a kubeconfig says `insecure-skip-tls-verify`. */
  readonly insecure?: boolean;
  readonly authorization?: string;
};

export type ClusterConfig = {
  /** `https://host:port`, with a path prefix if the cluster is behind a proxy that wants one. */
  readonly server: string;
  /** The namespace of the context or of the pod, if known. */
  readonly namespace?: string;
  /**
   * The present credentials. The same value is returned, by identity, for as long as nothing changed.
   * `refresh` asks to look again at once, as after a 401.
   */
  credentials(refresh?: boolean): Promise<Credentials>;
};

export type LoadOptions = {
  /** A kubeconfig file; `$KUBECONFIG` and `~/.kube/config` if none is given. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig; its current one if none is given. */
  readonly context?: string;
  /** Use the pod's own ServiceAccount, and nothing else. */
  readonly inCluster?: boolean;
  readonly clock?: Clock;
};

const REFRESH_MS = 30_000;
/** A burst of 401s asks for one refresh, not for one each. */
const FORCED_REFRESH_MS = 1_000;
const SERVICE_ACCOUNT_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Remembers credentials and reads them again at most every 30 s, or at most every second when asked to.
 * A failed refresh keeps the last good ones: a file is briefly absent while a volume is being swapped.
 */
export const refreshing = (
  read: (forced: boolean) => Promise<Credentials>,
  clock: Clock,
): ((refresh?: boolean) => Promise<Credentials>) => {
  let known: Credentials | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<Credentials> | undefined;

  const readAgain = async (forced: boolean): Promise<Credentials> => {
    try {
      const next = await read(forced);
      known = known !== undefined && deepEqual(known, next) ? known : next;
    } catch (error) {
      if (known === undefined) throw error;
    }
    readAt = clock.monotonic();
    return known;
  };

  return async (refresh = false) => {
    const age = clock.monotonic() - readAt;
    if (known !== undefined && age < (refresh ? FORCED_REFRESH_MS : REFRESH_MS)) return known;
    pending ??= readAgain(refresh).finally(() => {
      pending = undefined;
    });
    return pending;
  };
};

/** Fixed settings, for tests and tools. */
export const fromParts = (parts: {
  readonly server: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly namespace?: string;
}): ClusterConfig => {
  const { server, namespace, token, ...tls } = parts;
  const credentials: Credentials = token === undefined ? tls : { ...tls, authorization: `Bearer ${token}` };
  return { server, ...(namespace === undefined ? {} : { namespace }), credentials: async () => credentials };
};

/**
 * The pod's own identity. Token and CA are files that the kubelet replaces: they are read again at most every 30 s
 * and after a 401.
 * @throws Error outside a pod
 */
export const fromServiceAccount = async (
  env: Readonly<Record<string, string | undefined>> = process.env,
  directory: string = SERVICE_ACCOUNT_DIRECTORY,
  clock: Clock = systemClock,
): Promise<ClusterConfig> => {
  const host = env["KUBERNETES_SERVICE_HOST"];
  if (!host) throw new Error("not in a cluster: KUBERNETES_SERVICE_HOST is not set; name a file with --kubeconfig");
  const port = env["KUBERNETES_SERVICE_PORT"] || "443";
  const read = async (): Promise<Credentials> => {
    const [token, ca] = await Promise.all([
      readFile(`${directory}/token`, "utf8"),
      readFile(`${directory}/ca.crt`, "utf8"),
    ]);
    if (token.trim() === "") throw new Error(`${directory}/token is empty`);
    return { ca, authorization: `Bearer ${token.trim()}` };
  };
  const namespace = await readFile(`${directory}/namespace`, "utf8").catch(() => undefined);
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    ...(namespace === undefined ? {} : { namespace: namespace.trim() }),
    credentials: refreshing(read, clock),
  };
};

/** What client-node fills in for one request. */
type HttpsOptions = {
  headers?: Record<string, unknown>;
  auth?: string | null;
  ca?: unknown;
  cert?: unknown;
  key?: unknown;
  passphrase?: string | undefined;
  servername?: string | undefined;
  rejectUnauthorized?: boolean | undefined;
};

const pem = (value: unknown): string | undefined =>
  Buffer.isBuffer(value) || typeof value === "string" ? value.toString() : undefined;

const authorizationOf = (options: HttpsOptions): string | undefined => {
  const header = options.headers?.["Authorization"];
  if (typeof header === "string") return header;
  return options.auth ? `Basic ${Buffer.from(options.auth).toString("base64")}` : undefined;
};

/** Drops the keys without a value, so that equal credentials compare equal. */
const compact = (fields: { readonly [K in keyof Credentials]: Credentials[K] | undefined }): Credentials =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Credentials;

const credentialsOf = (options: HttpsOptions): Credentials =>
  compact({
    ca: pem(options.ca),
    cert: pem(options.cert),
    key: pem(options.key),
    passphrase: options.passphrase,
    serverName: options.servername,
    insecure: options.rejectUnauthorized === false ? true : undefined,
    authorization: authorizationOf(options),
  });

/**
 * A kubeconfig, with client certificates, tokens, exec plugins and OIDC. After a 401 the file is read again and
 * plugins run again.
 * @throws Error if there is no such file or context, or if it asks for a proxy
 */
const fromKubeconfig = async (options: LoadOptions): Promise<ClusterConfig> => {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const load = (): InstanceType<typeof KubeConfig> => {
    const config = new KubeConfig();
    if (options.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(options.kubeconfig);
    if (options.context !== undefined) config.setCurrentContext(options.context);
    return config;
  };
  let config = load();
  const source = options.kubeconfig ?? "the kubeconfig";
  const context = config.getContextObject(config.getCurrentContext());
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Error(`${source} has no context "${config.getCurrentContext()}"; it has: ${known.join(", ") || "none"}`);
  }
  if (cluster.proxyUrl) throw new Error(`${source}: proxy-url is not supported`);
  const read = async (forced: boolean): Promise<Credentials> => {
    if (forced) config = load();
    const https: HttpsOptions = {};
    await config.applyToHTTPSOptions(https);
    return credentialsOf(https);
  };
  return {
    server: cluster.server,
    ...(context.namespace === undefined ? {} : { namespace: context.namespace }),
    credentials: refreshing(read, options.clock ?? systemClock),
  };
};

/**
 * Finds the cluster: the pod's ServiceAccount if asked for, or if in a pod and no kubeconfig is named; else a kubeconfig.
 * @throws Error that says what is missing
 */
export const loadConfig = async (options: LoadOptions = {}): Promise<ClusterConfig> => {
  const { kubeconfig, inCluster, clock } = options;
  const inPod = process.env["KUBERNETES_SERVICE_HOST"] !== undefined && process.env["KUBECONFIG"] === undefined;
  if (inCluster ?? (kubeconfig === undefined && inPod)) return fromServiceAccount(process.env, undefined, clock);
  return fromKubeconfig(options);
};
