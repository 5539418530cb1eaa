/** `make mutation`: the mutants of src/policy against its tests, and docs/mutation.md from what came out. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type MutationReport, mutationPage } from "./mutation-summary.ts";

const ROOT = join(import.meta.dirname, "..");
const REPORT = join(ROOT, ".mutation", "report.json");
const STRYKER = join(ROOT, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");

rmSync(REPORT, { force: true });
process.exitCode = await stryker();
if (existsSync(REPORT)) {
  const report = JSON.parse(readFileSync(REPORT, "utf8")) as MutationReport;
  writeFileSync(join(ROOT, "docs", "mutation.md"), mutationPage(report, new Date().toISOString().slice(0, 10)));
}

function stryker(): Promise<number> {
  const child = spawn(process.execPath, [STRYKER, "run"], { cwd: ROOT, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}
