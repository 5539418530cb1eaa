/** The stage of the demo: a real Kubernetes API with the product's manifests, and the real controller beside it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTROLLER_SERVICE_ACCOUNT, SYSTEM_NAMESPACE } from "../src/api/names.ts";
import { clientFrom } from "../test/cluster/connect.ts";
import { type ControlPlane, startControlPlane } from "../test/cluster/control-plane.ts";
import { eventually } from "../test/cluster/eventually.ts";
import { installConfig, installCrds } from "../test/cluster/manifests.ts";
import { type Ran, run, say, showCommand, showDiff, showOutput } from "./terminal.ts";

const ROOT = join(import.meta.dirname, "..");
const SETTLE_MS = 20_000;

export class Stage {
  readonly #cluster: ControlPlane;
  readonly #directory: string;
  #controller: ChildProcess | undefined;

  private constructor(cluster: ControlPlane, directory: string) {
    this.#cluster = cluster;
    this.#directory = directory;
  }

  static async open(): Promise<Stage> {
    const cluster = await startControlPlane({ log: say });
    return new Stage(cluster, await mkdtemp(join(tmpdir(), "packs-demo-")));
  }

  get kubeconfig(): string {
    return this.#cluster.kubeconfig;
  }

  get kubectlPath(): string {
    return this.#cluster.endpoint.kubectl;
  }

  async install(): Promise<void> {
    const client = clientFrom(this.kubeconfig);
    try {
      await installCrds(client);
      await installConfig(client);
    } finally {
      await client.close();
    }
  }

  /** Starts the controller as its own ServiceAccount and waits until it has synced. */
  async startController(): Promise<void> {
    const kubeconfig = await this.#cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, CONTROLLER_SERVICE_ACCOUNT);
    const log = join(this.#directory, "controller.log");
    const entry = join(ROOT, "src/bin/controller.ts");
    const flags = ["--kubeconfig", kubeconfig, "--operations-address", "127.0.0.1:0"];
    const child = spawn(process.execPath, [entry, ...flags], { stdio: ["ignore", "ignore", "pipe"] });
    this.#controller = child;
    const lines: string[] = [];
    child.stderr?.on("data", (chunk: Buffer) => lines.push(chunk.toString("utf8")));
    child.once("close", () => writeFile(log, lines.join("")).catch(() => undefined));
    await eventually(
      "the controller leads",
      () => {
        if (child.exitCode !== null) throw new Error(`the controller ended:\n${lines.join("")}`);
        return lines.join("").includes("became the leader");
      },
      { deadlineMs: SETTLE_MS },
    );
  }

  /** Runs kubectl, showing the command and what it printed. */
  async kubectl(...args: readonly string[]): Promise<Ran> {
    showCommand(["kubectl", ...args]);
    const ran = await this.quietly(...args);
    showOutput(ran.output);
    if (ran.code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${ran.code}`);
    return ran;
  }

  quietly(...args: readonly string[]): Promise<Ran> {
    return run(this.kubectlPath, args, { ...process.env, KUBECONFIG: this.kubeconfig });
  }

  /** Applies YAML text that must be refused, showing it and the refusal. */
  async refused(text: string): Promise<void> {
    const ran = await this.#apply(text);
    showCommand(["kubectl", "apply", "-f", "-"]);
    showOutput(`${text.trim()}\n\n${ran.output}`);
    if (ran.code === 0) throw new Error("kubectl apply was not refused");
  }

  /** Applies YAML text as soon as the API server takes it: a change of admission takes a moment to arrive. */
  async applyOnceAllowed(text: string): Promise<void> {
    const output = await eventually(
      "the object is admitted",
      async () => {
        const ran = await this.#apply(text);
        return ran.code === 0 ? ran.output : undefined;
      },
      { deadlineMs: SETTLE_MS },
    );
    showCommand(["kubectl", "apply", "-f", "-"]);
    showOutput(output);
  }

  #apply(text: string): Promise<Ran> {
    return run(this.kubectlPath, ["apply", "-f", "-"], { ...process.env, KUBECONFIG: this.kubeconfig }, text);
  }

  /** Waits until a kubectl query prints what is expected; the wish is shown when it does not come true in time. */
  async until(wish: string, expected: string, ...query: readonly string[]): Promise<void> {
    await eventually(wish, async () => (await this.quietly(...query)).output.trim() === expected, {
      deadlineMs: SETTLE_MS,
    });
  }

  /** Shows how an object changes while something is done. */
  async difference(query: readonly string[], act: () => Promise<void>): Promise<void> {
    const [before, after] = [join(this.#directory, "before.yaml"), join(this.#directory, "after.yaml")];
    await writeFile(before, (await this.quietly(...query)).output);
    await act();
    await writeFile(after, (await this.quietly(...query)).output);
    showCommand(["diff", "-u", "before.yaml", "after.yaml"]);
    showDiff((await run("diff", ["-U", "2", before, after], process.env)).output);
  }

  async close(): Promise<void> {
    const child = this.#controller;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(late);
    }
    await this.#cluster.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
