/** What was measured against what was promised. */

import type { CrdSizes } from "./crd-sizes.ts";
import type { Many } from "./many.ts";
import type { Idle, Restart } from "./quiet.ts";
import { type Burst, totalOf } from "./rounds.ts";
import { type Spread, spread } from "./statistics.ts";

export type Pair = { readonly floor: Burst; readonly product: Burst };

/** Bursts of one kind, a pair in each round. */
export type Series = { readonly installs: number; readonly rounds: readonly Pair[] };

export type Measurements = {
  readonly creations: readonly Series[];
  readonly edit: Series;
  readonly restart: Restart;
  readonly idle: Idle;
  readonly many: Many;
  readonly crds: CrdSizes;
};

export type Bar = {
  readonly what: string;
  readonly value: Spread | number;
  readonly bar: string;
  readonly met: boolean;
};

export const ratios = ({ rounds }: Series, of: (burst: Burst) => number): Spread =>
  spread(rounds.map(({ floor, product }) => of(product) / of(floor)));

const productOnly = ({ rounds }: Series, of: (burst: Burst) => number): Spread =>
  spread(rounds.map(({ product }) => of(product)));

/** A noisy neighbour slows some rounds down and speeds none up: the median counts for times, the worst for counts. */
const atMost = (what: string, value: Spread | number, limit: number, bar: string): Bar => ({
  what,
  value,
  bar,
  met: (typeof value === "number" ? value : value.median) <= limit,
});

const atWorst = (what: string, value: Spread, limit: number, bar: string): Bar => ({
  what,
  value,
  bar,
  met: value.max <= limit,
});

const ofBurst = (title: string, series: Series, writesEach: number): readonly Bar[] => [
  atMost(
    `${title}: time, times the floor`,
    ratios(series, ({ wallMs }) => wallMs),
    1.2,
    "1.2",
  ),
  atWorst(
    `${title}: writes an install`,
    productOnly(series, ({ writes }) => totalOf(writes) / series.installs),
    writesEach,
    String(writesEach),
  ),
  atWorst(
    `${title}: conflicts (409)`,
    productOnly(series, ({ conflicts }) => conflicts),
    0,
    "0",
  ),
  atWorst(
    `${title}: other refusals`,
    productOnly(series, ({ refused }) => refused),
    0,
    "0",
  ),
  atMost(
    `${title}: CPU of the controller a write, ms`,
    productOnly(series, ({ actorCpuMs, others, writes }) => actorCpuMs / (totalOf(writes) + totalOf(others))),
    1.5,
    "1.5",
  ),
];

const MEGABYTE = 1_000_000;

export const barsOf = ({ creations, crds, edit, idle, many, restart }: Measurements): readonly Bar[] => [
  ...creations.flatMap((series) => ofBurst(`create ${series.installs} installs at once`, series, 5)),
  ...ofBurst(`edit the configuration of ${edit.installs} installs`, edit, 2),
  atWorst(
    "that edit: writes of the configuration itself",
    productOnly(edit, ({ others }) => totalOf(others)),
    1,
    "1",
  ),
  atMost(`${restart.reconciles} reconciles without change: writes`, totalOf(restart.writes), 0, "0"),
  atMost(`idle for ${idle.seconds} s: writes but the Lease`, totalOf(idle.writes), 0, "0"),
  atMost(`${many.installs} installs: resident memory, MB`, many.restedMB, 180, "180"),
  atMost(`${many.installs} installs: highest resident memory, MB`, many.peakMB, 180, "180"),
  atMost(`${many.installs} installs: longest stall while listing, ms`, many.listStallMs, 100, "100"),
  atMost(`${many.installs} installs: longest stall while reconciling all, ms`, many.reconcileStallMs, 100, "100"),
  atMost(`${many.installs} reconciles without change: writes`, totalOf(many.writes), 0, "0"),
  atMost("CRDs together, MB", crds.total / MEGABYTE, 1.5, "1.5"),
  atMost(`largest CRD (${crds.largest}), kB`, crds.largestBytes / 1000, 400, "400"),
];
