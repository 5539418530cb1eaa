/** Every write of the measured users, from the API server's audit log: an exact count, with times, that costs both sides the same. */
import { existsSync } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One write request that was answered. Times are milliseconds since 1970, to a microsecond. */
export type Write = {
  readonly user: string;
  readonly verb: string;
  /** The plural, with `/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  readonly received: number;
  readonly answered: number;
};

type Event = {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
};

const VERBS = ["create", "update", "patch", "delete", "deletecollection"];

/** RFC 3339 with microseconds; `Date` keeps three of the six digits. */
export const parseMicros = (text: string): number => {
  const [, seconds = "", fraction = "0"] = /^(.*?)(?:\.(\d+))?Z$/.exec(text) ?? [];
  return Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1000;
};

export const parseWrite = (line: string): Write => {
  const { objectRef, responseStatus, requestReceivedTimestamp, stageTimestamp, user, verb } = JSON.parse(line) as Event;
  return {
    user: user.username,
    verb,
    resource: [objectRef?.resource, objectRef?.subresource].filter((part) => part !== undefined).join("/"),
    namespace: objectRef?.namespace ?? "",
    name: objectRef?.name ?? "",
    code: responseStatus?.code ?? 0,
    received: parseMicros(requestReceivedTimestamp),
    answered: parseMicros(stageTimestamp),
  };
};

export class AuditLog {
  readonly #directory: string;
  readonly #writes: Write[] = [];
  #offset = 0;
  #rest = "";

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Records the writes of these users and nothing else. */
  static async create(users: readonly string[]): Promise<AuditLog> {
    const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    const log = new AuditLog(await mkdtemp(join(parent, "packs-bench-")));
    const policy = {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived", "ResponseStarted"],
      rules: [{ level: "Metadata", users, verbs: VERBS }, { level: "None" }],
    };
    await writeFile(log.#policy, JSON.stringify(policy));
    await writeFile(log.#file, "", { mode: 0o600 });
    return log;
  }

  /** For the API server. Blocking: whatever was answered is in the file. */
  get flags(): readonly string[] {
    return [
      `--audit-policy-file=${this.#policy}`,
      `--audit-log-path=${this.#file}`,
      "--audit-log-mode=blocking",
      "--audit-log-maxsize=4096",
    ];
  }

  /** All writes so far, in the order of their answers. The list grows with later calls. */
  async writes(): Promise<readonly Write[]> {
    const lines = `${this.#rest}${await this.#readNew()}`.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#writes.push(parseWrite(line));
    return this.#writes;
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #policy(): string {
    return join(this.#directory, "policy.json");
  }

  get #file(): string {
    return join(this.#directory, "audit.log");
  }

  async #readNew(): Promise<string> {
    const file = await open(this.#file, "r");
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(size - this.#offset);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
      // A character of more than one byte never ends a line: names of objects are ASCII.
      this.#offset += bytesRead;
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  }
}
