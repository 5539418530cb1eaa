/** Official releases: etcd, kube-apiserver and kubectl from the envtest index, the rest from the Kubernetes release site. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import type { AssetSource, Binary, Log } from "./asset-source.ts";
import { pinnedVersion } from "./assets-key.ts";

const run = promisify(execFile);

/** Long enough for a slow line, short enough that a machine without one goes on at once. */
const REACH_MS = 3_000;
const DOWNLOAD_MS = 600_000;

const IN_ENVTEST: readonly Binary[] = ["etcd", "kube-apiserver", "kubectl"];

export type Origins = { readonly index: string; readonly releases: string };

const OFFICIAL: Origins = {
  index: "https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml",
  releases: "https://dl.k8s.io/release",
};

type Archive = { readonly version: string; readonly url: string; readonly sha512: string };

type Index = {
  readonly releases?: Readonly<Record<string, Readonly<Record<string, { hash?: string; selfLink?: string }>>>>;
};

/** Downloads what is wanted into `directory`, each program by itself: what fails is left to the next source. */
export function downloadSource(directory: string, origins: Origins = OFFICIAL): AssetSource {
  return {
    name: "official download",
    locate: async (wanted, log) => {
      const paths = new Map<Binary, string>();
      try {
        const archive = newestPatch(await fetchIndex(origins.index));
        await mkdir(directory, { recursive: true });
        const place = (binary: Binary) => paths.set(binary, join(directory, binary));
        const fromArchive = wanted.filter((binary) => IN_ENVTEST.includes(binary));
        if (fromArchive.length > 0) await unpack(archive, fromArchive, directory, log);
        fromArchive.forEach(place);
        for (const binary of wanted.filter((name) => !IN_ENVTEST.includes(name))) {
          await fetchRelease(origins.releases, archive.version, binary, directory, log);
          place(binary);
        }
        return { paths };
      } catch (error) {
        return { paths, problem: reason(error) };
      }
    },
  };
}

async function fetchIndex(url: string): Promise<Index> {
  return parse((await fetchBytes(url, REACH_MS)).toString("utf8")) as Index;
}

/** The newest release of the pinned minor version, for this platform. */
function newestPatch(index: Index): Archive {
  const minor = pinnedVersion().split(".").slice(0, 2).join(".");
  const versions = Object.keys(index.releases ?? {})
    .filter((version) => new RegExp(`^v${minor.replace(".", "\\.")}\\.\\d+$`).test(version))
    .sort((a, b) => patch(b) - patch(a));
  for (const version of versions) {
    const entry = index.releases?.[version]?.[`envtest-${version}-${process.platform}-${goArch()}.tar.gz`];
    if (entry?.hash === undefined || entry.selfLink === undefined) continue;
    return { version, url: entry.selfLink, sha512: entry.hash };
  }
  throw new Error(`the index has no release of ${minor} for ${process.platform}-${goArch()}`);
}

const patch = (version: string): number => Number(version.split(".")[2]);

const goArch = (): string => (process.arch === "x64" ? "amd64" : process.arch);

async function unpack(archive: Archive, binaries: readonly Binary[], directory: string, log: Log): Promise<void> {
  log(`downloading ${archive.url} (about 90 MB)`);
  const bytes = await fetchBytes(archive.url, DOWNLOAD_MS);
  verify(bytes, "sha512", archive.sha512, archive.url);
  const temporary = join(directory, `.unpack.${process.pid}`);
  try {
    await mkdir(temporary, { recursive: true });
    await writeFile(join(temporary, "archive.tar.gz"), bytes);
    const members = binaries.map((binary) => `controller-tools/envtest/${binary}`);
    await run("tar", ["-xzf", "archive.tar.gz", "--strip-components=2", ...members], { cwd: temporary });
    for (const binary of binaries) await rename(join(temporary, binary), join(directory, binary));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function fetchRelease(
  releases: string,
  version: string,
  binary: Binary,
  directory: string,
  log: Log,
): Promise<void> {
  const url = `${releases}/${version}/bin/${process.platform}/${goArch()}/${binary}`;
  const sha256 = (await fetchBytes(`${url}.sha256`, REACH_MS)).toString("utf8").trim().split(/\s/)[0] ?? "";
  log(`downloading ${url} (about 70 MB)`);
  const bytes = await fetchBytes(url, DOWNLOAD_MS);
  verify(bytes, "sha256", sha256, url);
  const temporary = join(directory, `.${binary}.${process.pid}`);
  await writeFile(temporary, bytes);
  await chmod(temporary, 0o755);
  await rename(temporary, join(directory, binary));
}

async function fetchBytes(url: string, deadlineMs: number): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(deadlineMs) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new Error(`GET ${url}: ${reason(error)}`, { cause: error });
  }
}

function verify(bytes: Buffer, algorithm: "sha256" | "sha512", expected: string, url: string): void {
  const actual = createHash(algorithm).update(bytes).digest("hex");
  if (actual !== expected) throw new Error(`${url}: its ${algorithm} is ${actual}, but ${expected} was published`);
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
