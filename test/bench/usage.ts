/** What a process has used, as Linux counts it. */
import { readFileSync } from "node:fs";

/** The kernel's USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Milliseconds of CPU, user and system, of all threads since the start. */
export const cpuMs = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name may contain spaces; it ends with the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
};

export type Memory = { readonly residentMB: number; readonly peakMB: number };

export const memoryOf = (pid: number): Memory => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  return { residentMB: megabytes("VmRSS"), peakMB: megabytes("VmHWM") };
};

/** Processes that could run, and CPUs: how loaded the machine is by everybody. */
export const load = (): number => Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]);
