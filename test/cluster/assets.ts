/**
 * Where the programs of a real cluster come from. Each program is looked for on its own, in this order:
 * `KUBEBUILDER_ASSETS`, the cache, the official releases, a Go build of `test/cluster/kube`.
 */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { AssetSource, Binary, Log } from "./asset-source.ts";
import { buildSource } from "./assets-build.ts";
import { downloadSource } from "./assets-download.ts";
import { sourceKey } from "./assets-key.ts";

/** What a control plane without a scheduler and without nodes needs. */
export const CONTROL_PLANE_BINARIES: readonly Binary[] = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kubectl",
];

export type Assets = {
  /** The absolute path of a program; throws when it was not asked for. */
  path(binary: Binary): string;
  readonly origins: ReadonlyMap<Binary, { readonly path: string; readonly source: string }>;
};

/** The programs cannot be had here. The message says what was tried and what to do. */
export class AssetsUnavailable extends Error {
  override readonly name = "AssetsUnavailable";
}

/** Finds, downloads or builds the programs. Fails with {@link AssetsUnavailable}. */
export async function findAssets(
  binaries: readonly Binary[] = CONTROL_PLANE_BINARIES,
  log: Log = logToStderr,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Assets> {
  return locateAll(binaries, sourcesFor(env), log);
}

/** Asks the sources in turn, each only for what is still missing. */
export async function locateAll(
  binaries: readonly Binary[],
  sources: readonly AssetSource[],
  log: Log,
): Promise<Assets> {
  const origins = new Map<Binary, { path: string; source: string }>();
  const problems: string[] = [];
  for (const source of sources) {
    const wanted = binaries.filter((binary) => !origins.has(binary));
    if (wanted.length === 0) break;
    const { paths, problem } = await source.locate(wanted, log);
    for (const [binary, path] of paths) origins.set(binary, { path, source: source.name });
    if (problem !== undefined) problems.push(`${source.name}: ${problem}`);
  }
  const missing = binaries.filter((binary) => !origins.has(binary));
  if (missing.length > 0) {
    throw new AssetsUnavailable(
      `cannot get ${missing.join(", ")}.\n${problems.map((problem) => `  ${problem}`).join("\n")}\n` +
        "  Set KUBEBUILDER_ASSETS to a directory with these programs, or install Go 1.26 (https://go.dev/dl).",
    );
  }
  for (const line of describe(origins)) log(line);
  return {
    origins,
    path: (binary) => {
      const origin = origins.get(binary);
      if (origin === undefined) throw new Error(`${binary} was not among the programs asked for`);
      return origin.path;
    },
  };
}

/** Programs that lie in a directory under their own names. */
export function directorySource(name: string, directory: string): AssetSource {
  return {
    name,
    locate: async (wanted) => {
      const paths = new Map<Binary, string>();
      for (const binary of wanted) {
        const path = join(directory, binary);
        if (await isExecutable(path)) paths.set(binary, path);
      }
      if (paths.size === wanted.length) return { paths };
      return { paths, problem: `${directory} lacks ${wanted.filter((binary) => !paths.has(binary)).join(", ")}` };
    },
  };
}

/** Where downloads and builds are kept: outside the work tree, one directory per state of the pinned sources. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const root = env["PACKS_CACHE"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "packs-operator");
  return join(root, `kube-${sourceKey()}`);
}

function sourcesFor(env: NodeJS.ProcessEnv): readonly AssetSource[] {
  const cache = cacheDirectory(env);
  const downloads = join(cache, "download");
  const builds = join(cache, "build");
  const cachedDownload = directorySource("cached download", downloads);
  const cachedBuild = directorySource("cached build", builds);
  const forced = env["PACKS_ASSETS"];
  switch (forced) {
    case "cache":
      return [cachedDownload, cachedBuild];
    case "download":
      return [cachedDownload, downloadSource(downloads)];
    case "build":
      return [cachedBuild, buildSource(builds)];
    case undefined:
    case "":
      break;
    default:
      throw new Error(`PACKS_ASSETS is "${forced}"; it may be download, build or cache`);
  }
  const given = env["KUBEBUILDER_ASSETS"];
  return [
    ...(given === undefined || given === "" ? [] : [directorySource("KUBEBUILDER_ASSETS", given)]),
    cachedDownload,
    cachedBuild,
    downloadSource(downloads),
    buildSource(builds),
  ];
}

function describe(origins: Assets["origins"]): readonly string[] {
  const bySource = Map.groupBy(origins, ([, origin]) => origin.source);
  return [...bySource].map(
    ([source, found]) => `cluster programs from ${source}: ${found.map(([binary]) => binary).join(", ")}`,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

export function logToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
