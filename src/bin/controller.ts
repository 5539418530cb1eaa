/** The `controller` process: flags once, build, run, exit code. */
import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { FIELD_MANAGER, LEADER_LEASE, REPORTING_CONTROLLER, SYSTEM_NAMESPACE } from "../api/names.ts";
import { createControllers } from "../controllers/index.ts";
import { createWorld, informersOf } from "../controllers/world.ts";
import { createClient } from "../kube/client.ts";
import { loadConfig } from "../kube/config.ts";
import { userAgent } from "../kube/transport.ts";
import { systemClock } from "../lib/clock.ts";
import { createLogger, LOG_LEVELS, type LogLevel } from "../lib/logger.ts";
import { Metrics } from "../lib/metrics.ts";
import { ADMISSION_MODES, type AdmissionMode, DEFAULT_SETTINGS, type Settings } from "../resources/settings.ts";
import { createClientObserver } from "../runtime/client-metrics.ts";
import { EventRecorder } from "../runtime/events.ts";
import { LeaderElector, LeadershipLost } from "../runtime/leader-election.ts";
import { whileLeading } from "../runtime/leader-gate.ts";
import { createManager } from "../runtime/manager.ts";
import { VERSION } from "./version.ts";

type Flags = {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly leaderElect: boolean;
  readonly operationsAddress: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly concurrency: number;
  readonly sandboxImage: string;
  readonly gatewayAddress: string;
  readonly clusterDomain: string;
  readonly canaries: readonly string[];
  readonly userNamespaces: boolean;
  readonly testMode: boolean;
  readonly admission: AdmissionMode;
};

const FATAL_GRACE_MS = 2_000;
const EXIT = { ok: 0, failed: 1, usage: 2, leadershipLost: 3 } as const;

const address = (text: string): string => {
  if (isIP(text) === 0) throw new InvalidArgumentError("must be an IP address: sandboxes have no DNS.");
  return text;
};

const hostPort = (text: string): Flags["operationsAddress"] => {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) throw new InvalidArgumentError("must be HOST:PORT, such as '0.0.0.0:9090'.");
  return { host: match[1] ?? (match[2] || "0.0.0.0"), port };
};

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);

const clusterDomain = (text: string): string => {
  if (!DOMAIN.test(text))
    throw new InvalidArgumentError("must be a lower-case DNS name without a trailing dot, such as 'cluster.local'.");
  return text;
};

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 64)
    throw new InvalidArgumentError("must be a whole number from 1 to 64.");
  return value;
};

const flag = (flags: string, description: string, env: string): Option => new Option(flags, description).env(env);

const parse = (argv: readonly string[]): Flags =>
  new Command("packs-operator controller")
    .description(
      "Reconciles PackDefinition, PackConfiguration and PackInstall into grants, NetworkPolicies and sandbox pods.\n" +
        "Connects as the pod's ServiceAccount; outside a cluster give --kubeconfig.",
    )
    .version(VERSION)
    .configureHelp({ helpWidth: 120 })
    .addOption(
      flag("--kubeconfig <file>", "connect with this file instead of the pod's ServiceAccount", "PACKS_KUBECONFIG"),
    )
    .addOption(flag("--context <name>", "a context of the kubeconfig", "PACKS_CONTEXT"))
    .addOption(flag("--no-leader-elect", "run without a Lease; only for a single replica", "PACKS_NO_LEADER_ELECT"))
    .addOption(
      flag(
        "--operations-address <host:port>",
        "where /metrics, /healthz and /readyz are served",
        "PACKS_OPERATIONS_ADDRESS",
      )
        .default(hostPort("0.0.0.0:9090"), "0.0.0.0:9090")
        .argParser(hostPort),
    )
    .addOption(flag("--log-level <level>", "how much is logged", "PACKS_LOG_LEVEL").choices(LOG_LEVELS).default("info"))
    .addOption(
      flag("--concurrency <n>", "installs reconciled at once", "PACKS_CONCURRENCY").default(8).argParser(count),
    )
    .addOption(
      flag("--sandbox-image <reference>", "the image of sandbox pods", "PACKS_SANDBOX_IMAGE").default(
        DEFAULT_SETTINGS.sandboxImage,
      ),
    )
    .addOption(
      flag("--gateway-address <ip>", "the ClusterIP of the gateway's Service", "PACKS_GATEWAY_ADDRESS")
        .default(DEFAULT_SETTINGS.gatewayAddress)
        .argParser(address),
    )
    .addOption(
      flag(
        "--cluster-domain <name>",
        "the cluster's DNS domain; packs cannot declare names under it",
        "PACKS_CLUSTER_DOMAIN",
      )
        .default(DEFAULT_SETTINGS.clusterDomain)
        .argParser(clusterDomain),
    )
    .addOption(
      flag(
        "--canaries <list...>",
        "listeners that a sandbox must not reach: host:port, or udp:host:port",
        "PACKS_CANARIES",
      ).default(DEFAULT_SETTINGS.canaries),
    )
    .addOption(
      flag("--user-namespaces", "every node supports user namespaces for pods", "PACKS_USER_NAMESPACES").default(false),
    )
    .addOption(flag("--test-mode", "allow domains under 'test'; never in production", "PACKS_TEST_MODE").default(false))
    .addOption(
      flag(
        "--admission <mode>",
        "Required: act on nothing new unless the admission policies are in force; Unchecked: take names in objects as true",
        "PACKS_ADMISSION",
      )
        .choices(ADMISSION_MODES)
        .default(DEFAULT_SETTINGS.admission),
    )
    .addHelpText(
      "after",
      `
Each flag can be given in the environment variable that is named beside it.
Exit codes: ${EXIT.ok} stopped as asked; ${EXIT.failed} failed; ${EXIT.usage} bad usage; ${EXIT.leadershipLost} lost leadership (start again).`,
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage))
    .parse([...argv], { from: "user" })
    .opts<Flags>();

