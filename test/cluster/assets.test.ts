import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AssetSource, Binary } from "./asset-source.ts";
import { AssetsUnavailable, cacheDirectory, directorySource, findAssets, locateAll } from "./assets.ts";
import { downloadSource } from "./assets-download.ts";
import { withLock } from "./lock.ts";

let scratch: string;
let lines: string[];
const log = (line: string) => void lines.push(line);

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "packs-assets-"));
  lines = [];
});

afterEach(() => rm(scratch, { recursive: true, force: true }));

async function directoryWith(name: string, ...binaries: readonly Binary[]): Promise<string> {
  const directory = join(scratch, name);
  await mkdir(directory, { recursive: true });
  for (const binary of binaries) await writeFile(join(directory, binary), `#!${name}\n`, { mode: 0o755 });
  return directory;
}

describe("the order of the sources", () => {
  it("takes each program from the first place that has it", async () => {
    const first = directorySource("first", await directoryWith("first", "kubectl"));
    const second = directorySource("second", await directoryWith("second", "kubectl", "etcd"));
    const assets = await locateAll(["etcd", "kubectl"], [first, second], log);
    expect(assets.path("kubectl")).toBe(join(scratch, "first", "kubectl"));
    expect(assets.path("etcd")).toBe(join(scratch, "second", "etcd"));
  });

  it("says which programs came from where", async () => {
    const first = directorySource("KUBEBUILDER_ASSETS", await directoryWith("first", "kubectl"));
    const second = directorySource("cached build", await directoryWith("second", "etcd"));
    await locateAll(["etcd", "kubectl"], [first, second], log);
    expect(lines).toEqual([
      "cluster programs from KUBEBUILDER_ASSETS: kubectl",
      "cluster programs from cached build: etcd",
    ]);
  });

  it("does not ask a source when nothing is missing", async () => {
    const first = directorySource("first", await directoryWith("first", "etcd"));
    const never: AssetSource = { name: "never", locate: () => Promise.reject(new Error("was asked")) };
    await locateAll(["etcd"], [first, never], log);
  });

  it("skips a file that cannot be executed", async () => {
    const directory = await directoryWith("first", "etcd");
    await chmod(join(directory, "etcd"), 0o644);
    const attempt = locateAll(["etcd"], [directorySource("first", directory)], log);
    await expect(attempt).rejects.toThrow(`first: ${directory} lacks etcd`);
  });

  it("names every place that was tried, and what to do", async () => {
    const sources = [directorySource("a", "/nowhere"), directorySource("b", "/nothing")];
    const error = await locateAll(["etcd"], sources, log).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AssetsUnavailable);
    expect(String(error)).toMatch(/cannot get etcd.*a: \/nowhere.*b: \/nothing.*KUBEBUILDER_ASSETS/s);
  });
});

describe("the environment", () => {
  it("prefers KUBEBUILDER_ASSETS to the cache, program by program", async () => {
    const given = await directoryWith("given", "etcd");
    const env = { KUBEBUILDER_ASSETS: given, PACKS_CACHE: join(scratch, "cache") };
    const cached = await directoryWith(
      join("cache", ...cacheDirectory(env).split("/").slice(-1), "build"),
      "etcd",
      "kubectl",
    );
    const assets = await findAssets(["etcd", "kubectl"], log, env);
    expect(assets.path("etcd")).toBe(join(given, "etcd"));
    expect(assets.path("kubectl")).toBe(join(cached, "kubectl"));
  });

  it("looks nowhere else when PACKS_ASSETS is cache", async () => {
    const env = {
      KUBEBUILDER_ASSETS: await directoryWith("given", "etcd"),
      PACKS_CACHE: scratch,
      PACKS_ASSETS: "cache",
    };
    await expect(findAssets(["etcd"], log, env)).rejects.toThrow(AssetsUnavailable);
  });

  it("refuses a PACKS_ASSETS that it does not know", async () => {
    await expect(findAssets(["etcd"], log, { PACKS_ASSETS: "magic" })).rejects.toThrow(/download, build or cache/);
  });

  it("keeps the cache under PACKS_CACHE, else XDG_CACHE_HOME, else the home directory", () => {
    expect(cacheDirectory({ PACKS_CACHE: "/a", XDG_CACHE_HOME: "/b" })).toMatch(/^\/a\/kube-[0-9a-f]{16}$/);
    expect(cacheDirectory({ XDG_CACHE_HOME: "/b" })).toMatch(/^\/b\/packs-operator\/kube-/);
    expect(cacheDirectory({})).toMatch(/\/\.cache\/packs-operator\/kube-/);
  });
});

