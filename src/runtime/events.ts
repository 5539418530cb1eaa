/**
 * Events for people (events.k8s.io/v1): what they should be told, not the record of state.
 *
 * Guarantees: recording never blocks and never throws; the same thing said again within ten minutes becomes a count
 * on one Event; an object, and the process, get a limited number of writes; at most {@link QUEUE_LIMIT} wait.
 */
import { EVENT } from "../api/kinds.ts";
import type { EventSeries, KubeEvent, ObjectReference } from "../api/wire.ts";
import type { Client, Ref } from "../kube/client.ts";
import { abortScope, orAbort } from "../lib/abort.ts";
import { type Clock, sleep, toMicroTimestamp } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "../lib/metrics.ts";
import { TokenBucket } from "./token-bucket.ts";

export type EventNote = {
  /** The object that it is about; with its `uid`. */
  readonly regarding: ObjectReference;
  readonly type: "Normal" | "Warning";
  /** A CamelCase word, at most 128 characters; that of the condition, if there is one. */
  readonly reason: string;
  /** What the controller did or tried, a CamelCase word. */
  readonly action: string;
  /** A sentence; cut to 1024 bytes. */
  readonly note: string;
};

export type EventRecorderOptions = {
  readonly client: Pick<Client, "create" | "mergePatch">;
  /** `example.com/controller`. */
  readonly reportingController: string;
  /** The pod; at most 128 characters. */
  readonly reportingInstance: string;
  readonly fieldManager: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
};

/** One thing that is being said about one object. */
type Series = {
  readonly note: EventNote;
  /** The Event that the server has; undefined until it was written. */
  ref: Ref | undefined;
  count: number;
  /** Milliseconds since 1970. */
  lastSeen: number;
  /** The count that the server has. */
  written: number;
  queued: boolean;
};

const NOTE_BYTES = 1024;
const QUEUE_LIMIT = 1_000;
const SERIES_MS = 10 * 60_000;
const SWEEP_MS = 60_000;
const CALL_TIMEOUT_MS = 5_000;
const FLUSH_MS = 3_000;
const OBJECT_BUDGET = { burst: 25, refillMs: 300_000 };
const PROCESS_BUDGET = { burst: 200, refillMs: 200 };
/** Where the API server wants the Events about cluster-scoped objects. */
const CLUSTER_NAMESPACE = "default";

/** The longest beginning of `text` that fits into `bytes` of UTF-8, without half a character. */
export const cutToBytes = (text: string, bytes: number): string => {
  const encoded = Buffer.from(text, "utf8");
  if (encoded.length <= bytes) return text;
  const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
  let end = bytes;
  while (end > 0 && isContinuation(encoded[end])) end -= 1;
  return encoded.toString("utf8", 0, end);
};

const seriesKey = ({ regarding, reason, type }: EventNote): string =>
  [regarding.uid ?? `${regarding.kind}/${regarding.namespace}/${regarding.name}`, reason, type].join("|");

