/** One program of the control plane: started in a session of its own, watched by the guard, its log kept small. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync, truncateSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { guard } from "./guard.ts";

const LOG_LIMIT = 8 * 1024 * 1024;
const LOG_CHECK_MS = 2_000;
const TAIL = 4_000;
const GRACE_MS = 5_000;

export type ComponentSpec = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Standard output and error are appended here. */
  readonly logFile: string;
};

export class Component {
  readonly spec: ComponentSpec;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #trimmer: NodeJS.Timeout;
  #startError: Error | undefined;

  constructor(spec: ComponentSpec) {
    this.spec = spec;
    const log = openSync(spec.logFile, "a");
    this.#child = spawn(spec.command, spec.args, { detached: true, stdio: ["ignore", log, log] });
    closeSync(log);
    this.#child.unref();
    const pid = this.#child.pid;
    if (pid !== undefined) guard().addProcess(pid);
    this.#trimmer = setInterval(() => this.#trimLog(), LOG_CHECK_MS).unref();
    this.#exited = new Promise((resolve) => {
      const ended = () => {
        clearInterval(this.#trimmer);
        if (pid !== undefined) guard().removeProcess(pid);
        resolve();
      };
      this.#child.once("exit", ended);
      this.#child.once("error", (error) => {
        this.#startError = error;
        ended();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#startError === undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends a signal without waiting for its effect. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal);
  }

  /** SIGTERM, then SIGKILL after `graceMs` (5 s). Resolves when the process is gone. */
  async stop(graceMs: number = GRACE_MS): Promise<void> {
    if (!this.running) return this.#exited;
    this.#child.ref();
    // A stopped process acts on no signal but SIGKILL.
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    const patience = new AbortController();
    const timeout = sleep(graceMs, undefined, { signal: patience.signal }).then(
      () => this.#child.kill("SIGKILL"),
      () => undefined,
    );
    await this.#exited;
    patience.abort();
    await timeout;
  }

  /** The end of the log, for error messages. */
  logTail(): string {
    try {
      return readFileSync(this.spec.logFile, "utf8").slice(-TAIL);
    } catch {
      return "";
    }
  }

  /** Why the process is not running, with the end of its log. */
  failure(): Error {
    const how = this.#startError?.message ?? `ended with ${this.#child.signalCode ?? `code ${this.#child.exitCode}`}`;
    return new Error(`${this.spec.name} ${how}\n${this.logTail()}`);
  }

  /** The file is open for appending, so the program goes on writing at its new end. */
  #trimLog(): void {
    try {
      if (statSync(this.spec.logFile).size > LOG_LIMIT) truncateSync(this.spec.logFile);
    } catch {
      // The directory is being removed.
    }
  }
}
