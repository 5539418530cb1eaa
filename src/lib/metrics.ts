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

type Sample = { readonly labels: LabelValues<string>; readonly read: () => number };

/**
 * The metrics of one process. Asking twice for a name gives the same metric, so several owners may share it and differ
 * in labels. Names of objects are never labels.
 */
export class Metrics {
  readonly #registry = new Registry<PrometheusContentType | OpenMetricsContentType>();
  readonly #sampled = new Map<string, Set<Sample>>();

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
    const samples = this.#sampled.get(name) ?? new Set<Sample>();
    this.#sampled.set(name, samples);
    this.#once(
      name,
      () =>
        new Gauge({
          name,
          help,
          labelNames: Object.keys(labels),
          registers: [this.#registry],
          collect() {
            this.reset();
            for (const sample of samples) this.set(sample.labels, sample.read());
          },
        }),
    );
    const sample = { labels, read };
    samples.add(sample);
    return () => samples.delete(sample);
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