describe("the official download", () => {
  const files = new Map<string, Buffer | string>();
  let server: Server;
  let base: string;

  beforeEach(async () => {
    files.clear();
    server = createServer((request, response) => {
      const body = files.get(request.url ?? "");
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await publish();
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const manager = `/release/v1.36.2/bin/${platform.replace("-", "/")}/kube-controller-manager`;

  async function publish(): Promise<void> {
    await directoryWith("archive/controller-tools/envtest", "etcd", "kube-apiserver", "kubectl");
    execFileSync("tar", ["-czf", join(scratch, "a.tar.gz"), "-C", join(scratch, "archive"), "controller-tools"]);
    const archive = await readFile(join(scratch, "a.tar.gz"));
    const entry = (hash: string, version: string) =>
      `  ${version}:\n    envtest-${version}-${platform}.tar.gz:\n      hash: ${hash}\n      selfLink: ${base}/${version}.tgz\n`;
    const hash = createHash("sha512").update(archive).digest("hex");
    files.set("/index.yaml", `releases:\n${entry("0", "v1.36.1")}${entry(hash, "v1.36.2")}${entry("0", "v1.37.0")}`);
    files.set("/v1.36.2.tgz", archive);
    files.set(manager, "manager");
    files.set(`${manager}.sha256`, createHash("sha256").update("manager").digest("hex"));
  }

  const source = () =>
    downloadSource(join(scratch, "download"), { index: `${base}/index.yaml`, releases: `${base}/release` });

  it("takes the newest patch of the pinned minor release, the controller manager from the same one", async () => {
    const assets = await locateAll(["etcd", "kubectl", "kube-controller-manager"], [source()], log);
    expect(await readFile(assets.path("kube-controller-manager"), "utf8")).toBe("manager");
    expect(execFileSync("test", ["-x", assets.path("etcd")]).toString()).toBe("");
  });

  it("leaves a program with a wrong checksum to the next source", async () => {
    files.set(manager, "tampered");
    const { paths, problem } = await source().locate(["etcd", "kube-controller-manager"], log);
    expect([...paths.keys()]).toEqual(["etcd"]);
    expect(problem).toContain("sha256");
  });

  it("refuses an archive with a wrong checksum", async () => {
    files.set("/v1.36.2.tgz", "tampered");
    const { paths, problem } = await source().locate(["etcd"], log);
    expect(paths.size).toBe(0);
    expect(problem).toContain("sha512");
  });

  it("gives up within seconds when nothing answers", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/index.yaml`;
    const started = performance.now();
    const { problem } = await downloadSource(scratch, { index: url, releases: base }).locate(["etcd"], log);
    silent.closeAllConnections();
    silent.close();
    expect(problem).toContain(url);
    expect(performance.now() - started).toBeLessThan(8_000);
  });
});

describe("the lock", () => {
  it("lets one in at a time", async () => {
    const path = join(scratch, "lock");
    let inside = 0;
    let most = 0;
    const enter = () =>
      withLock(
        path,
        () => undefined,
        async () => {
          inside += 1;
          most = Math.max(most, inside);
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
        },
      );
    await Promise.all([enter(), enter(), enter()]);
    expect(most).toBe(1);
  });

  it("does not wait for a holder that died", async () => {
    const path = join(scratch, "lock");
    await writeFile(path, "");
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(path, longAgo, longAgo);
    await expect(
      withLock(
        path,
        () => undefined,
        () => Promise.resolve("in"),
      ),
    ).resolves.toBe("in");
  });
});
