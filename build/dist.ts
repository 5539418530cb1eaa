/** What `make build` makes: one bundle per process, and the commands that start them. The same input gives the same bytes. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { parse } from "yaml";
import { type Command, launcher } from "./launcher.ts";

const ROOT = join(import.meta.dirname, "..");

const PROCESSES = {
  controller: { summary: "reconciles packs, installs and grants", maxOldSpaceMb: 128 },
  gateway: { summary: "the only way out of a sandbox" },
  sandbox: { summary: "runs one installed pack" },
} as const;

const BUNDLES = [...Object.keys(PROCESSES), "packctl"];

/** CommonJS packages inside an ES module still ask for `require`. */
const REQUIRE =
  'import { createRequire as nodeRequire } from "node:module"; const require = nodeRequire(import.meta.url);';

/** Native add-ons that `ws` uses if they are there. */
const OPTIONAL = ["bufferutil", "utf-8-validate"];

/** Names of the commands that were built, and of the bundles that were not, because their source does not exist. */
export type Built = { readonly commands: readonly string[]; readonly missing: readonly string[] };

/** Fills `folder`, which must exist and be empty. It can be moved to any place. */
export async function buildDist(folder: string): Promise<Built> {
  const missing = BUNDLES.filter((name) => !existsSync(entryOf(name)));
  for (const name of BUNDLES.filter((name) => !missing.includes(name))) await bundle(name, join(folder, "lib", name));
  const commands = await commandsToStart();
  for (const command of commands) await writeFile(join(folder, command.name), launcher(command), { mode: 0o755 });
  return { commands: commands.map(({ name }) => name), missing };
}

/**
 * Bundles one program of `src/bin` into `folder` and gives the path of the script to run. What the source imports lazily
 * stays in files of its own, so that a process loads only what it uses.
 */
export async function bundle(name: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: { main: entryOf(name) },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    banner: { js: REQUIRE },
    define: name === "packctl" ? { PACKCTL_CRDS: JSON.stringify(await crds()) } : {},
    external: OPTIONAL,
    // Comments with characters beyond Latin-1 would double the memory that V8 keeps the source in.
    minifyWhitespace: true,
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "linked",
    logLevel: "warning",
  });
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
  return join(folder, "main.js");
}

export function entryOf(name: string): string {
  return join(ROOT, "src", "bin", `${name}.ts`);
}

async function crds(): Promise<readonly unknown[]> {
  const names = (await readdir(join(ROOT, "crds"))).filter((name) => name.endsWith(".yaml")).sort();
  return Promise.all(names.map(async (name) => parse(await readFile(join(ROOT, "crds", name), "utf8"))));
}

async function commandsToStart(): Promise<readonly Command[]> {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
  return [
    { name: "packs-operator", version, subcommands: PROCESSES },
    { name: "packctl", bundle: "packctl" },
    { name: "kubectl-packs", bundle: "packctl", env: { PACKCTL_NAME: "kubectl-packs" } },
  ];
}
