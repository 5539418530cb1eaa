/**
 * A real control plane from plain programs: etcd, kube-apiserver, kube-controller-manager and, if asked for, the
 * scheduler. No root, no containers, loopback and unix sockets only. Ready in about 3 s; 500 to 600 MB.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Access, ADMIN, type Endpoint, type TokenOptions } from "./access.ts";
import type { Binary, Log } from "./asset-source.ts";
import { type Assets, CONTROL_PLANE_BINARIES, findAssets, logToStderr } from "./assets.ts";
import { Component } from "./component.ts";
import { guard } from "./guard.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { Pki } from "./pki.ts";

const READY_MS = 60_000;
const POLL_MS = 50;
const BIND_ATTEMPTS = 5;
const CLUSTER_IPS = "10.96.0.0/16";

export type ControlPlaneOptions = {
  /** Found by {@link findAssets} unless given. */
  readonly assets?: Assets;
  /** Without it nothing deletes namespaces, collects garbage or makes `default` ServiceAccounts. Default: true. */
  readonly controllerManager?: boolean;
  /** The controller manager's `--controllers`; `*,-podgc` leaves pods alone whose node does not exist. Default: `*`. */
  readonly controllers?: string;
  /** Default: false. */
  readonly scheduler?: boolean;
  readonly apiServerFlags?: readonly string[];
  readonly controllerManagerFlags?: readonly string[];
  readonly log?: Log;
};

export type StopOptions = {
  /** How long the server may take before it is killed. 0 is a crash. Default: 5000. */
  readonly graceMs?: number;
};

export type ControlPlane = {
  readonly endpoint: Endpoint;
  readonly access: Access;
  /** The kubeconfig file of a member of `system:masters`. */
  readonly kubeconfig: string;
  /** The kubeconfig file of a client certificate for this user. */
  kubeconfigFor(user: string, groups?: readonly string[]): Promise<string>;
  /** The kubeconfig file of a token of this ServiceAccount; waits up to 10 s for the account to appear. */
  serviceAccountKubeconfig(namespace: string, name: string, options?: TokenOptions): Promise<string>;
  stopApiServer(options?: StopOptions): Promise<void>;
  /** Resolves when the API server is ready again, on the same port and data. */
  startApiServer(): Promise<void>;
  restartApiServer(options?: StopOptions): Promise<void>;
  /** The API server keeps its connections and answers nothing until `resumeApiServer`. */
  pauseApiServer(): void;
  resumeApiServer(): void;
  /** The process IDs of what is running, by program. */
  processes(): ReadonlyMap<Binary, number>;
  /** Ends all processes and removes all files. May be called again. */
  stop(): Promise<void>;
};

