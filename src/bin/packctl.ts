/** `packctl`, also installed as `kubectl-packs`. */
import { basename } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Io, Sink } from "../cli/io.ts";
import { run } from "../cli/main.ts";

const sink = (stream: NodeJS.WriteStream): Sink => ({
  write: (text) => void stream.write(text),
  isTerminal: stream.isTTY === true,
});

/** Help shows the words that the user typed; the launcher of the plugin says so in `PACKCTL_NAME`. */
const programName = (): string => {
  const called = process.env["PACKCTL_NAME"] ?? basename(process.argv[1] ?? "");
  return called.startsWith("kubectl") ? "kubectl packs" : "packctl";
};

const io: Io = {
  stdout: sink(process.stdout),
  stderr: sink(process.stderr),
  readStdin: () => buffer(process.stdin),
  env: process.env,
  program: programName(),
  now: () => Date.now(),
};

// A reader such as `head` that has seen enough is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await run(process.argv.slice(2), io);
