import * as api from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Telemetry } from '@phone-agents/core';
import { createOpenTelemetry } from '@phone-agents/core/opentelemetry';

/** Sends whatever it is given to nowhere, and keeps nothing. */
const nowhere = {
  export: (_items: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

/** OpenTelemetry's own SDK, as a server has it, but for where it exports to. */
export function createSdkTelemetry(): Telemetry {
  const readers = [new PeriodicExportingMetricReader({ exporter: nowhere })];
  api.metrics.setGlobalMeterProvider(new MeterProvider({ readers }));
  const spanProcessors = [new SimpleSpanProcessor(nowhere)];
  api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  return createOpenTelemetry(api);
}
