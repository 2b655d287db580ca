/** Values that tell measurements apart. Never phone numbers, never call ids: they have no bound. */
export type TelemetryAttributes = Readonly<Record<string, string | number | boolean>>;

/** Something that takes time, from its start to `end`. */
export interface TelemetrySpan {
  setAttribute(name: string, value: string | number | boolean): void;
  /** @param endTimeMs Wall-clock time in ms since 1970; default now. */
  end(error?: unknown, endTimeMs?: number): void;
}

/** Where a span belongs, and when it began. */
export interface TelemetrySpanOptions {
  /** The span that this one is a part of. */
  readonly parent?: TelemetrySpan | undefined;
  /** When it began, for what is told afterwards: wall-clock time in ms since 1970; default now. */
  readonly startTimeMs?: number | undefined;
}

/** Where measurements go. Small on purpose: an adapter to OpenTelemetry is a few lines. */
export interface Telemetry {
  /** Adds to a counter. */
  count(name: string, value: number, attributes?: TelemetryAttributes): void;
  /** Records one value of a distribution; the unit is part of the name (`…_ms`). */
  record(name: string, value: number, attributes?: TelemetryAttributes): void;
  /** Begins a span. */
  startSpan(
    name: string,
    attributes?: TelemetryAttributes,
    options?: TelemetrySpanOptions,
  ): TelemetrySpan;
}

const noSpan: TelemetrySpan = { setAttribute: () => {}, end: () => {} };

/** Measures nothing; the default. */
export const noTelemetry: Telemetry = {
  count: () => {},
  record: () => {},
  startSpan: () => noSpan,
};
