/** The real `controller` as a child process: its logs, its operations server, its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "../cluster/eventually.ts";
import { guard } from "../cluster/guard.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const NODE = join(ROOT, "node_modules", ".bin", "node");
const MAIN = join(ROOT, "src", "bin", "controller.ts");

export type LogLine = Readonly<Record<string, unknown>> & { readonly level?: string; readonly msg?: string };
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type ControllerOptions = {
  readonly kubeconfig: string;
  /** Further flags. */
  readonly args?: readonly string[];
};

/** Runs the program to its end; for flags that make it end. */
export const runToEnd = async (args: readonly string[]): Promise<Exit & { stdout: string; stderr: string }> => {
  const child = spawn(NODE, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const exit = await new Promise<Exit>((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
  return { ...exit, stdout, stderr };
};

export class ControllerProcess {
  readonly logs: LogLine[] = [];
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #ended = false;

  constructor({ kubeconfig, args = [] }: ControllerOptions) {
    const flags = ["--kubeconfig", kubeconfig, "--operations-address", "127.0.0.1:0", "--log-level", "debug", ...args];
    this.#child = spawn(NODE, [MAIN, ...flags], { stdio: ["ignore", "ignore", "pipe"] });
    const { pid, stderr } = this.#child;
    if (pid !== undefined) guard().addProcess(pid);
    if (stderr !== null) createInterface({ input: stderr }).on("line", (line) => this.logs.push(parse(line)));
    this.exited = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        this.#ended = true;
        if (pid !== undefined) guard().removeProcess(pid);
        resolve({ code, signal });
      });
    });
  }

  get running(): boolean {
    return !this.#ended;
  }

  /** Waits until every list is there. */
  async ready(deadlineMs = 20_000): Promise<this> {
    const isReady = async () => (await this.get("/readyz")).status === 200;
    await eventually("the controller is ready", isReady, { deadlineMs }).catch((error) => this.#fail(error));
    return this;
  }

  /** Waits until it leads. */
  async leading(deadlineMs = 20_000): Promise<this> {
    await this.logged("the controller leads", ({ msg }) => msg === "became the leader", deadlineMs);
    return this;
  }

  /** Waits for a log line. */
  logged(what: string, match: (line: LogLine) => boolean, deadlineMs = 20_000): Promise<LogLine> {
    return eventually(what, () => this.logs.find(match), { deadlineMs }).catch((error) => this.#fail(error));
  }

  /** A GET at the operations server. */
  async get(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const listening = this.logs.find(({ msg }) => msg === "listening");
    if (listening === undefined) throw new Error("the operations server does not listen yet");
    const answer = await fetch(`http://127.0.0.1:${listening["port"]}${path}`);
    return { status: answer.status, body: await answer.text() };
  }

  /** The value of the first series of this name that has these labels. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    const { body } = await this.get("/metrics");
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    const line = body
      .split("\n")
      .find((it) => (it.startsWith(`${name}{`) || it.startsWith(`${name} `)) && wanted.every((w) => it.includes(w)));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal);
  }

  /** As a crash: nothing is finished, nothing is released. */
  kill(): Promise<Exit> {
    this.signal("SIGKILL");
    return this.exited;
  }

  /** SIGTERM; SIGKILL after 15 s. */
  async stop(): Promise<Exit> {
    this.signal("SIGTERM");
    const late = setTimeout(() => this.signal("SIGKILL"), 15_000);
    const exit = await this.exited;
    clearTimeout(late);
    return exit;
  }

  #fail(error: Error): never {
    const tail = this.logs.slice(-15).map((line) => JSON.stringify(line));
    throw new Error([error.message, ...tail].join("\n"), { cause: error });
  }
}

const parse = (line: string): LogLine => {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { level: "unparsed", msg: line };
  }
};
