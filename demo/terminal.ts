/** What the demo shows: commands as they are run, and what they really print. */
import { spawn } from "node:child_process";
import pc from "picocolors";

export type Ran = { readonly code: number; readonly output: string };

/** Runs a program to its end and gives what it printed, both streams in order of arrival. */
export const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv, input?: string): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString("utf8") }));
    child.stdin.end(input ?? "");
  });

let chapter = 0;

/** The next chapter of the story. */
export const title = (text: string): void => {
  chapter += 1;
  console.log(`\n${pc.bold(pc.cyan(`${chapter}. ${text}`))}`);
};

export const say = (text: string): void => console.log(pc.dim(`   ${text}`));

export const showCommand = (words: readonly string[]): void =>
  console.log(`   ${pc.green("$")} ${words.map(quoted).join(" ")}`);

export const showOutput = (text: string): void => {
  for (const line of text.trimEnd().split("\n")) console.log(`   ${line}`);
};

/** A unified diff, removals red and additions green. */
export const showDiff = (diff: string): void => {
  for (const line of diff
    .trimEnd()
    .split("\n")
    .filter((it) => !/^(---|\+\+\+|@@)/.test(it))) {
    console.log(`   ${line.startsWith("+") ? pc.green(line) : line.startsWith("-") ? pc.red(line) : line}`);
  }
};

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`);
