/** The real `packctl` as a process of its own. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { bundle } from "../../build/dist.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PROGRAM = join(ROOT, "src", "bin", "packctl.ts");
const NODE = join(ROOT, "node_modules", ".bin", "node");

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** The script to run; the source if not given. */
  readonly program?: string;
};

/** Bundles the program as `make build` does, the CRDs inside, and gives its path. It starts faster than the source. */
export const bundled = (folder: string): Promise<string> => bundle("packctl", folder);

/** Runs to the end. Nothing of this process's environment but the path, so no kubeconfig, no colours, no cluster. */
export const packctl = (
  args: readonly string[],
  { cwd = ROOT, stdin = "", env = {}, program = PROGRAM }: RunOptions = {},
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(NODE, [program, ...args], {
      cwd,
      env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ...env },
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.once("error", reject);
    child.once("close", (code) =>
      resolve({ code, stdout: Buffer.concat(out).toString("utf8"), stderr: Buffer.concat(err).toString("utf8") }),
    );
    // The program may end without reading.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
  });
