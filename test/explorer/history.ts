/** One history: a beginning, steps, and the end of everything. The same seed and steps give the same history. */

import { NETWORK_POLICY, PACK_GRANT, PACK_GROUP, PACK_INSTALL, PACK_ORGANIZATION, POD } from "../../src/api/kinds.ts";
import { ANNOTATION, LABEL, ORGANIZATION_NAME } from "../../src/api/names.ts";
import type { PackOrganization } from "../../src/api/v1alpha1/index.ts";
import { childName } from "../../src/resources/identity.ts";
import type { Change } from "../apiserver/store.ts";
import { FakeClock } from "../gen/fake-clock.ts";
import { latches, reachProblem, restProblem, writeProblem } from "./invariants.ts";
import { People } from "./people.ts";
import { Process, readWorld } from "./process.ts";
import { Random } from "./random.ts";
import { LocalServer } from "./server.ts";
import { anyStep, beginning, CHILDREN, type Step, TEAM, tell } from "./steps.ts";

const MIN_STEPS = 12;
const MAX_STEPS = 22;

/** The steps of a seed. */
export const stepsOf = (seed: number): readonly Step[] => {
  const random = new Random(seed);
  const start = beginning(random);
  const count = MIN_STEPS + random.below(MAX_STEPS - MIN_STEPS);
  return [...start, ...Array.from({ length: count }, () => anyStep(random))];
};

/** For how long nothing may happen before what is stored must be within what was seen. */
const QUIET_MS = 300;
/** What failed is tried again until then. */
const RETRY_MS = 15_000;
/** Everything comes to rest within this time, and stays so. */
const REST_MS = 20_000;
const MAX_RESTS = 15;
const STOP_MS = 5_000;
/** An uninstall that was decided before a kind went may still be written down. */
const SURE_MS = 1_000;

/** What the process writes itself, and only over the version that it has seen. */
const OWN = [PACK_INSTALL, PACK_GRANT, NETWORK_POLICY, POD];

class Broken extends Error {}

class History {
  readonly #clock = new FakeClock(Date.UTC(2026, 0, 2, 12));
  readonly #server: LocalServer;
  readonly #people: People;
  readonly #tampered = new Set<string>();
  readonly #wrong: string[] = [];
  #process: Process | undefined;
  #acting = false;
  #writes = 0;

  constructor(seed: number) {
    this.#server = new LocalServer(this.#clock, new Random(seed ^ 0x5eed));
    this.#people = new People(this.#server);
    this.#server.store.onChange((change) => {
      if (this.#acting) return;
      this.#writes += 1;
      const wrong = writeProblem(this.#server.store, change, !this.#isTampered(change)) ?? this.#goneUnsure(change);
      if (wrong !== undefined) this.#wrong.push(wrong);
    });
  }

  async run(steps: readonly Step[]): Promise<void> {
    this.#asPeople(() => this.#people.prepare());
    try {
      this.#start();
      for (const step of steps) {
        await this.#take(step);
        await this.#check();
      }
      await this.#rest();
      await this.#end();
    } finally {
      this.#process?.crash();
      await this.#clock.advance(1_000);
    }
  }

