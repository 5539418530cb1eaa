/** Who makes the writes: the product's controller, or the floor. Both are child processes with the controller's identity. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PackConfiguration, PackInstall } from "../../src/api/v1alpha1/index.ts";
import { eventually } from "../cluster/eventually.ts";
import { guard } from "../cluster/guard.ts";
import type { Order } from "./floor.ts";
import type { Declared } from "./templates.ts";

/** Installs in work at once, of both: the default of the product. */
export const CONCURRENCY = 8;

const STOP_MS = 15_000;
const LAG = "nodejs_eventloop_lag_max_seconds";
/** Puts the files in `$1` where a pod has those of its ServiceAccount, and becomes the program that follows. */
const MOUNT = `set -e
mount -t tmpfs none /var/run
mkdir -p /var/run/secrets/kubernetes.io
cp -r "$1" /var/run/secrets/kubernetes.io/serviceaccount
shift
exec "$@"`;

/** What a pod knows of the cluster and of itself. */
export type PodIdentity = {
  readonly host: string;
  readonly port: string;
  /** `token`, `ca.crt` and `namespace`. */
  readonly directory: string;
};

export type Actor = {
  readonly pid: number;
  /** Installs like `sample` will be created soon. */
  prepare(sample: PackInstall, declared: Declared): void;
  created(install: PackInstall): void;
  prepareEdit(sample: PackInstall, before: Declared, after: Declared): void;
  edited(configuration: PackConfiguration): void;
  stop(): Promise<void>;
};

const pidOf = (child: ChildProcess): number => {
  if (child.pid === undefined) throw new Error("the process did not start");
  guard().addProcess(child.pid);
  return child.pid;
};

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(late);
  if (child.pid !== undefined) guard().removeProcess(child.pid);
};

export const startFloor = async (kubeconfig: string): Promise<Actor> => {
  const child = fork(join(import.meta.dirname, "floor.ts"), [kubeconfig, String(CONCURRENCY)], { detached: true });
  const pid = pidOf(child);
  await once(child, "message");
  const tell = (order: Order): void => {
    child.send(order);
  };
  return {
    pid,
    prepare: (sample, declared) => tell({ kind: "prepare", sample, declared }),
    created: (install) => tell({ kind: "created", install }),
    prepareEdit: (sample, before, after) => tell({ kind: "prepareEdit", sample, before, after }),
    edited: (configuration) => tell({ kind: "edited", configuration }),
    stop: () => end(child, "SIGTERM"),
  };
};

/** The product: nobody tells it anything, it watches. */
export type ControllerActor = Actor & {
  /** The sum of the series of this name that have these labels. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** The longest stall of the event loop, in milliseconds, since the last time that this was asked. */
  takeStallMs(): Promise<number>;
};

export type ControllerOptions = {
  /** The program and its first arguments: `[".../packs-operator", "controller"]`. */
  readonly command: readonly string[];
  readonly pod: PodIdentity;
  /** Its log is written there. */
  readonly logFile: string;
};

/**
 * Starts the controller as in a pod, so that it loads what it loads there; resolves once it leads. The mount of the
 * ServiceAccount's files is in a namespace of its own, which needs no rights.
 */
export const startController = async (options: ControllerOptions): Promise<ControllerActor> => {
  const { command, logFile, pod } = options;
  const log = openSync(logFile, "w");
  const controller = [...command, "--operations-address", "127.0.0.1:0"];
  const asInPod = ["--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh", pod.directory, ...controller];
  const child = spawn("unshare", [...asInPod, "--concurrency", String(CONCURRENCY)], {
    stdio: ["ignore", log, log],
    detached: true,
    env: {
      ...process.env,
      PACKS_NODE: process.execPath,
      KUBERNETES_SERVICE_HOST: pod.host,
      KUBERNETES_SERVICE_PORT: pod.port,
    },
  });
  closeSync(log);
  const pid = pidOf(child);
  const port = await eventually(
    `the controller leads (${logFile})`,
    () => {
      const lines = readFileSync(logFile, "utf8").split("\n");
      if (child.exitCode !== null) throw new Error(lines.slice(-5).join("\n"));
      const listening = lines.find((line) => line.includes('"msg":"listening"'));
      const leads = lines.some((line) => line.includes('"msg":"became the leader"'));
      return leads && listening !== undefined ? (JSON.parse(listening) as { readonly port: number }).port : undefined;
    },
    { deadlineMs: 120_000, everyMs: 100 },
  );
  // The process forgets its longest stall whenever somebody reads it.
  let longest = 0;
  const scrape = async (): Promise<string> => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    longest = Math.max(longest, sumOf(text, LAG, {}) * 1000);
    return text;
  };
  return {
    pid,
    prepare: () => undefined,
    created: () => undefined,
    prepareEdit: () => undefined,
    edited: () => undefined,
    stop: () => end(child, "SIGTERM"),
    metric: async (name, labels = {}) => sumOf(await scrape(), name, labels),
    takeStallMs: async () => {
      await scrape();
      const taken = longest;
      longest = 0;
      return taken;
    },
  };
};

const sumOf = (text: string, name: string, labels: Readonly<Record<string, string>>): number => {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
};