/** Starts a control plane and resolves when `/readyz` says so. When anything fails nothing is left behind. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const wanted: readonly Binary[] = options.scheduler
    ? [...CONTROL_PLANE_BINARIES, "kube-scheduler"]
    : CONTROL_PLANE_BINARIES;
  const assets = options.assets ?? (await findAssets(wanted, options.log ?? logToStderr));
  const cluster = await LocalControlPlane.create(assets, options);
  try {
    await cluster.start();
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

class LocalControlPlane implements ControlPlane {
  readonly #assets: Assets;
  readonly #options: ControlPlaneOptions;
  readonly #directories: Directories;
  readonly #pki: Pki;
  readonly #components = new Map<Binary, Component>();
  #access: Access | undefined;
  #port = 0;

  private constructor(assets: Assets, options: ControlPlaneOptions, directories: Directories) {
    this.#assets = assets;
    this.#options = options;
    this.#directories = directories;
    this.#pki = new Pki(join(directories.work, "pki"));
  }

  static async create(assets: Assets, options: ControlPlaneOptions): Promise<LocalControlPlane> {
    return new LocalControlPlane(assets, options, await makeDirectories());
  }

  get access(): Access {
    if (this.#access === undefined) throw new Error("the control plane is not running");
    return this.#access;
  }

  get endpoint(): Endpoint {
    return this.access.endpoint;
  }

  get kubeconfig(): string {
    return this.endpoint.kubeconfig;
  }

  kubeconfigFor(user: string, groups: readonly string[] = []): Promise<string> {
    return this.access.kubeconfigFor(user, groups);
  }

  serviceAccountKubeconfig(namespace: string, name: string, options: TokenOptions = {}): Promise<string> {
    return this.access.serviceAccountKubeconfig(namespace, name, options);
  }

  async start(): Promise<void> {
    await this.#pki.create();
    this.#launch("etcd", this.#etcdArgs());
    await this.#startOnFreePort();
    if (this.#options.controllerManager ?? true) await this.#startControllerManager();
    if (this.#options.scheduler ?? false) await this.#startScheduler();
  }

  async stop(): Promise<void> {
    await this.#access?.close();
    for (const name of ["kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"] as const) {
      await this.#components.get(name)?.stop();
      this.#components.delete(name);
    }
    for (const directory of Object.values(this.#directories)) {
      await rm(directory, { recursive: true, force: true });
      guard().removeDirectory(directory);
    }
  }

  async stopApiServer(options: StopOptions = {}): Promise<void> {
    await this.#components.get("kube-apiserver")?.stop(options.graceMs);
  }

  async startApiServer(): Promise<void> {
    this.#launch("kube-apiserver", this.#apiServerArgs());
    await this.#untilReady();
  }

  async restartApiServer(options: StopOptions = {}): Promise<void> {
    await this.stopApiServer(options);
    await this.startApiServer();
  }

  pauseApiServer(): void {
    this.#components.get("kube-apiserver")?.signal("SIGSTOP");
  }

  resumeApiServer(): void {
    this.#components.get("kube-apiserver")?.signal("SIGCONT");
  }

  processes(): ReadonlyMap<Binary, number> {
    const running = new Map<Binary, number>();
    for (const [name, component] of this.#components) {
      if (component.running && component.pid !== undefined) running.set(name, component.pid);
    }
    return running;
  }

  /** A port found free can be taken before the server binds it; then another is tried. */
  async #startOnFreePort(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#port = await freePort();
      this.#access = await this.#openAccess(`https://127.0.0.1:${this.#port}`);
      try {
        await this.startApiServer();
        return;
      } catch (error) {
        const server = this.#components.get("kube-apiserver");
        if (attempt === BIND_ATTEMPTS || !server?.logTail().includes("address already in use")) throw error;
        await server.stop();
        await this.#access.close();
      }
    }
  }

  async #openAccess(url: string): Promise<Access> {
    const directory = this.#directories.work;
    const endpoint: Endpoint = {
      url,
      ca: await this.#pki.authority(),
      kubeconfig: join(directory, "admin.kubeconfig"),
      directory,
      kubectl: this.#assets.path("kubectl"),
    };
    await writeKubeconfig(endpoint.kubeconfig, endpoint, await this.#pki.client(ADMIN));
    return Access.open(endpoint);
  }

  async #startControllerManager(): Promise<void> {
    const config = await this.kubeconfigFor("system:kube-controller-manager");
    this.#launch("kube-controller-manager", [
      `--kubeconfig=${config}`,
      `--authentication-kubeconfig=${config}`,
      `--authorization-kubeconfig=${config}`,
      `--service-account-private-key-file=${this.#pki.path("sa.key")}`,
      `--root-ca-file=${this.#pki.path("ca.crt")}`,
      `--cluster-signing-cert-file=${this.#pki.path("ca.crt")}`,
      `--cluster-signing-key-file=${this.#pki.path("ca.key")}`,
      "--use-service-account-credentials",
      "--leader-elect=false",
      `--controllers=${this.#options.controllers ?? "*"}`,
      `--service-cluster-ip-range=${CLUSTER_IPS}`,
      "--allocate-node-cidrs=false",
      "--secure-port=0",
      // The defaults (20 and 30) hold every controller's start up by seconds.
      "--kube-api-qps=500",
      "--kube-api-burst=1000",
      ...(this.#options.controllerManagerFlags ?? []),
    ]);
  }

  async #startScheduler(): Promise<void> {
    const config = join(this.#directories.work, "scheduler.json");
    const text = JSON.stringify({
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      clientConnection: { kubeconfig: await this.kubeconfigFor("system:kube-scheduler") },
      leaderElection: { leaderElect: false },
    });
    await writeFile(config, text);
    this.#launch("kube-scheduler", [`--config=${config}`, "--secure-port=0"]);
  }

  #etcdArgs(): readonly string[] {
    return [
      `--data-dir=${join(this.#directories.data, "etcd")}`,
      `--listen-client-urls=${this.#etcdUrl()}`,
      // Etcd insists on host:port here; nobody reads it.
      "--advertise-client-urls=http://127.0.0.1:2379",
      "--listen-peer-urls=http://127.0.0.1:0",
      "--unsafe-no-fsync=true",
      "--log-level=warn",
    ];
  }

  #etcdUrl(): string {
    return `unix://${join(this.#directories.work, "etcd.sock")}`;
  }

  #apiServerArgs(): readonly string[] {
    return [
      `--etcd-servers=${this.#etcdUrl()}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${this.#port}`,
      `--tls-cert-file=${this.#pki.path("apiserver.crt")}`,
      `--tls-private-key-file=${this.#pki.path("apiserver.key")}`,
      `--client-ca-file=${this.#pki.path("ca.crt")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${this.#pki.path("sa.pub")}`,
      `--service-account-signing-key-file=${this.#pki.path("sa.key")}`,
      `--service-cluster-ip-range=${CLUSTER_IPS}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--allow-privileged=true",
      "--endpoint-reconciler-type=none",
      // Ends watches at shutdown; without it SIGTERM waits for the clients.
      "--shutdown-watch-termination-grace-period=1s",
      ...(this.#options.apiServerFlags ?? []),
    ];
  }

  #launch(binary: Binary, args: readonly string[]): void {
    const logFile = join(this.#directories.work, `${binary}.log`);
    this.#components.set(binary, new Component({ name: binary, command: this.#assets.path(binary), args, logFile }));
  }

  /** Waits for `/readyz`; fails at once when etcd or the API server ended. */
  async #untilReady(): Promise<void> {
    const deadline = Date.now() + READY_MS;
    let last = "";
    while (Date.now() < deadline) {
      for (const name of ["etcd", "kube-apiserver"] as const) {
        const component = this.#components.get(name);
        if (component !== undefined && !component.running) throw component.failure();
      }
      const answer = await this.access
        .request("GET", "/readyz")
        .catch((error: Error) => ({ code: 0, body: error.message }));
      if (answer.code === 200) return;
      last = `${answer.code} ${answer.body}`;
      await sleep(POLL_MS);
    }
    const log = this.#components.get("kube-apiserver")?.logTail();
    throw new Error(`kube-apiserver was not ready after ${READY_MS / 1000} s (${last})\n${log}`);
  }
}

type Directories = {
  /** Keys, sockets, logs and kubeconfigs. */
  readonly work: string;
  /** Etcd's, of the same name; in memory where that is possible. */
  readonly data: string;
};

async function makeDirectories(): Promise<Directories> {
  const work = await mkdtemp(join(tmpdir(), "packs-cluster-"));
  guard().addDirectory(work);
  if (!existsSync("/dev/shm")) return { work, data: work };
  const data = join("/dev/shm", basename(work));
  await mkdir(data);
  guard().addDirectory(data);
  return { work, data };
}

function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