const settingsOf = (flags: Flags): Settings => ({
  sandboxImage: flags.sandboxImage,
  gatewayAddress: flags.gatewayAddress,
  clusterDomain: flags.clusterDomain,
  canaries: flags.canaries,
  userNamespaces: flags.userNamespaces,
  testMode: flags.testMode,
  admission: flags.admission,
});

const run = async (flags: Flags, signal: AbortSignal): Promise<void> => {
  const clock = systemClock;
  const logger = createLogger({ level: flags.logLevel, base: { process: "controller", version: VERSION } });
  const metrics = new Metrics();
  metrics.collectProcess();
  const config = await loadConfig(
    flags.kubeconfig === undefined
      ? { inCluster: true }
      : { kubeconfig: flags.kubeconfig, ...(flags.context === undefined ? {} : { context: flags.context }) },
  );
  const client = createClient(config, {
    userAgent: userAgent(VERSION, "controller"),
    observe: createClientObserver(metrics),
  });
  const identity = `${hostname()}_${randomUUID()}`;
  const base = { client, clock, logger, metrics };
  const events = new EventRecorder({
    ...base,
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: hostname().slice(0, 128),
    fieldManager: FIELD_MANAGER.install,
  });
  const world = createWorld(base);
  const elector = new LeaderElector({
    ...base,
    namespace: SYSTEM_NAMESPACE,
    name: LEADER_LEASE,
    identity,
    fieldManager: FIELD_MANAGER.leader,
  });
  const settings = settingsOf(flags);
  const controllers = createControllers({
    ...base,
    client: flags.leaderElect ? whileLeading(client, elector) : client,
    world,
    events,
    settings,
    concurrency: flags.concurrency,
  });
  if (flags.testMode) logger.warn({}, "test mode: packs may declare names under 'test'");
  if (flags.admission === "Unchecked") logger.warn({}, "admission is not checked: names in objects are taken as true");
  const manager = createManager({
    ...base,
    server: flags.operationsAddress,
    informers: informersOf(world, settings),
    background: [events],
    ...(flags.leaderElect ? { elector } : {}),
    controllers,
  });
  try {
    await manager.run(signal);
  } finally {
    await client.close();
  }
};

const stop = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort(new Error(name)));

const flags = parse(process.argv.slice(2));
try {
  await run(flags, stop.signal);
  process.exitCode = EXIT.ok;
} catch (err) {
  createLogger({ base: { process: "controller", version: VERSION } }).fatal({ err }, "the controller ends");
  process.exitCode = err instanceof LeadershipLost ? EXIT.leadershipLost : EXIT.failed;
  // Whatever still keeps the process open must not keep a new one from starting.
  systemClock.after(FATAL_GRACE_MS, () => process.exit());
}
