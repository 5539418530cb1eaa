import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type LabelValues,
  type OpenMetricsContentType,
  type PrometheusContentType,
  Registry,
} from "prom-client";

/** One line of a metric as it is now. */
export type Series = { readonly labels: LabelValues<string>; readonly value: number };
type Read = () => Iterable<Series>;

/**
 * The metrics of one process. Asking twice for a name gives the same metric, so several owners may share it and differ
 * in labels. Names of objects are never labels.
 */
export class Metrics {
  readonly #registry = new Registry<PrometheusContentType | OpenMetricsContentType>();
  readonly #collected = new Map<string, Set<Read>>();

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The exposition text of everything. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return this.#once(name, () => new Counter({ name, help, labelNames, registers: [this.#registry] }));
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return this.#once(name, () => new Gauge({ name, help, labelNames, registers: [this.#registry] }));
  }

  /** `buckets` are upper bounds in the metric's unit. */
  histogram(name: string, help: string, labelNames: readonly string[], buckets: readonly number[]): Histogram {
    return this.#once(
      name,
      () => new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [this.#registry] }),
    );
  }

  /** A gauge whose value is read when somebody scrapes. The returned function removes the series. */
  sample(name: string, help: string, labels: Readonly<Record<string, string>>, read: () => number): () => void {
    return this.collect(name, help, Object.keys(labels), () => [{ labels, value: read() }]);
  }

  /**
   * A gauge whose whole set of series is computed when somebody scrapes: a series that `read` no longer gives is gone.
   * Several owners may share a name, each with series of its own. The returned function removes those of this owner.
   * @param read must not throw: the scrape would fail
   */
  collect(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Series>): () => void {
    const reads = this.#collected.get(name) ?? new Set<Read>();
    this.#collected.set(name, reads);
    this.#once(
      name,
      () =>
        new Gauge({
          name,
          help,
          labelNames,
          registers: [this.#registry],
          collect() {
            this.reset();
            for (const series of reads) for (const { labels, value } of series()) this.set(labels, value);
          },
        }),
    );
    reads.add(read);
    return () => reads.delete(read);
  }

  /** The value of a series now, or undefined. For tests and for the process itself, not for hot paths. */
  async value(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    const series = (await this.#registry.getSingleMetric(metricOf(name))?.get())?.values ?? [];
    const found = series.find((entry) => {
      const named = "metricName" in entry ? entry.metricName === name : true;
      return named && Object.entries(labels).every(([key, value]) => entry.labels[key] === value);
    });
    return found?.value;
  }

  /** Adds `process_*` and `nodejs_*`: memory, CPU, lag of the event loop, garbage collection. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  #once<M extends Counter | Gauge | Histogram>(name: string, create: () => M): M {
    return (this.#registry.getSingleMetric(name) as M | undefined) ?? create();
  }
}

/** The metric that holds a series: histograms expose `_bucket`, `_sum` and `_count`. */
const metricOf = (series: string): string => series.replace(/_(bucket|sum|count)$/, "");
