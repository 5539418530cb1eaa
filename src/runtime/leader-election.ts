/**
 * One leader among several replicas, by a Lease.
 *
 * Guarantees, as long as no process is suspended for longer than the clock that it measures with can tell, and clocks
 * run at about the same speed (their wall time does not matter): at most one replica has {@link LeaderElector.leading}
 * true. A leader counts from the moment *before* it asked to renew, and stops after `renewDeadlineMs`; the others
 * count from the moment *after* they saw the record change, and wait for `leaseDurationMs`.
 *
 * Caveat: a Lease does not fence. A request that left before leadership was lost may arrive after it; therefore writes
 * carry resource versions.
 */
import { LEASE } from "../api/kinds.ts";
import type { Lease } from "../api/wire.ts";
import type { Client } from "../kube/client.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../kube/errors.ts";
import { abortScope, orAbort } from "../lib/abort.ts";
import { type Clock, sleep, toMicroTimestamp } from "../lib/clock.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "../lib/metrics.ts";

export type LeaderElectionOptions = {
  readonly client: Pick<Client, "get" | "create" | "replace">;
  readonly namespace: string;
  /** Of the Lease; also a label in metrics. */
  readonly name: string;
  /** Unique to this process, not only to its pod. */
  readonly identity: string;
  readonly fieldManager: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** How long the others wait after the last sign of life; 15,000. */
  readonly leaseDurationMs?: number;
  /** How long a leader goes on without a renewal; 10,000. */
  readonly renewDeadlineMs?: number;
  /** 2,000. */
  readonly retryPeriodMs?: number;
};

/** `stopped`: as asked. `lost`: somebody else may lead from now on. */
export type ElectionEnd = "stopped" | "lost";

export class LeadershipLost extends Error {
  override readonly name = "LeadershipLost";
}

type Spec = Lease["spec"];

/** What to do about a lease: it is somebody else's, ours, or free. */
export type Claim = "wait" | "renew" | "take";

/**
 * @param unchangedMs for how long the record has been seen not to change
 * @param leaseDurationMs ours; the holder's own counts if it is longer
 */
export const decideClaim = (spec: Spec, identity: string, unchangedMs: number, leaseDurationMs: number): Claim => {
  if (spec.holderIdentity === identity) return "renew";
  if (!spec.holderIdentity) return "take";
  const promised = (spec.leaseDurationSeconds ?? 0) * 1000;
  return unchangedMs < Math.max(promised, leaseDurationMs) ? "wait" : "take";
};

/** Candidates look again after 1 to 2.2 retry periods, so that they do not all come at once. */
const CANDIDATE_JITTER = 1.2;

export class LeaderElector {
  readonly #options: LeaderElectionOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  #observed: Lease | undefined;
  #observedAt = 0;
  /** When the request that last made or kept us the leader was sent. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  #leads = false;

  constructor(options: LeaderElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
    if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs) {
      throw new RangeError("leader election needs lease duration > renew deadline > retry period");
    }
    this.#options = options;
    this.#clock = options.clock;
    this.#logger = options.logger.child({ lease: `${options.namespace}/${options.name}` });
    this.#leaseDurationMs = leaseDurationMs;
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#retryPeriodMs = retryPeriodMs;
    options.metrics.sample("leader_election_master_status", "1 if this replica leads.", { name: options.name }, () =>
      Number(this.leading()),
    );
  }

  /** Whether this replica may act, by the clock rather than by a flag that a paused process has not lowered yet. */
  leading(): boolean {
    return this.#leads && this.#leftMs > 0;
  }

