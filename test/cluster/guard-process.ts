/** The program that `guard.ts` starts: lines `add|remove process|directory VALUE` on stdin, then the end of stdin. */
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

const processes = new Set<string>();
const directories = new Set<string>();

const kill = (pid: string): void => {
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch {
    // It is gone already, which is what we want.
  }
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const [operation, kind, ...rest] = line.split(" ");
  const list = kind === "process" ? processes : directories;
  const value = rest.join(" ");
  if (operation === "add") list.add(value);
  else list.delete(value);
}
processes.forEach(kill);
for (const directory of directories) {
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
