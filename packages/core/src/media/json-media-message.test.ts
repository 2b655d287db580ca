import fc from 'fast-check';
import { CAMEL, SNAKE } from '../test-support/json-protocols.ts';
import { parseJsonMediaMessage } from './json-media-message.ts';

const parse = (message: unknown, protocol = CAMEL) =>
  parseJsonMediaMessage(typeof message === 'string' ? message : JSON.stringify(message), protocol);

test('reads a start in the names of each company', () => {
  expect(
    parse({
      event: 'start',
      streamSid: 'MZ1',
      start: {
        callSid: 'CA1',
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 2 },
        customParameters: { session: 'c1', number: 1 },
      },
    }),
  ).toEqual({
    event: 'start',
    streamId: 'MZ1',
    callId: 'CA1',
    encoding: 'audio/x-mulaw',
    sampleRate: 8000,
    channels: 2,
    parameters: { session: 'c1' },
  });
  const start = {
    stream_id: 's1',
    call_id: 'c1',
    media_format: { encoding: 'raw', sample_rate: '16000' },
    custom_parameters: [{ name: 'session', value: 'c1' }, { name: 1 }, null],
  };
  expect(parse({ event: 'start', start }, SNAKE)).toEqual({
    event: 'start',
    streamId: 's1',
    callId: 'c1',
    encoding: 'raw',
    sampleRate: 16000,
    channels: 1,
    parameters: { session: 'c1' },
  });
});

test('reads audio, digits, marks and the stop', () => {
  const streamSid = 'MZ1';
  const media = { track: 'outbound', chunk: '1', timestamp: '20', payload: 'AQID' };
  const piece = { event: 'media', chunk: 1, timestampMs: 20, payload: 'AQID' };
  expect(parse({ event: 'media', streamSid, media })).toEqual({
    ...piece,
    streamId: 'MZ1',
    track: 'outbound',
  });
  expect(parse({ event: 'media', stream_id: 's1', media }, SNAKE)).toEqual({
    ...piece,
    streamId: 's1',
    track: 'inbound',
  });
  const rest = { streamId: 'MZ1' };
  expect(parse({ event: 'dtmf', streamSid, dtmf: { digit: '#' } })).toEqual({
    event: 'dtmf',
    ...rest,
    digit: '#',
  });
  expect(parse({ event: 'mark', streamSid, mark: { name: 'm' } })).toEqual({
    event: 'mark',
    ...rest,
    name: 'm',
  });
  expect(parse({ event: 'stop', streamSid })).toEqual({ event: 'stop', ...rest });
});

test('hands on events of which it knows nothing', () => {
  const message = { event: 'connected', version: '1' };
  expect(parse(message)).toEqual({ event: 'other', name: 'connected', message });
  expect(parse({ event: ['media'] })).toMatchObject({ event: 'other', name: ['media'] });
  expect(parse({})).toEqual({ event: 'other', name: undefined, message: {} });
});

test('takes counters that are numbers, and does without those that make no sense', () => {
  const media = (chunk: unknown, timestamp: unknown) =>
    parse({
      event: 'media',
      streamSid: 'MZ1',
      media: { track: 'inbound', chunk, timestamp, payload: 'AQID' },
    });
  expect(media(3, 40)).toMatchObject({ chunk: 3, timestampMs: 40 });
  const nonsense = [-1, 1.5, '1e3', '0x10', '', ' 1', '9'.repeat(16), 1e300, null, {}, true];
  for (const value of nonsense) {
    const message = media(value, value);
    expect(message).toMatchObject({ event: 'media', payload: 'AQID' });
    expect(message).toMatchObject({ chunk: undefined, timestampMs: undefined });
  }
});

test('keeps text parameters of any name', () => {
  const start = { callSid: 'CA1', mediaFormat: { encoding: 'x', sampleRate: 1 } };
  const custom = '"customParameters":{"__proto__":"x"}';
  const text = JSON.stringify({ event: 'start', streamSid: 'MZ1', start });
  expect(parse(text.replace('"callSid"', `${custom},"callSid"`))).toMatchObject({
    parameters: { ['__proto__']: 'x' },
  });
});

test.each([
  ['not-json', '{"event":'],
  ['not-json', '[]'],
  ['not-json', 'null'],
  ['not-json', '"media"'],
  ['media', '{"event":"media","media":{"track":"inbound","payload":"AQID"}}'],
  ['media', '{"event":"media","streamSid":"MZ1","media":"AQID"}'],
  ['media', '{"event":"media","streamSid":"MZ1","media":{"payload":"AQID"}}'],
  ['media', '{"event":"media","streamSid":"MZ1","media":{"track":"inbound","payload":[1]}}'],
  ['dtmf', '{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":"55"}}'],
  ['dtmf', '{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":5}}'],
  ['dtmf', '{"event":"dtmf","streamSid":"MZ1"}'],
  ['mark', '{"event":"mark","streamSid":"MZ1","mark":{}}'],
  ['stop', '{"event":"stop","streamSid":7}'],
  ['stop', `{"event":"stop","streamSid":"${'x'.repeat(257)}"}`],
  ['start', '{"event":"start","streamSid":"MZ1","start":{"callSid":"CA1"}}'],
  ['start', '{"event":"start","start":{"callSid":"CA1"}}'],
  ['start', '{"event":"start","streamSid":"MZ1","start":{"mediaFormat":{}}}'],
])('calls a wrong message by its kind: %s, %s', (kind, message) => {
  expect(parse(message)).toMatchObject({ event: 'invalid', kind });
});

test('never throws, and quotes nothing of what came', () => {
  const secret = 'do-not-quote-me';
  const anyMessage = fc.record(
    {
      event: fc.constantFrom('start', 'media', 'dtmf', 'mark', 'stop', 'connected', secret),
      streamSid: fc.anything(),
      start: fc.anything(),
      media: fc.anything(),
      dtmf: fc.anything(),
    },
    { requiredKeys: ['event'] },
  );
  const written = anyMessage.map((message) =>
    JSON.stringify(message, (_key, value: unknown) => (typeof value === 'bigint' ? 0 : value)),
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json(), written),
      fc.constantFrom(CAMEL, SNAKE),
      (text, protocol) => {
        const message = parseJsonMediaMessage(text, protocol);
        if (message.event === 'invalid') expect(JSON.stringify(message)).not.toContain(secret);
      },
    ),
    { numRuns: 1000 },
  );
});
