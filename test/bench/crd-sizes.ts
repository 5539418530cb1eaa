import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Bytes of the YAML files. */
export type CrdSizes = { readonly total: number; readonly largest: string; readonly largestBytes: number };

export const crdSizes = (directory: string): CrdSizes => {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => ({ name, bytes: statSync(join(directory, name)).size }))
    .sort((a, b) => b.bytes - a.bytes);
  const [largest] = files;
  if (largest === undefined) throw new Error(`no CRDs in ${directory}`);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  return { total, largest: largest.name, largestBytes: largest.bytes };
};
