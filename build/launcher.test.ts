import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Command, launcher } from "./launcher.ts";

const OPERATOR: Command = {
  name: "packs-operator",
  version: "1.2.3",
  subcommands: { controller: { summary: "reconciles", maxOldSpaceMb: 100 }, gateway: { summary: "lets out" } },
};
const PATH = "/usr/bin:/bin";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "packs-launcher-"));
  mkdirSync(join(root, "dist"));
});

afterEach(() => rmSync(root, { recursive: true }));

function program(path: string, text: string): string {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

/** A stand-in that says who it is and what it was told, or a major version when asked for one. */
const fakeNode = (path: string, name: string, major: number): string =>
  program(path, `#!/bin/sh\n[ "$1" = -p ] && { echo ${major}; exit; }\necho ${name} "$@"\n`);

function install(command: Command): string {
  return program(join(root, "dist", command.name), launcher(command));
}

function run(path: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): { code: number; text: string } {
  try {
    return { code: 0, text: execFileSync(path, args, { env: { PATH, ...env }, encoding: "utf8", stdio: "pipe" }) };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, text: stdout + stderr };
  }
}

it("prefers PACKS_NODE, then the Node beside it, then a new enough one on the path", () => {
  const path = install({ name: "packctl", bundle: "packctl" });
  const given = fakeNode(join(root, "given"), "given", 24);
  const onPath = fakeNode(join(root, "bin", "node"), "path", 24);
  const withPath = { PATH: `${join(onPath, "..")}:${PATH}` };
  expect(run(path, ["lint"], withPath).text).toBe(`path ${root}/dist/lib/packctl/main.js lint\n`);
  fakeNode(join(root, "node_modules", ".bin", "node"), "beside", 24);
  expect(run(path, ["lint"], withPath).text).toMatch(/^beside /);
  expect(run(path, ["lint"], { ...withPath, PACKS_NODE: given }).text).toMatch(/^given /);
});

it("says what to do when Node is too old", () => {
  const path = install({ name: "packctl", bundle: "packctl" });
  const old = fakeNode(join(root, "bin", "node"), "old", 20);
  const { code, text } = run(path, ["lint"], { PATH: `${join(old, "..")}:${PATH}` });
  expect(code).toBe(127);
  expect(text).toBe("packctl needs Node 24 or newer: install it, or set PACKS_NODE to its path.\n");
});

it("works through a symbolic link and keeps arguments as they are", () => {
  const target = install({ name: "packctl", bundle: "packctl" });
  symlinkSync(target, join(root, "link"));
  const node = program(join(root, "node"), '#!/bin/sh\nshift\nfor a in "$@"; do echo "[$a]"; done\n');
  expect(run(join(root, "link"), ["a b", "", "*"], { PACKS_NODE: node }).text).toBe("[a b]\n[]\n[*]\n");
});

it("starts the bundle of the subcommand", () => {
  const node = fakeNode(join(root, "node"), "node", 24);
  const { text } = run(install(OPERATOR), ["gateway", "--port", "1"], { PACKS_NODE: node });
  expect(text).toBe(`node ${root}/dist/lib/gateway/main.js --port 1\n`);
});

it("knows its version and its commands without Node", () => {
  const path = install(OPERATOR);
  expect(run(path, ["--version"])).toEqual({ code: 0, text: "1.2.3\n" });
  expect(run(path, ["--help"]).text).toContain("controller  reconciles\n  gateway     lets out\n");
});

it("refuses an unknown command and none at all", () => {
  const path = install(OPERATOR);
  expect(run(path, ["contrller"])).toMatchObject({
    code: 2,
    text: expect.stringContaining("unknown command: contrller"),
  });
  expect(run(path, []).code).toBe(2);
});

describe("the memory of V8", () => {
  /** The limit of the heap in MiB, as the real Node sees it: old objects, and three semi-spaces of young ones. */
  const heapLimit = (subcommand: string, env: NodeJS.ProcessEnv = {}): number => {
    const script = 'console.log(require("node:v8").getHeapStatistics().heap_size_limit / 2 ** 20);';
    program(join(root, "dist", "lib", subcommand, "main.js"), script);
    return Number(run(install(OPERATOR), [subcommand], { PACKS_NODE: process.execPath, ...env }).text);
  };

  it("is limited for a subcommand that says so, and for no other", () => {
    expect(heapLimit("controller")).toBe(100 + 3 * 4);
    expect(heapLimit("gateway")).toBeGreaterThan(100 + 3 * 4);
  });

  it("is what PACKS_MAX_OLD_SPACE_MB says, and NODE_OPTIONS wins", () => {
    expect(heapLimit("controller", { PACKS_MAX_OLD_SPACE_MB: "200" })).toBe(200 + 3 * 4);
    const given = { PACKS_MAX_OLD_SPACE_MB: "200", NODE_OPTIONS: "--max-old-space-size=300 --no-warnings" };
    expect(heapLimit("controller", given)).toBe(300 + 3 * 4);
  });

  it("is scavenged by one thread where it is limited", () => {
    const node = fakeNode(join(root, "node"), "node", 24);
    const started = (subcommand: string): string => run(install(OPERATOR), [subcommand], { PACKS_NODE: node }).text;
    expect(started("controller")).toBe(`node --no-parallel-scavenge ${root}/dist/lib/controller/main.js\n`);
    expect(started("gateway")).toBe(`node ${root}/dist/lib/gateway/main.js\n`);
  });

  it.each(["0", "1G", "-1", "64 --inspect"])("is not limited to '%s'", (value) => {
    const { code, text } = run(install(OPERATOR), ["controller"], { PACKS_MAX_OLD_SPACE_MB: value });
    expect(code).toBe(2);
    expect(text).toContain(`PACKS_MAX_OLD_SPACE_MB must be a whole number of MiB, such as 100, not '${value}'`);
  });

  it("is described in the usage", () => {
    expect(run(install(OPERATOR), ["--help"]).text).toMatch(/PACKS_MAX_OLD_SPACE_MB .*\(controller: 100\)/);
  });
});

it("sets the variables of a command", () => {
  const node = program(join(root, "node"), '#!/bin/sh\necho "$PACKCTL_NAME"\n');
  const path = install({ name: "kubectl-packs", bundle: "packctl", env: { PACKCTL_NAME: "kubectl-packs" } });
  expect(run(path, [], { PACKS_NODE: node }).text).toBe("kubectl-packs\n");
});
