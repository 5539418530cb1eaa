/** What `make build` makes, far from the repository. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { type Built, buildDist } from "./dist.ts";

const CASE = join(import.meta.dirname, "..", "test", "golden", "everything-allowed");

let folder: string;
let built: Built;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packs-dist-"));
  await mkdir(join(folder, "built"));
  built = await buildDist(join(folder, "built"));
  // Nothing in it may depend on where it was built.
  await cp(join(folder, "built"), join(folder, "moved"), { recursive: true });
  await rm(join(folder, "built"), { recursive: true });
  await cp(join(CASE, "input.yaml"), join(folder, "input.yaml"));
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

type Ended = { readonly code: number | string | null | undefined; readonly stdout: string; readonly stderr: string };

const run = (command: string, ...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { PATH: "/usr/bin:/bin", HOME: folder, PACKS_NODE: process.execPath };
    execFile(join(folder, "moved", command), args, { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });

it("has every bundle", () => {
  expect(built).toEqual({ commands: ["packs-operator", "packctl", "kubectl-packs"], missing: [] });
});

it.each(["packs-operator", "packctl", "kubectl-packs"])("%s knows its version and its usage", async (command) => {
  expect(await run(command, "--version")).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  const help = await run(command, "--help");
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toContain(`Usage: ${command === "kubectl-packs" ? "kubectl packs" : command} `);
});

it.each(["controller", "gateway", "sandbox"])("packs-operator %s starts", async (process) => {
  const help = await run("packs-operator", process, "--help");
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toContain(`Usage: packs-operator ${process}`);
});

it("packctl lints with the CRDs inside", async () => {
  expect(await run("packctl", "lint", "-f", "input.yaml", "-o", "json")).toMatchObject({ code: 0, stderr: "" });
});

it("packctl renders", async () => {
  const { code, stdout } = await run("packctl", "render", "-f", "input.yaml");
  expect(code).toBe(0);
  expect(stdout).toContain("kind: NetworkPolicy");
});