export class EventRecorder {
  readonly name = "events";
  readonly #options: EventRecorderOptions;
  readonly #random: () => number;
  readonly #series = new Map<string, Series>();
  readonly #budgets = new Map<string, TokenBucket>();
  readonly #budget: TokenBucket;
  readonly #queue: [key: string, series: Series][] = [];
  readonly #count: (result: Result) => void;
  #draining: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#budget = new TokenBucket(options.clock, PROCESS_BUDGET.burst, PROCESS_BUDGET.refillMs);
    this.#count = createMeter(options.metrics);
  }

  /** Says something about an object, soon. */
  record(note: EventNote): void {
    const now = this.#options.clock.now();
    const key = seriesKey(note);
    const known = this.#series.get(key);
    if (known !== undefined && now - known.lastSeen < SERIES_MS) {
      known.count += 1;
      known.lastSeen = now;
      return;
    }
    const series = { note, ref: undefined, count: 1, lastSeen: now, written: 0, queued: false };
    this.#series.set(key, series);
    this.#write(key, series);
  }

  /** Writes counts now and then until the signal aborts; then writes what is left. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.clock, SWEEP_MS, signal).catch(() => undefined);
      this.#sweep();
    }
    await this.flush();
  }

  /** Writes what is left; resolves when that is done, or after a few seconds. */
  async flush(): Promise<void> {
    const scope = abortScope(this.#options.clock, undefined, FLUSH_MS);
    await orAbort(this.#writeAll(), scope.signal).catch(() => undefined);
    scope.release();
  }

  async #writeAll(): Promise<void> {
    // What is said again during the writes of the first round is written in the second.
    for (let round = 0; round < 2; round++) {
      for (const [key, series] of this.#series) this.#write(key, series);
      await this.#draining;
    }
  }

  /** Writes the counts that grew; forgets what was not said for a while. */
  #sweep(): void {
    const now = this.#options.clock.now();
    for (const [key, series] of this.#series) {
      this.#write(key, series);
      if (now - series.lastSeen >= SERIES_MS) this.#series.delete(key);
    }
    for (const [object, budget] of this.#budgets) if (budget.full) this.#budgets.delete(object);
  }

  #afford(regarding: ObjectReference): boolean {
    const object = regarding.uid ?? `${regarding.kind}/${regarding.namespace}/${regarding.name}`;
    const budget = this.#budgets.get(object) ?? this.#newBudget(object);
    // A refusal costs neither of them anything.
    return !budget.empty && this.#budget.take() && budget.take();
  }

  #newBudget(object: string): TokenBucket {
    const budget = new TokenBucket(this.#options.clock, OBJECT_BUDGET.burst, OBJECT_BUDGET.refillMs);
    this.#budgets.set(object, budget);
    return budget;
  }

  /** Queues what the server does not have yet. A series that may not be written is forgotten: it begins anew. */
  #write(key: string, series: Series): void {
    if (series.queued || series.count === series.written) return;
    if (this.#queue.length >= QUEUE_LIMIT || !this.#afford(series.note.regarding)) {
      this.#series.delete(key);
      this.#count("dropped");
      return;
    }
    series.queued = true;
    this.#queue.push([key, series]);
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const [key, series] = next;
      try {
        await this.#send(series);
        this.#count("written");
      } catch (err) {
        this.#series.delete(key);
        this.#count("failed");
        this.#options.logger.warn({ reason: series.note.reason, err }, "an event was not recorded");
      }
      series.queued = false;
    }
    this.#draining = undefined;
  }

  async #send(series: Series): Promise<void> {
    const { client, fieldManager } = this.#options;
    const { ref, count } = series;
    const options = { fieldManager, timeoutMs: CALL_TIMEOUT_MS };
    if (ref === undefined) {
      const { metadata } = await client.create(EVENT, this.#eventOf(series), options);
      series.ref = { namespace: metadata.namespace ?? CLUSTER_NAMESPACE, name: metadata.name };
    } else {
      // The API server takes changes of nothing but the series.
      await client.mergePatch(EVENT, ref, seriesOf(series), options);
    }
    series.written = count;
  }

  #eventOf(series: Series): KubeEvent {
    const { note, lastSeen, count } = series;
    const { regarding, type, reason, action } = note;
    const { reportingController, reportingInstance } = this.#options;
    return {
      apiVersion: EVENT.apiVersion,
      kind: EVENT.kind,
      metadata: { namespace: regarding.namespace ?? CLUSTER_NAMESPACE, name: this.#nameFor(regarding) },
      eventTime: toMicroTimestamp(lastSeen),
      reportingController,
      reportingInstance,
      action,
      reason,
      note: cutToBytes(note.note, NOTE_BYTES),
      type,
      regarding,
      ...(count > 1 ? seriesOf(series) : {}),
    };
  }

  #nameFor({ name }: ObjectReference): string {
    const suffix = Math.floor(this.#random() * 2 ** 48)
      .toString(16)
      .padStart(12, "0");
    return `${name.slice(0, 240)}.${suffix}`;
  }
}

const seriesOf = ({ count, lastSeen }: Series): { readonly series: EventSeries } => ({
  series: { count, lastObservedTime: toMicroTimestamp(lastSeen) },
});

type Result = "written" | "dropped" | "failed";

const createMeter = (metrics: Metrics): ((result: Result) => void) => {
  const total = metrics.counter("packs_events_total", "Events for people, by what became of them.", ["result"]);
  for (const result of ["written", "dropped", "failed"]) total.inc({ result }, 0);
  return (result) => total.inc({ result });
};
