/** The script for bash, run by bash; the others by the words that they must have. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Io } from "../io.ts";
import { createProgram } from "../main.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { branchesOf, leavesOf, NAMES_COMMAND } from "./tree.ts";
import { zshScript } from "./zsh.ts";

const NOWHERE = { write: () => undefined, isTerminal: false };
const IO: Io = {
  stdout: NOWHERE,
  stderr: NOWHERE,
  readStdin: async () => new Uint8Array(),
  env: {},
  program: "packctl",
  now: () => 0,
};

const branches = branchesOf(createProgram(IO, () => undefined));

let folder: string;

/** Prints what it was asked for, in the place of the real program. */
const STAND_IN = `#!/bin/sh\necho "$2-from-$*" | tr ' ' '_'\n`;

const HARNESS = `
source "$1"; shift
compopt() { :; }
COMP_WORDS=("$@"); COMP_CWORD=$(($#-1))
_packctl
printf '%s\\n' "\${COMPREPLY[@]}"
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packctl-completion-"));
  await writeFile(join(folder, "packctl"), STAND_IN, { mode: 0o755 });
  await writeFile(join(folder, "script"), bashScript(branches));
  await writeFile(join(folder, "harness"), HARNESS);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What bash offers for the last word. */
const offered = (...words: readonly string[]): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const args = ["--norc", join(folder, "harness"), join(folder, "script"), join(folder, "packctl"), ...words];
    execFile("bash", args, (error, stdout) =>
      error === null ? resolve(stdout.split("\n").filter((line) => line !== "")) : reject(error),
    );
  });

describe("bash", () => {
  test.each([
    [["con"], ["config", "convert"]],
    [["config", ""], ["init"]],
    [
      ["requests", ""],
      ["list", "approve", "deny"],
    ],
    [
      ["config", "init", "--preset", ""],
      ["allow-all", "private-actions", "tables-only", "restrict-sharing", "oauth-scopes"],
    ],
    [
      ["requests", "list", "--p"],
      ["--pack", "--pending"],
    ],
    [["lint", "-o", "s"], ["sarif"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["lint", "-f", ""], []],
  ])("%j offers %j", async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  test.each([
    ["pack", ["config", "init", "-f", "packs", "--pack", ""]],
    ["pack", ["schema", ""]],
    ["install", ["status", ""]],
    ["request", ["requests", "deny", ""]],
  ])("names of a %s are asked of the program, with the words so far: %j", async (kind, words) => {
    expect(await offered(...words)).toEqual([`${kind}-from-${[NAMES_COMMAND, kind, "--", ...words].join("_")}`]);
  });
});

describe.each([
  ["bash", bashScript],
  ["zsh", zshScript],
  ["fish", fishScript],
] as const)("%s", (_, script) => {
  const text = script(branches);

  test("every command and every option is there", () => {
    for (const { path, branch } of leavesOf(branches)) {
      for (const word of [...path, ...branch.flags.flatMap(({ names }) => names)])
        expect(text).toContain(word.replace(/^--?/, ""));
    }
  });

  test("names are asked of a command that nobody sees", () => {
    expect(text).toContain(`${NAMES_COMMAND} `);
    expect(branches.map(({ name }) => name)).not.toContain(NAMES_COMMAND);
  });
});

describe("a help text is no code", () => {
  const program = new Command("packctl");
  program.command("odd").summary("it's").option("--flag <text>", "don't $(run) [this] \\");
  const odd = branchesOf(program);

  test.each([
    ["zsh", zshScript, "'odd:it'\\''s'", "'*--flag[don'\\''t $(run) \\[this\\] \\\\]:text: '"],
    ["fish", fishScript, "-a odd -d 'it\\'s'", "-l flag -x -d 'don\\'t $(run) [this] \\\\'"],
  ] as const)("%s", (_, script, command, option) => {
    expect(script(odd)).toContain(command);
    expect(script(odd)).toContain(option);
  });
});
