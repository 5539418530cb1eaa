/** The layers of docs/architecture.md are a rule of the linter: a forbidden import fails `make lint`. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const BIOME = join(ROOT, "node_modules", ".bin", "biome");

type Report = {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: unknown } }[];
};

/** Lints files of these texts with the project's configuration, in a copy. Gives the broken rules of each path. */
const lint = (directory: string, files: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> => {
  copyFileSync(join(ROOT, "biome.json"), join(directory, "biome.json"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const args = ["lint", "--vcs-enabled=false", "--reporter=json", "--max-diagnostics=none", "."];
  const ran = spawnSync(BIOME, args, { cwd: directory, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const report = JSON.parse(ran.stdout) as Report;
  const broken = new Map<string, string[]>();
  for (const { category, location } of report.diagnostics) {
    const path = JSON.stringify(location.path);
    const file = Object.keys(files).find((it) => path.includes(it));
    if (file !== undefined) broken.set(file, [...(broken.get(file) ?? []), category]);
  }
  return broken;
};

const importOf = (path: string): string => `import { x } from "${path}";\n\nexport const y = x;\n`;

/** What each folder may import of the others. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  api: [],
  lib: [],
  policy: ["api", "lib"],
  kube: ["api", "lib"],
  resources: ["api", "lib", "policy"],
  runtime: ["api", "lib", "kube"],
  controllers: ["api", "lib", "policy", "kube", "resources", "runtime"],
  sandbox: ["api", "lib"],
  cli: ["api", "lib", "policy", "kube", "resources"],
};

const FOLDERS = [...Object.keys(MAY), "gateway", "devnode", "bin"];

const PAIRS = Object.entries(MAY).flatMap(([folder, allowed]) =>
  FOLDERS.filter((other) => other !== folder).map((other) => ({ folder, other, allowed: allowed.includes(other) })),
);
const MODULES = ["node:fs", "node:http", "pino", "prom-client", "undici"];
const EXPRESSIONS = ["Date.now()", "process.env", "setTimeout(() => 1, 1)"];
const CLIENTS = ["controllers", "cli", "runtime", "kube"];

const pairFile = ({ folder, other }: { readonly folder: string; readonly other: string }): string =>
  `src/${folder}/imports-${other}.ts`;
const moduleFile = (index: number): string => `src/policy/module-${index}.ts`;
const globalFile = (index: number): string => `src/policy/global-${index}.ts`;
const clientFile = (folder: string): string => `src/${folder}/client.ts`;

const FILES = Object.fromEntries([
  ...PAIRS.map((pair) => [pairFile(pair), importOf(`../${pair.other}/probe.ts`)]),
  ...MODULES.map((module, index) => [moduleFile(index), importOf(module)]),
  ...EXPRESSIONS.map((expression, index) => [globalFile(index), `export const y = ${expression};\n`]),
  ...CLIENTS.map((folder) => [clientFile(folder), importOf("@kubernetes/client-node")]),
]) as Record<string, string>;

describe("layers", () => {
  const directory = mkdtempSync(join(tmpdir(), "packs-layers-"));
  let broken: ReadonlyMap<string, readonly string[]> = new Map();

  beforeAll(() => {
    broken = lint(directory, FILES);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const IMPORTS = ["lint/style/noRestrictedImports"];

  test.each(PAIRS.filter(({ allowed }) => !allowed))("src/$folder must not import src/$other", (pair) => {
    expect(broken.get(pairFile(pair))).toEqual(IMPORTS);
  });

  test.each(PAIRS.filter(({ allowed }) => allowed))("src/$folder may import src/$other", (pair) => {
    expect(broken.get(pairFile(pair))).toBeUndefined();
  });

  test.each(MODULES.map((module, index) => ({ module, index })))(
    "the pure core must not import $module",
    ({ index }) => {
      expect(broken.get(moduleFile(index))).toEqual(IMPORTS);
    },
  );

  test.each(EXPRESSIONS.map((expression, index) => ({ expression, index })))(
    "the pure core must not use $expression",
    ({ index }) => {
      expect(broken.get(globalFile(index))).toEqual(["lint/style/noRestrictedGlobals"]);
    },
  );

  test.each(CLIENTS)("only src/kube loads the API client library: src/%s", (folder) => {
    expect(broken.get(clientFile(folder))).toEqual(folder === "kube" ? undefined : IMPORTS);
  });

  test("every folder of src is a layer with a rule", () => {
    const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => !FOLDERS.includes(name))).toEqual([]);
  });
});
