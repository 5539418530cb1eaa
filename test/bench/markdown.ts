/** What the reports have in common: cells, tables, the machine, and the section that people write. */
import { existsSync, readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import type { Spread } from "./statistics.ts";

export type Machine = {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGB: number;
  readonly kernel: string;
};

export const machineOf = (): Machine => ({
  cpu: cpus()[0]?.model.trim() || "unknown",
  cpus: cpus().length,
  memoryGB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
});

export const today = (): string => new Date().toISOString().slice(0, 10);

export const number = (value: number): string => {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
};

/** The least, the middle and the most; one number if they are the same. */
export const cell = (value: Spread | number): string => {
  if (typeof value === "number") return number(value);
  const { max, median, min } = value;
  return min === max ? number(min) : `${number(min)} / ${number(median)} / ${number(max)}`;
};

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

export const FINDINGS = "## What was found";

/** The section that people wrote, from the report that is there. */
export const findingsIn = (file: string): string => {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const start = text.indexOf(FINDINGS);
  return start === -1 ? `${FINDINGS}\n\nNothing was noted yet.\n` : text.slice(start);
};
