/** Builds Kubernetes and etcd from the pinned Go module: one program that is all of them, chosen by its name. */
import { execFile, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type AssetSource, BINARIES, type Binary, type Log } from "./asset-source.ts";
import { buildFlags, KUBE_MODULE, pinnedGo, pinnedVersion } from "./assets-key.ts";
import { guard } from "./guard.ts";
import { withLock } from "./lock.ts";

const run = promisify(execFile);

const PROGRESS_MS = 15_000;
const EXPECTED = "about 7 minutes on 2 cores the first time, 1 minute when Go's build cache is warm";
const DISPATCHER = "kube";
const TOOLCHAIN_SWITCH = [1, 21] as const;

type Go = { readonly command: string; readonly env: NodeJS.ProcessEnv };

/** Builds into `directory` unless another process just did. */
export function buildSource(directory: string): AssetSource {
  return {
    name: "Go build",
    locate: async (wanted, log) => {
      const go = await findGo(log);
      if (typeof go === "string") return { paths: new Map(), problem: go };
      await mkdir(dirname(directory), { recursive: true });
      const waiting = () => log(`another process is building Kubernetes; waiting for it (${directory})`);
      try {
        await withLock(`${directory}.lock`, waiting, async () => {
          if (!(await isBuilt(directory))) await build(go, directory, log);
        });
      } catch (error) {
        return { paths: new Map(), problem: error instanceof Error ? error.message : String(error) };
      }
      return { paths: new Map(wanted.map((binary): [Binary, string] => [binary, join(directory, binary)])) };
    },
  };
}

async function isBuilt(directory: string): Promise<boolean> {
  const files: readonly string[] = await readdir(directory).catch(() => []);
  return BINARIES.every((binary) => files.includes(binary));
}

async function build(go: Go, directory: string, log: Log): Promise<void> {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const temporary = `${directory}.${process.pid}.tmp`;
  log(`building Kubernetes ${pinnedVersion()} and etcd from source: ${EXPECTED}`);
  const progress = setInterval(() => log(`still building Kubernetes: ${seconds()} s so far, ${EXPECTED}`), PROGRESS_MS);
  guard().addDirectory(temporary);
  try {
    await compile(go, join(temporary, DISPATCHER));
    for (const binary of BINARIES) await symlink(DISPATCHER, join(temporary, binary));
    await rm(directory, { recursive: true, force: true });
    await rename(temporary, directory);
  } finally {
    clearInterval(progress);
    await rm(temporary, { recursive: true, force: true });
    guard().removeDirectory(temporary);
  }
  log(`built Kubernetes in ${seconds()} s: ${directory}`);
}

function compile(go: Go, output: string): Promise<void> {
  const child = spawn(go.command, ["build", ...buildFlags(), "-o", output, "."], {
    cwd: KUBE_MODULE,
    env: { ...go.env, CGO_ENABLED: "0", GOFLAGS: "" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const pid = child.pid;
  if (pid !== undefined) guard().addProcess(pid);
  let tail = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-8_000);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (pid !== undefined) guard().removeProcess(pid);
      if (code === 0) resolve();
      else reject(new Error(`go build ended with ${signal ?? `exit code ${code}`}:\n${tail}`));
    });
  });
}

/** A Go that is new enough, or the reason why there is none. Goes older than the module ask the module proxy for one. */
async function findGo(log: Log): Promise<Go | string> {
  for (const command of ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go"]) {
    const version = await goVersion(command);
    if (version === undefined) continue;
    if (atLeast(version, numbers(pinnedGo()))) return { command, env: process.env };
    const toolchain = `go${pinnedGo()}`;
    log(`${command} is Go ${version.join(".")}; fetching ${toolchain} from the Go module proxy (70 MB)`);
    if (atLeast(version, TOOLCHAIN_SWITCH)) return { command, env: { ...process.env, GOTOOLCHAIN: toolchain } };
    return fetchToolchain(command, toolchain);
  }
  return `no Go: install Go ${pinnedGo()} or newer (https://go.dev/dl, or apt-get install golang)`;
}

/** What Go itself does since 1.21, for a Go before that: the toolchain is a module, checked against the sum database. */
async function fetchToolchain(command: string, toolchain: string): Promise<Go | string> {
  const platform = `linux-${process.arch === "x64" ? "amd64" : process.arch}`;
  const scratch = await mkdtemp(join(tmpdir(), "packs-toolchain-"));
  try {
    await writeFile(join(scratch, "go.mod"), "module scratch\n");
    const wanted = `golang.org/toolchain@v0.0.1-${toolchain}.${platform}`;
    const { stdout } = await run(command, ["mod", "download", "-json", wanted], { cwd: scratch });
    const root = (JSON.parse(stdout) as { Dir: string }).Dir;
    await makeExecutable(root, platform.replace("-", "_"));
    return { command: join(root, "bin", "go"), env: { ...process.env, GOTOOLCHAIN: "local", GOROOT: root } };
  } catch (error) {
    return `cannot fetch ${toolchain}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function makeExecutable(root: string, platform: string): Promise<void> {
  for (const directory of [join(root, "bin"), join(root, "pkg", "tool", platform)]) {
    for (const file of await readdir(directory)) await chmod(join(directory, file), 0o755);
  }
}

async function goVersion(command: string): Promise<readonly number[] | undefined> {
  try {
    const { stdout } = await run(command, ["env", "GOVERSION"], { env: { ...process.env, GOTOOLCHAIN: "local" } });
    return numbers(stdout.trim().replace(/^go/, ""));
  } catch {
    return undefined;
  }
}

const numbers = (version: string): readonly number[] => version.split(".").map((part) => Number.parseInt(part, 10));

function atLeast(version: readonly number[], wanted: readonly number[]): boolean {
  for (const [index, part] of wanted.entries()) {
    const have = version[index] ?? 0;
    if (have !== part) return have > part;
  }
  return true;
}
