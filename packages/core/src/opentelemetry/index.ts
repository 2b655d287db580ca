export type {
  OpenTelemetryApi,
  OpenTelemetryCounter,
  OpenTelemetryHistogram,
  OpenTelemetryMeter,
  OpenTelemetrySpan,
  OpenTelemetryTracer,
} from './open-telemetry.ts';
export { createOpenTelemetry } from './open-telemetry.ts';
