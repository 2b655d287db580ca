import fc from 'fast-check';
import {
  markMessage,
  mediaMessage,
  ServerMessageReader,
  startMessage,
  stopMessage,
} from './media-messages.ts';

const SID = 'MZ8899aabbccddeeff0011223344556677';
const PAYLOAD = Buffer.alloc(160, 0xff).toString('base64');

function read(message: unknown, isBinary = false) {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return new ServerMessageReader(SID).read(Buffer.from(text), isBinary);
}

test('the three messages of a server are understood', () => {
  const media = read({ event: 'media', streamSid: SID, media: { payload: PAYLOAD } });
  expect(media).toMatchObject({ event: 'media' });
  expect('payload' in media && [...media.payload]).toEqual(new Array(160).fill(0xff));
  expect(read({ event: 'mark', streamSid: SID, mark: { name: 'a' } })).toEqual({
    event: 'mark',
    name: 'a',
  });
  expect(read({ event: 'clear', streamSid: SID })).toEqual({ event: 'clear' });
});

test('a media message in another spelling is understood as well', () => {
  const media = read(
    `{ "media": {"payload": "${PAYLOAD}"}, "streamSid":"${SID}", "event":"media"}`,
  );
  expect('payload' in media && media.payload.length).toBe(160);
});

test.each([
  ['text that is not JSON', '{"event":'],
  ['an array', []],
  ['no event', { streamSid: SID }],
  ['an unknown event', { event: 'hangup', streamSid: SID }],
  ['a missing streamSid', { event: 'clear' }],
  ['another stream', { event: 'clear', streamSid: 'MZ00' }],
  ['an extra field', { event: 'clear', streamSid: SID, sequenceNumber: '3' }],
  [
    'an extra field in media',
    { event: 'media', streamSid: SID, media: { payload: PAYLOAD, track: 'outbound' } },
  ],
  ['a missing payload', { event: 'media', streamSid: SID, media: {} }],
  ['media that is null', { event: 'media', streamSid: SID, media: null }],
  ['a payload that is not base64', { event: 'media', streamSid: SID, media: { payload: 'a*b=' } }],
  ['a payload that is cut off', { event: 'media', streamSid: SID, media: { payload: 'abc' } }],
  ['an empty payload', { event: 'media', streamSid: SID, media: { payload: '' } }],
  ['a payload of numbers', { event: 'media', streamSid: SID, media: { payload: [1] } }],
  ['a mark without a name', { event: 'mark', streamSid: SID, mark: {} }],
  ['a mark that is numbered', { event: 'mark', streamSid: SID, mark: { name: 7 } }],
])('%s is warning 31951', (_, message) => {
  expect(read(message)).toMatchObject({ code: 31951 });
});

test('a binary message is warning 31950', () => {
  expect(read({ event: 'clear', streamSid: SID }, true)).toMatchObject({ code: 31950 });
});

test('any bytes give a message or a warning, never an error', () => {
  const reader = new ServerMessageReader(SID);
  const usual = JSON.stringify({ event: 'media', streamSid: SID, media: { payload: PAYLOAD } });
  fc.assert(
    fc.property(fc.nat(usual.length - 1), fc.uint8Array({ maxLength: 40 }), (at, bytes) => {
      const data = Buffer.concat([
        Buffer.from(usual.slice(0, at)),
        bytes,
        Buffer.from(usual.slice(at + 1)),
      ]);
      const result = reader.read(data, false);
      expect('code' in result || result.event === 'media').toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('payloads of any length come through bit for bit', () => {
  const reader = new ServerMessageReader(SID);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), (bytes) => {
      const payload = Buffer.from(bytes).toString('base64');
      const message = reader.read(
        Buffer.from(`{"event":"media","streamSid":"${SID}","media":{"payload":"${payload}"}}`),
        false,
      );
      expect('payload' in message && message.payload.equals(bytes)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('what is sent has the documented fields, with counters as decimal strings', () => {
  expect(JSON.parse(mediaMessage(SID, 2, 1, 20, PAYLOAD))).toEqual({
    event: 'media',
    sequenceNumber: '2',
    media: { track: 'inbound', chunk: '1', timestamp: '20', payload: PAYLOAD },
    streamSid: SID,
  });
  const facts = { accountSid: 'AC1', callSid: 'CA1', streamSid: SID, parameters: { a: '"b"' } };
  expect(JSON.parse(startMessage(facts))).toEqual({
    event: 'start',
    sequenceNumber: '1',
    start: {
      accountSid: 'AC1',
      streamSid: SID,
      callSid: 'CA1',
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: { a: '"b"' },
    },
    streamSid: SID,
  });
  expect(JSON.parse(stopMessage(facts, 9))).toEqual({
    event: 'stop',
    sequenceNumber: '9',
    stop: { accountSid: 'AC1', callSid: 'CA1' },
    streamSid: SID,
  });
  expect(JSON.parse(markMessage(SID, 5, 'm'))).toEqual({
    event: 'mark',
    sequenceNumber: '5',
    streamSid: SID,
    mark: { name: 'm' },
  });
});
