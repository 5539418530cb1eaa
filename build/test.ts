/** `make test`: types, then unit tests, then tests on a real control plane. The last line is the sum over all tests. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isGood, type Report, type Run, summarize, summaryLine } from "./test-summary.ts";

const ROOT = join(import.meta.dirname, "..");
const REPORTS = join(ROOT, ".vitest");
const VITEST = join(ROOT, "node_modules", "vitest", "vitest.mjs");

type Layer = { readonly name: string; readonly run: () => Promise<Run> };

const LAYERS: readonly Layer[] = [
  {
    name: "types",
    run: async () => ({ exitCode: await execute(join(ROOT, "node_modules", ".bin", "tsc"), ["--noEmit"]) }),
  },
  { name: "unit", run: () => vitest("unit") },
  { name: "cluster", run: () => vitest("cluster") },
];

rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS);
const runs: Run[] = [];
const times: string[] = [];
for (const layer of LAYERS) {
  console.log(`--- ${layer.name}`);
  const started = performance.now();
  runs.push(await layer.run());
  times.push(`${layer.name} ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
const summary = summarize(runs);
const line = summaryLine(summary);
writeFileSync(join(REPORTS, "summary.txt"), `${line}\n`);
console.log(`time: ${times.join(", ")}`);
console.log(line);
process.exitCode = isGood(summary) && runs.every(({ exitCode }) => exitCode === 0) ? 0 : 1;

async function vitest(project: string): Promise<Run> {
  const output = join(REPORTS, `${project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${output}`];
  const exitCode = await execute(process.execPath, [VITEST, "run", "--project", project, ...reporters]);
  if (!existsSync(output)) return { exitCode };
  return { exitCode, report: JSON.parse(readFileSync(output, "utf8")) as Report };
}

function execute(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { cwd: ROOT, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}
