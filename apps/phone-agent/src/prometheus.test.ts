import { PrometheusTelemetry } from './prometheus.ts';

test('counters, distributions and gauges have the form that Prometheus reads', async () => {
  const telemetry = new PrometheusTelemetry();
  telemetry.gauge('phone.calls.active', 'Calls now.', () => 3);
  telemetry.count('phone.calls.created', 1, { direction: 'inbound' });
  telemetry.count('phone.calls.created', 1, { direction: 'outbound' });
  telemetry.count('phone.calls.created', 1, { direction: 'inbound' });
  telemetry.record('agent.turn.response_ms', 640, { input: 'speech', early: true });
  telemetry.record('agent.turn.response_ms', 90, { input: 'speech', early: true });
  const text = await telemetry.text();
  expect(telemetry.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toContain('# TYPE phone_calls_active gauge\nphone_calls_active 3\n');
  expect(text).toContain('phone_calls_created_total{direction="inbound"} 2\n');
  expect(text).toContain('agent_turn_response_ms_bucket{le="600",input="speech",early="true"} 1\n');
  expect(text).toContain('agent_turn_response_ms_sum{input="speech",early="true"} 730\n');
  expect(text).toContain('agent_turn_response_ms_count{input="speech",early="true"} 2\n');
});

test('two registries do not share what they count', async () => {
  new PrometheusTelemetry().count('phone.calls.created', 1);
  expect(await new PrometheusTelemetry().text()).toBe('\n');
});
