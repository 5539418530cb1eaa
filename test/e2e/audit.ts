/** The API server's own record of who did what: nothing that a process did can be missing from it. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type AuditEntry = {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly requestURI: string;
  readonly stage: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
};

/** `packinstalls/status`. */
export const resourceOf = ({ objectRef }: AuditEntry): string =>
  [objectRef?.resource, objectRef?.subresource].filter((part) => part !== undefined).join("/");

const WRITES = new Set(["create", "update", "patch", "delete", "deletecollection"]);

export const isWrite = (entry: AuditEntry): boolean => WRITES.has(entry.verb);

/** Records what the programs of one user do; what tests do in his name is left out. Watches are recorded when they begin. */
export class AuditLog {
  readonly #directory: string;
  #from = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async create(user: string): Promise<AuditLog> {
    const log = new AuditLog(await mkdtemp(join(tmpdir(), "packs-audit-")));
    const policy = {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules: [{ level: "Metadata", users: [user] }, { level: "None" }],
    };
    await writeFile(log.#policy, JSON.stringify(policy));
    return log;
  }

  get #policy(): string {
    return join(this.#directory, "policy.json");
  }

  get #file(): string {
    return join(this.#directory, "audit.log");
  }

  /** For `apiServerFlags`. Blocking: what was answered is in the file. */
  get flags(): readonly string[] {
    return [`--audit-policy-file=${this.#policy}`, `--audit-log-path=${this.#file}`, "--audit-log-mode=blocking"];
  }

  /** Finished requests since the last {@link mark}, and watches that were accepted. */
  entries(): readonly AuditEntry[] {
    return this.#lines().slice(this.#from);
  }

  writes(): readonly AuditEntry[] {
    return this.entries().filter((entry) => isWrite(entry) && entry.stage === "ResponseComplete");
  }

  /** Forgets what was recorded. */
  mark(): void {
    this.#from = this.#lines().length;
  }

  remove(): Promise<void> {
    return rm(this.#directory, { recursive: true, force: true });
  }

  #lines(): readonly AuditEntry[] {
    return readFileSync(this.#file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as AuditEntry)
      .filter(({ userAgent }) => userAgent?.startsWith("packs-operator/"));
  }
}