  /**
   * Waits for leadership, then runs `lead` and renews until it has settled. The first signal of `lead` aborts when
   * `signal` does, or with {@link LeadershipLost}; the second one with {@link LeadershipLost} alone, also while `lead`
   * ends what it was asked to stop. The lease is released after `lead` resolved; if it rejected, the lease runs out by
   * itself: there may be work under way. Rejects as `lead` does.
   */
  async run(
    signal: AbortSignal,
    lead: (signal: AbortSignal, lost: AbortSignal) => Promise<void>,
  ): Promise<ElectionEnd> {
    if (!(await this.#acquire(signal))) return "stopped";
    this.#logger.info({ identity: this.#options.identity }, "became the leader");
    const lost = abortScope(this.#clock);
    const work = abortScope(this.#clock, [signal, lost.signal]);
    const renewal = abortScope(this.#clock);
    const renewing = this.#renewUntilLost(renewal.signal).then((reason) => {
      this.#leads = false;
      if (reason !== undefined) lost.abort(new LeadershipLost(reason));
    });
    try {
      await lead(work.signal, lost.signal);
    } catch (error) {
      if (!lost.signal.aborted) throw error;
    } finally {
      renewal.abort(new Error("leading is over"));
      await renewing;
      work.release();
    }
    if (lost.signal.aborted) return "lost";
    await this.#release();
    return "stopped";
  }

  get #leftMs(): number {
    return this.#renewedAt + this.#renewDeadlineMs - this.#clock.monotonic();
  }

  get #holdsLease(): boolean {
    return this.#observed?.spec.holderIdentity === this.#options.identity;
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { random = Math.random } = this.#options;
    while (!signal.aborted) {
      await this.#attempt(signal, this.#renewDeadlineMs / 2);
      if (this.#holdsLease && this.#leftMs > 0) {
        this.#leads = true;
        return true;
      }
      await this.#sleep(this.#retryPeriodMs * (1 + CANDIDATE_JITTER * random()), signal);
    }
    return false;
  }

  /** Says why leadership was lost; undefined if the signal aborted first. */
  async #renewUntilLost(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      if (!this.#holdsLease) return "somebody else holds the lease";
      if (this.#leftMs <= 0) return "the lease was not renewed in time";
      await this.#sleep(Math.min(this.#retryPeriodMs, this.#leftMs), signal);
      if (!signal.aborted && this.#leftMs > 0) {
        await this.#attempt(signal, Math.min(this.#renewDeadlineMs / 2, this.#leftMs));
      }
    }
    return undefined;
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return sleep(this.#clock, ms, signal).catch(() => undefined);
  }

  /** Tries once to get or to keep the lease. Ends in time even if the client does not. */
  async #attempt(signal: AbortSignal, timeoutMs: number): Promise<void> {
    const scope = abortScope(this.#clock, signal, timeoutMs);
    try {
      await orAbort(this.#claim(scope.signal), scope.signal);
    } catch (err) {
      if (isConflict(err) || isAlreadyExists(err)) this.#logger.debug({ err }, "somebody else changed the lease first");
      else if (!signal.aborted) this.#logger.warn({ err }, "could not get or renew the lease; trying again");
    } finally {
      scope.release();
    }
  }

  async #claim(signal: AbortSignal): Promise<void> {
    if (this.#leads && this.#observed !== undefined && (await this.#renewKnown(this.#observed, signal))) return;
    const lease = await this.#read(signal);
    const observed = lease ?? this.#observed;
    if (observed !== undefined && this.#decide(observed.spec) === "wait") return;
    await this.#write(lease, signal);
  }

  /** The short way of a leader: nobody else writes the lease. False if somebody did. */
  async #renewKnown(lease: Lease, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#write(lease, signal);
      return true;
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false;
      throw error;
    }
  }

  #decide(spec: Spec): Claim {
    const unchangedMs = this.#clock.monotonic() - this.#observedAt;
    return decideClaim(spec, this.#options.identity, unchangedMs, this.#leaseDurationMs);
  }

  /** The lease as it is; undefined if there is none. */
  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      const lease = await client.get<Lease>(LEASE, { namespace, name }, { signal });
      this.#observe(lease);
      return lease;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Writes us as the holder, over `lease` if there is one. */
  async #write(lease: Lease | undefined, signal: AbortSignal): Promise<void> {
    const { client, namespace, name, fieldManager } = this.#options;
    const sentAt = this.#clock.monotonic();
    const spec = this.#ownSpec(lease?.spec);
    const options = { fieldManager, signal };
    const written =
      lease === undefined
        ? await client.create<Lease>(LEASE, newLease(namespace, name, spec), options)
        : await client.replace<Lease>(LEASE, { ...lease, spec }, options);
    this.#observe(written);
    this.#renewedAt = Math.max(this.#renewedAt, sentAt);
  }

  #ownSpec(former: Spec | undefined): Spec {
    const { identity } = this.#options;
    const now = toMicroTimestamp(this.#clock.now());
    const kept = former?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
      acquireTime: kept ? (former.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (former?.leaseTransitions ?? 0) + (kept || former === undefined ? 0 : 1),
    };
  }

  #observe(lease: Lease): void {
    if (!deepEqual(lease.spec, this.#observed?.spec)) this.#observedAt = this.#clock.monotonic();
    this.#observed = lease;
  }

  /** Lets the next one start at once. */
  async #release(): Promise<void> {
    if (this.#observed === undefined || !this.#holdsLease || this.#leftMs <= 0) return;
    const scope = abortScope(this.#clock, undefined, this.#renewDeadlineMs / 2);
    try {
      await orAbort(this.#giveBack(this.#observed, scope.signal), scope.signal);
      this.#logger.info({}, "released the lease");
    } catch (err) {
      this.#logger.warn({ err }, "could not release the lease; it runs out by itself");
    } finally {
      scope.release();
    }
  }

  async #giveBack(lease: Lease, signal: AbortSignal): Promise<void> {
    try {
      await this.#clearHolder(lease, signal);
    } catch (error) {
      if (!isConflict(error)) throw error;
      // A renewal that was cut off when leading ended may have arrived all the same.
      const newer = await this.#read(signal);
      if (newer?.spec.holderIdentity !== this.#options.identity) throw error;
      await this.#clearHolder(newer, signal);
    }
  }

  async #clearHolder(lease: Lease, signal: AbortSignal): Promise<void> {
    const { client, fieldManager } = this.#options;
    const { holderIdentity: _, ...former } = lease.spec;
    const spec = { ...former, leaseDurationSeconds: 1, renewTime: toMicroTimestamp(this.#clock.now()) };
    await client.replace<Lease>(LEASE, { ...lease, spec }, { fieldManager, signal });
  }
}

const newLease = (namespace: string, name: string, spec: Spec): Lease => ({
  apiVersion: LEASE.apiVersion,
  kind: LEASE.kind,
  metadata: { namespace, name },
  spec,
});