  #asPeople(act: () => void): void {
    this.#acting = true;
    try {
      act();
    } finally {
      this.#acting = false;
    }
  }

  #start(): void {
    this.#process = new Process(this.#server);
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case "loseWatches":
        this.#server.loseWatches(step.plural, step.forgotten);
        break;
      case "hold":
        this.#server.hold(step.plural);
        break;
      case "release":
        this.#server.release();
        break;
      case "trouble":
        this.#server.trouble(...step.troubles);
        break;
      case "restart":
        await this.#restart(step);
        break;
      default:
        if (step.kind === "tamper") this.#tampered.add(childName(TEAM, step.install));
        this.#asPeople(() => this.#people.act(step));
    }
    await this.#clock.advance(step.waitMs);
  }

  async #restart({ downMs, how }: Extract<Step, { kind: "restart" }>): Promise<void> {
    const process = this.#process;
    if (how === "stop" && process !== undefined) {
      process.stop();
      for (let waited = 0; waited < STOP_MS && !process.ended; waited += 100) await this.#clock.advance(100);
    }
    process?.crash();
    await this.#clock.advance(downMs);
    this.#start();
  }

  /** Whose objects somebody else has changed lately. */
  #isTampered({ version }: Change): boolean {
    return this.#tampered.has(version.object.metadata.name);
  }

  /** P5: while a kind is missing, nobody knows what its absence means. */
  #goneUnsure(change: Change): string | undefined {
    const since = this.#people.missingSince;
    if (since === undefined || this.#clock.monotonic() - since < SURE_MS || !latches(change)) return undefined;
    return `P5: ${change.version.object.metadata.name} is uninstalled while a kind is missing`;
  }

  /** After every step: what single writes did, and, once it is quiet, what is stored. */
  async #check(): Promise<void> {
    this.#mustHold(this.#wrong[0]);
    if (!this.#isQuiet() || this.#reachProblem() === undefined) return;
    await this.#clock.advance(RETRY_MS);
    this.#mustHold(this.#wrong[0] ?? this.#reachProblem());
  }

  /** Who does not see what he wrote himself cannot write over it. */
  #isQuiet(): boolean {
    if (OWN.some(({ plural }) => this.#server.isHeld(plural))) return false;
    return this.#process?.synced === true && this.#process.quietFor(QUIET_MS) && this.#server.underway === 0;
  }

  #reachProblem(): string | undefined {
    const world = this.#process?.world;
    return world === undefined ? undefined : reachProblem(this.#server.store, world, this.#clock.now());
  }

  #mustHold(wrong: string | undefined): void {
    if (wrong !== undefined) throw new Broken(wrong);
  }

  /** Nothing fails any more, and everybody has reported. */
  async #rest(): Promise<void> {
    this.#server.calm();
    this.#asPeople(() => {
      this.#people.restoreKinds();
      for (const { object } of this.#server.store.select(PACK_GROUP, () => true)) {
        this.#people.report(object.metadata.name, 0);
      }
    });
    await this.#settle();
    const world = await readWorld(this.#server, (ms) => this.#clock.advance(ms));
    this.#mustHold(restProblem(world, this.#clock.now()));
  }

  /** Until nothing is written for a while; the pods run, once they are there, and uninstalls that were stopped go on. */
  async #settle(): Promise<void> {
    for (let round = 0; round < MAX_RESTS; round++) {
      const before = this.#writes;
      this.#asPeople(() => this.#people.podsRun());
      await this.#clock.advance(REST_MS);
      this.#mustHold(this.#wrong[0]);
      if (this.#writes === before && !this.#isPaused()) return;
      this.#tampered.clear();
      if (this.#isPaused()) this.#asPeople(() => this.#people.act(resume(round)));
    }
    throw new Broken("it does not come to rest: something is written again and again");
  }

  #isPaused(): boolean {
    const object = this.#server.store.find(PACK_ORGANIZATION, { name: ORGANIZATION_NAME })?.object;
    return (object as unknown as PackOrganization | undefined)?.status?.uninstallGuard?.paused === true;
  }

  /** P5: everything is deleted, and everything ends. */
  async #end(): Promise<void> {
    const { store } = this.#server;
    const installs = store.select(PACK_INSTALL, () => true);
    this.#asPeople(() => {
      for (const { object } of installs) {
        this.#people.delete({ resource: PACK_INSTALL, namespace: TEAM, name: object.metadata.name });
      }
    });
    await this.#settle();
    const left = store.select(PACK_INSTALL, () => true)[0]?.object.metadata.name;
    this.#mustHold(left === undefined ? undefined : `P5: the install ${left} does not end`);
    for (const [what, resource, namespace] of CHILDREN) {
      const child = store.select(
        resource,
        ({ metadata }) => metadata.labels?.[LABEL.installUid] !== undefined,
        namespace,
      )[0];
      this.#mustHold(child === undefined ? undefined : `P5: the ${what} ${child.object.metadata.name} is left over`);
    }
  }
}

const resume = (round: number): Step => ({
  kind: "annotate",
  target: { resource: PACK_ORGANIZATION, name: ORGANIZATION_NAME },
  key: ANNOTATION.uninstallResumeRequestedAt,
  value: `at the end ${round}`,
  waitMs: 0,
});

/** What is wrong with a history, or undefined. Whatever is random in it comes from the seed. */
export const tryHistory = async (seed: number, steps: readonly Step[]): Promise<string | undefined> => {
  const { random } = Math;
  Math.random = new Random(seed ^ 0xd1ce).next;
  try {
    await new History(seed).run(steps);
    return undefined;
  } catch (error) {
    if (error instanceof Broken) return error.message;
    throw error;
  } finally {
    Math.random = random;
  }
};

export type Counterexample = {
  /** The indexes of the steps that are needed. */
  readonly kept: readonly number[];
  readonly wrong: string;
  /** For people, one step a line. */
  readonly story: string;
};

/** Drops what is not needed to fail, in ever smaller parts. */
export const shrink = async (seed: number, steps: readonly Step[], first: string): Promise<Counterexample> => {
  let kept = steps.map((_, index) => index);
  let wrong = first;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length; ) {
      const fewer = kept.filter((_, index) => index < start || index >= start + size);
      const still = await tryHistory(seed, pick(steps, fewer));
      if (still === undefined || classOf(still) !== classOf(wrong)) start += size;
      else [kept, wrong] = [fewer, still];
    }
  }
  const story = pick(steps, kept).map((step, index) => `  ${kept[index]}. ${tell(step)}`);
  return { kept, wrong, story: story.join("\n") };
};

/** `P4`, `at rest`: what else goes wrong on the way is another story. */
const classOf = (wrong: string): string => wrong.slice(0, 7);

export const pick = (steps: readonly Step[], kept: readonly number[]): readonly Step[] =>
  kept.map((index) => steps[index]).filter((step) => step !== undefined);
