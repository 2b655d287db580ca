import fc from 'fast-check';
import { webhooks } from './test-support/fixtures.ts';
import { TelnyxWebhookFormatError } from './telnyx-error.ts';
import { telnyxCallDetails } from './telnyx-call.ts';
import { parseTelnyxWebhook } from './telnyx-webhook.ts';

const samples = webhooks();

test.each(Object.keys(samples))('reads the sample %s', (name) => {
  const { data } = samples[name]!;
  const webhook = parseTelnyxWebhook(JSON.stringify(samples[name]));
  expect(webhook).toMatchObject({
    id: data.id,
    eventType: data.event_type,
    occurredAtMs: Date.UTC(2026, 10, 22, 9, 41, 3),
    callLegId: '11111111-2222-11ef-9333-02420a0d7868',
    callSessionId: '11111111-2222-11ef-a444-02420a0d7868',
    connectionId: '1494404757140276705',
  });
  expect(webhook.callControlId).toBe(data.payload['call_control_id']);
  expect(webhook.payload).toEqual(data.payload);
});

test('an incoming call carries what Telnyx said of it', () => {
  const webhook = parseTelnyxWebhook(Buffer.from(JSON.stringify(samples['call.initiated'])));
  expect(webhook).toMatchObject({
    direction: 'incoming',
    from: '+15005550010',
    to: '+15005550020',
  });
  expect(webhook.clientState).toBeUndefined();
  expect(telnyxCallDetails(webhook.callControlId!, webhook)).toMatchObject({
    provider: 'telnyx',
    callControlId: webhook.callControlId,
    callerName: 'ADA LOVELACE',
    shakenStirAttestation: 'A',
    shakenStirValidated: true,
    customHeaders: [{ name: 'X-Tenant', value: 'blue' }],
    sipHeaders: [{ name: 'User-to-User', value: 'abc' }],
  });
});

test('what is missing or of another kind is left out of the details', () => {
  const webhook = parseTelnyxWebhook(
    JSON.stringify({
      data: {
        id: '1',
        event_type: 'call.initiated',
        payload: { custom_headers: [null, 'x', { name: 1 }], shaken_stir_validated: 'yes' },
      },
    }),
  );
  expect(telnyxCallDetails('v3:1', webhook)).toEqual({
    provider: 'telnyx',
    callControlId: 'v3:1',
    callLegId: '',
    callSessionId: '',
    connectionId: '',
    customHeaders: [],
    sipHeaders: [],
    payload: webhook.payload,
  });
});

test.each([
  ['an empty body', ''],
  ['no JSON', '{"data":'],
  ['JSON that is no object', '[1]'],
  ['version 1 of the API', '{"event_type":"call_initiated","payload":{}}'],
  ['an event without an id', '{"data":{"event_type":"call.initiated"}}'],
  ['an id of a megabyte', `{"data":{"id":"${'x'.repeat(1e6)}","event_type":"e"}}`],
])('refuses %s and quotes nothing of it', (_what, body) => {
  expect(() => parseTelnyxWebhook(body)).toThrow(TelnyxWebhookFormatError);
  try {
    parseTelnyxWebhook(body);
  } catch (error) {
    expect((error as Error).message).not.toContain('initiated');
  }
});

test('any JSON is either read or refused, never more', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (body) => {
      try {
        expect(typeof parseTelnyxWebhook(body).id).toBe('string');
      } catch (error) {
        expect(error).toBeInstanceOf(TelnyxWebhookFormatError);
      }
    }),
  );
});
