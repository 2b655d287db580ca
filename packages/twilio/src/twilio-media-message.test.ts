import fc from 'fast-check';
import { mediaMessages } from './test-support/fixtures.ts';
import { parseTwilioMediaMessage } from './twilio-media-message.ts';

const parse = (message: unknown) =>
  parseTwilioMediaMessage(typeof message === 'string' ? message : JSON.stringify(message));
const samples = mediaMessages();
const STREAM_SID = 'MZ8899aabbccddeeff0011223344556677';

test('reads every message that Twilio sends', () => {
  const { payload } = samples['in-media']!['media'] as { payload: string };
  expect(parse(samples['in-connected'])).toEqual({ event: 'connected' });
  expect(parse(samples['in-start'])).toEqual({
    event: 'start',
    streamSid: STREAM_SID,
    callSid: 'CA0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    encoding: 'audio/x-mulaw',
    sampleRate: 8000,
    channels: 1,
    parameters: { session: 'c1', secret: 'one-time-value' },
  });
  expect(parse(samples['in-media'])).toEqual({
    event: 'media',
    streamSid: STREAM_SID,
    track: 'inbound',
    chunk: 1,
    timestampMs: 20,
    payload,
  });
  expect(parse(samples['in-dtmf'])).toEqual({ event: 'dtmf', streamSid: STREAM_SID, digit: '5' });
  expect(parse(samples['in-mark'])).toEqual({
    event: 'mark',
    streamSid: STREAM_SID,
    name: 'utterance-7',
  });
  expect(parse(samples['in-stop'])).toEqual({ event: 'stop', streamSid: STREAM_SID });
});

test('takes counters that are numbers, and does without those that make no sense', () => {
  const media = (chunk: unknown, timestamp: unknown) =>
    parse({
      event: 'media',
      streamSid: 'MZ1',
      media: { track: 'inbound', chunk, timestamp, payload: 'AQID' },
    });
  expect(media(3, 40)).toMatchObject({ chunk: 3, timestampMs: 40 });
  for (const nonsense of [
    -1,
    1.5,
    '1e3',
    '0x10',
    '',
    ' 1',
    '9'.repeat(16),
    1e300,
    null,
    {},
    true,
  ]) {
    const message = media(nonsense, nonsense);
    expect(message).toMatchObject({ event: 'media', payload: 'AQID' });
    expect(message).toMatchObject({ chunk: undefined, timestampMs: undefined });
  }
});

test('keeps text parameters of any name, and drops others', () => {
  const start = samples['in-start']!['start'] as object;
  const message = `{"event":"start","streamSid":"MZ1","start":${JSON.stringify({
    ...start,
    customParameters: { number: 1 },
  }).replace('"number":1', '"__proto__":"x","number":1')}}`;
  expect(parse(message)).toMatchObject({ event: 'start', parameters: { ['__proto__']: 'x' } });
});

test.each([
  ['not-json', '{"event":'],
  ['not-json', '[]'],
  ['not-json', 'null'],
  ['not-json', '"media"'],
  ['unknown-event', '{}'],
  ['unknown-event', '{"event":"transcript"}'],
  ['unknown-event', '{"event":["media"]}'],
  ['media', '{"event":"media","media":{"track":"inbound","payload":"AQID"}}'],
  ['media', '{"event":"media","streamSid":"MZ1","media":"AQID"}'],
  ['media', '{"event":"media","streamSid":"MZ1","media":{"payload":"AQID"}}'],
  ['media', '{"event":"media","streamSid":"MZ1","media":{"track":"inbound","payload":[1]}}'],
  ['dtmf', '{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":"55"}}'],
  ['dtmf', '{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":5}}'],
  ['dtmf', '{"event":"dtmf","streamSid":"MZ1"}'],
  ['mark', '{"event":"mark","streamSid":"MZ1","mark":{}}'],
  ['stop', '{"event":"stop","streamSid":7}'],
  ['start', '{"event":"start","streamSid":"MZ1","start":{"callSid":"CA1"}}'],
  ['start', '{"event":"start","start":{"callSid":"CA1"}}'],
  ['start', '{"event":"start","streamSid":"MZ1","start":{"mediaFormat":{}}}'],
])('calls a wrong message by its kind: %s, %s', (kind, message) => {
  expect(parse(message)).toMatchObject({ event: 'invalid', kind });
});

test('never throws, and quotes nothing of what came', () => {
  const secret = 'do-not-quote-me';
  const events = fc.constantFrom('start', 'media', 'dtmf', 'mark', 'stop', 'connected', secret);
  const anyMessage = fc.record(
    {
      event: events,
      streamSid: fc.anything(),
      start: fc.anything(),
      media: fc.anything(),
      dtmf: fc.anything(),
    },
    { requiredKeys: ['event'] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        anyMessage.map((m) =>
          JSON.stringify(m, (_k, v: unknown) => (typeof v === 'bigint' ? 0 : v)),
        ),
      ),
      (text) => {
        const message = parseTwilioMediaMessage(`${text}`);
        if (message.event === 'invalid') expect(JSON.stringify(message)).not.toContain(secret);
      },
    ),
    { numRuns: 1000 },
  );
});
