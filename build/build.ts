/** `make build`: fills `dist/`. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildDist, entryOf } from "./dist.ts";

const DIST = join(import.meta.dirname, "..", "dist");

await rm(DIST, { recursive: true, force: true });
await mkdir(DIST);
const { commands, missing } = await buildDist(DIST);
for (const name of missing) console.error(`not built: ${name}, because ${entryOf(name)} does not exist`);
process.exitCode = missing.length === 0 ? 0 : 1;
console.log(`built ${commands.map((name) => `dist/${name}`).join(", ")}`);
