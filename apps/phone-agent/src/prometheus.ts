import type { Telemetry, TelemetryAttributes, TelemetrySpan } from '@phone-agents/core';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Upper bounds in ms: from what a good turn takes to what nobody waits for, then the lengths of calls. */
const BUCKETS_MS = [
  20, 50, 100, 200, 300, 400, 600, 800, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000, 60_000,
  300_000, 900_000, 3_600_000,
];

const NO_SPAN: TelemetrySpan = { setAttribute: () => {}, end: () => {} };

/** Measurements of the phone and its agents in Prometheus' form: `phone.calls.created` is `phone_calls_created_total`. */
export class PrometheusTelemetry implements Telemetry {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();

  /** Value of the `content-type` header. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Adds a value that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name: plainName(name),
      help,
      registers: [this.#registry],
      collect: () => gauge.set(read()),
    });
  }

  count(name: string, value: number, attributes: TelemetryAttributes = {}): void {
    let counter = this.#counters.get(name);
    if (!counter) {
      counter = new Counter({
        name: `${plainName(name)}_total`,
        help: name,
        labelNames: Object.keys(attributes),
        registers: [this.#registry],
      });
      this.#counters.set(name, counter);
    }
    counter.inc(labels(attributes), value);
  }

  record(name: string, value: number, attributes: TelemetryAttributes = {}): void {
    let histogram = this.#histograms.get(name);
    if (!histogram) {
      histogram = new Histogram({
        name: plainName(name),
        help: name,
        labelNames: Object.keys(attributes),
        buckets: BUCKETS_MS,
        registers: [this.#registry],
      });
      this.#histograms.set(name, histogram);
    }
    histogram.observe(labels(attributes), value);
  }

  startSpan(): TelemetrySpan {
    return NO_SPAN;
  }

  /** All of it, as Prometheus reads it. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

function plainName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_');
}

function labels(attributes: TelemetryAttributes): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, String(value)]),
  );
}
