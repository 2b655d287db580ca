import type {
  Telemetry,
  TelemetryAttributes,
  TelemetrySpan,
  TelemetrySpanOptions,
} from '../telemetry/telemetry.ts';

/** The part of a counter of `@opentelemetry/api` that is used. */
export interface OpenTelemetryCounter {
  add(value: number, attributes?: Record<string, string | number | boolean>): void;
}

/** The part of a histogram of `@opentelemetry/api` that is used. */
export interface OpenTelemetryHistogram {
  record(value: number, attributes?: Record<string, string | number | boolean>): void;
}

/** The part of a meter of `@opentelemetry/api` that is used. */
export interface OpenTelemetryMeter {
  createCounter(name: string): OpenTelemetryCounter;
  createHistogram(name: string, options?: { unit?: string }): OpenTelemetryHistogram;
}

/** The part of a span of `@opentelemetry/api` that is used. */
export interface OpenTelemetrySpan {
  setAttribute(key: string, value: string | number | boolean): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  recordException(exception: string | Error): void;
  end(endTime?: number): void;
}

/** The part of a tracer of `@opentelemetry/api` that is used. */
export interface OpenTelemetryTracer<Context, Span extends OpenTelemetrySpan> {
  startSpan(
    name: string,
    options?: { attributes?: Record<string, string | number | boolean>; startTime?: number },
    context?: Context,
  ): Span;
}

/** The part of `@opentelemetry/api` that is used: `import * as api from '@opentelemetry/api'`. */
export interface OpenTelemetryApi<Context, Span extends OpenTelemetrySpan> {
  readonly trace: {
    getTracer(name: string): OpenTelemetryTracer<Context, Span>;
    setSpan(context: Context, span: Span): Context;
  };
  readonly metrics: { getMeter(name: string): OpenTelemetryMeter };
  readonly context: { active(): Context };
}

const SCOPE = 'phone-agents';
/** `SpanStatusCode.ERROR` of the API. */
const STATUS_ERROR = 2;

/**
 * Sends measurements to OpenTelemetry: counters and histograms (`…_ms` with the unit `ms`), spans with
 * their parents. Set up your SDK as usual, before or after; the API finds it.
 *
 * ```ts
 * import * as api from '@opentelemetry/api';
 * const phone = createPhone({ provider, answer, telemetry: createOpenTelemetry(api) });
 * ```
 *
 * @param api `@opentelemetry/api` 1.x; given, not imported, so that who does not use it need not have it.
 */
export function createOpenTelemetry<Context, Span extends OpenTelemetrySpan>(
  api: OpenTelemetryApi<Context, Span>,
): Telemetry {
  return new OpenTelemetry(api);
}

class OpenTelemetry<Context, Span extends OpenTelemetrySpan> implements Telemetry {
  readonly #api: OpenTelemetryApi<Context, Span>;
  readonly #counters = new Map<string, OpenTelemetryCounter>();
  readonly #histograms = new Map<string, OpenTelemetryHistogram>();
  readonly #spans = new WeakMap<TelemetrySpan, Span>();

  constructor(api: OpenTelemetryApi<Context, Span>) {
    this.#api = api;
  }

  count(name: string, value: number, attributes: TelemetryAttributes = {}): void {
    let counter = this.#counters.get(name);
    if (!counter) {
      counter = this.#api.metrics.getMeter(SCOPE).createCounter(name);
      this.#counters.set(name, counter);
    }
    counter.add(value, attributes);
  }

  record(name: string, value: number, attributes: TelemetryAttributes = {}): void {
    let histogram = this.#histograms.get(name);
    if (!histogram) {
      const options = name.endsWith('_ms') ? { unit: 'ms' } : {};
      histogram = this.#api.metrics.getMeter(SCOPE).createHistogram(name, options);
      this.#histograms.set(name, histogram);
    }
    histogram.record(value, attributes);
  }

  startSpan(
    name: string,
    attributes: TelemetryAttributes = {},
    { parent, startTimeMs }: TelemetrySpanOptions = {},
  ): TelemetrySpan {
    const { trace, context } = this.#api;
    const parentSpan = parent && this.#spans.get(parent);
    const active = context.active();
    const span = trace
      .getTracer(SCOPE)
      .startSpan(
        name,
        { attributes, ...(startTimeMs === undefined ? {} : { startTime: startTimeMs }) },
        parentSpan ? trace.setSpan(active, parentSpan) : active,
      );
    const ours: TelemetrySpan = {
      setAttribute: (key, value) => void span.setAttribute(key, value),
      end: (error, endTimeMs) => {
        if (error !== undefined) {
          const exception =
            error instanceof Error ? error : typeof error === 'string' ? error : 'unknown error';
          span.recordException(exception);
          span.setStatus({ code: STATUS_ERROR });
        }
        span.end(endTimeMs);
      },
    };
    this.#spans.set(ours, span);
    return ours;
  }
}
