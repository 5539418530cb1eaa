/** `make build`: one bundle per process in `dist/lib/`, and the commands that start them. The same input gives the same bytes. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { type Command, launcher } from "./launcher.ts";

const ROOT = join(import.meta.dirname, "..");
const DIST = join(ROOT, "dist");

const PROCESSES = {
  controller: "reconciles packs, installs and grants",
  gateway: "the only way out of a sandbox",
  sandbox: "runs one installed pack",
} as const;

const BUNDLES = [...Object.keys(PROCESSES), "packctl"];

/** CommonJS packages inside an ES module still ask for `require`. */
const REQUIRE =
  'import { createRequire as nodeRequire } from "node:module"; const require = nodeRequire(import.meta.url);';

/** Native add-ons that `ws` uses if they are there. */
const OPTIONAL = ["bufferutil", "utf-8-validate"];

const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
await rm(DIST, { recursive: true, force: true });
await mkdir(DIST);
const missing = BUNDLES.filter((name) => !existsSync(entryOf(name)));
for (const name of BUNDLES.filter((name) => !missing.includes(name))) await bundle(name);
const commands: readonly Command[] = [
  { name: "packs-operator", version, subcommands: PROCESSES },
  { name: "packctl", bundle: "packctl" },
  { name: "kubectl-packs", bundle: "packctl" },
];
for (const command of commands) await writeFile(join(DIST, command.name), launcher(command), { mode: 0o755 });
for (const name of missing) console.error(`not built: ${name}, because ${entryOf(name)} does not exist`);
process.exitCode = missing.length === 0 ? 0 : 1;
console.log(`built ${commands.map(({ name }) => `dist/${name}`).join(", ")}`);

function entryOf(name: string): string {
  return join(ROOT, "src", "bin", `${name}.ts`);
}

/** What the source imports lazily stays in files of its own, so that a process loads only what it uses. */
async function bundle(name: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { main: entryOf(name) },
    outdir: join(DIST, "lib", name),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    banner: { js: REQUIRE },
    external: OPTIONAL,
    keepNames: true,
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "linked",
    logLevel: "warning",
  });
  await writeFile(join(DIST, "lib", name, "package.json"), '{ "type": "module" }\n');
}
