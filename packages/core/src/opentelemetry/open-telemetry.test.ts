import * as api from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { createOpenTelemetry } from './open-telemetry.ts';

const spans = new InMemorySpanExporter();
const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: metrics });
const meters = new MeterProvider({ readers: [reader] });

beforeAll(() => {
  api.trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
  );
  api.metrics.setGlobalMeterProvider(meters);
});

afterAll(async () => {
  await meters.shutdown();
  api.trace.disable();
  api.metrics.disable();
});

test('counters and histograms arrive with their attributes, unit and sum', async () => {
  const telemetry = createOpenTelemetry(api);
  telemetry.count('phone.calls.created', 1, { direction: 'inbound' });
  telemetry.count('phone.calls.created', 2, { direction: 'inbound' });
  telemetry.record('agent.turn.recognition_ms', 40);
  telemetry.record('agent.turn.recognition_ms', 60);
  await reader.forceFlush();
  const found = metrics.getMetrics().at(-1)!.scopeMetrics[0]!.metrics;
  expect(found.map(({ descriptor: { name, unit } }) => [name, unit])).toEqual([
    ['phone.calls.created', ''],
    ['agent.turn.recognition_ms', 'ms'],
  ]);
  expect(found[0]!.dataPoints).toMatchObject([{ value: 3, attributes: { direction: 'inbound' } }]);
  expect(found[1]!.dataPoints).toMatchObject([{ value: { count: 2, sum: 100 } }]);
});

test('spans have their times, parents, attributes and errors', () => {
  const telemetry = createOpenTelemetry(api);
  const call = telemetry.startSpan('agent.call', { direction: 'inbound' });
  const turn = telemetry.startSpan(
    'agent.turn',
    {},
    { parent: call, startTimeMs: 1_800_000_000_000 },
  );
  turn.setAttribute('early', true);
  turn.end(new Error('no answer'), 1_800_000_000_750);
  call.end();
  const [first, second] = spans.getFinishedSpans();
  expect(first).toMatchObject({
    name: 'agent.turn',
    startTime: [1_800_000_000, 0],
    endTime: [1_800_000_000, 750_000_000],
    attributes: { early: true },
    status: { code: api.SpanStatusCode.ERROR },
  });
  expect(first!.parentSpanContext?.spanId).toBe(second!.spanContext().spanId);
  expect(first!.events[0]).toMatchObject({ name: 'exception' });
  expect(second!.status.code).toBe(api.SpanStatusCode.UNSET);
});
