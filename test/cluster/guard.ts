/**
 * Ends what this process started when this process ends, however it ends (SIGKILL included). A child of our own reads
 * from a pipe; when the pipe closes it kills the processes and removes the directories that are still on its list.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export type Guard = {
  addProcess(pid: number): void;
  removeProcess(pid: number): void;
  addDirectory(path: string): void;
  removeDirectory(path: string): void;
};

let running: Guard | undefined;

/** The guard of this process; started on first use. */
export function guard(): Guard {
  running ??= startGuard();
  return running;
}

function startGuard(): Guard {
  const child = spawn(process.execPath, [join(import.meta.dirname, "guard-process.ts")], {
    // A session of its own: Ctrl-C in the terminal must reach us, not the guard.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  detach(child);
  const tell = (operation: "add" | "remove", kind: "process" | "directory", value: string) =>
    child.stdin?.write(`${operation} ${kind} ${value}\n`);
  return {
    addProcess: (pid) => tell("add", "process", String(pid)),
    removeProcess: (pid) => tell("remove", "process", String(pid)),
    addDirectory: (path) => tell("add", "directory", path),
    removeDirectory: (path) => tell("remove", "directory", path),
  };
}

/** Lets this process end while the guard still runs. */
function detach(child: ChildProcess): void {
  child.unref();
  const pipe = child.stdin as (NodeJS.WritableStream & { unref?: () => void }) | null;
  pipe?.unref?.();
  pipe?.on("error", () => undefined);
  child.on("error", (error) => process.emitWarning(`cannot start the guard process: ${error.message}`));
}
