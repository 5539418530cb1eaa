/**
 * The real reconcilers over the in-process API server, in a thousand histories of edits, deletions, restarts, lost
 * watches and slow caches: the invariants P1, P3, P4 and P5 hold after every step, and everything comes to rest.
 *
 * A failing history is told with as few steps as it needs, and with the value of PACKS_EXPLORE that tells it again:
 * `SEED` for all steps of a seed, `SEED:1,2,5` for some. PACKS_EXPLORE_SEEDS: how many seeds.
 */
import { expect, test } from "vitest";
import { pick, shrink, stepsOf, tryHistory } from "./history.ts";

const SHARDS = 8;
const SEEDS = Number(process.env["PACKS_EXPLORE_SEEDS"] ?? (process.env["TEST_LONG"] === undefined ? 1_000 : 20_000));
const TIMEOUT_MS = 60_000 + SEEDS * 2_000;

const failureOf = async (seed: number): Promise<string | undefined> => {
  const steps = stepsOf(seed);
  const wrong = await tryHistory(seed, steps);
  if (wrong === undefined) return undefined;
  const least = await shrink(seed, steps, wrong);
  return `${least.wrong}\n${least.story}\nAgain: PACKS_EXPLORE=${seed}:${least.kept.join(",")}`;
};

const replayed = process.env["PACKS_EXPLORE"];

if (replayed === undefined) {
  const perShard = Math.ceil(SEEDS / SHARDS);
  const shards = Array.from({ length: SHARDS }, (_, index) => [1 + index * perShard, (index + 1) * perShard] as const);

  test.each(shards)("the invariants hold in the histories %i to %i", { timeout: TIMEOUT_MS }, async (from, to) => {
    for (let seed = from; seed <= to; seed++) {
      const failure = await failureOf(seed);
      if (failure !== undefined) expect.fail(`seed ${seed}: ${failure}`);
    }
  });
} else {
  test(`the history ${replayed}, told again, holds the invariants`, { timeout: TIMEOUT_MS }, async () => {
    const [seed = "0", kept] = replayed.split(":");
    const steps = stepsOf(Number(seed));
    const chosen = kept === undefined ? steps : pick(steps, kept.split(",").map(Number));
    expect(await tryHistory(Number(seed), chosen)).toBeUndefined();
  });
}

test("the same seed gives the same steps, and another one gives others", () => {
  expect(stepsOf(7)).toEqual(stepsOf(7));
  expect(stepsOf(7)).not.toEqual(stepsOf(8));
});
