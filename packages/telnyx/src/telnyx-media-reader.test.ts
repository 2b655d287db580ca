import fc from 'fast-check';
import { mediaMessages } from './test-support/fixtures.ts';
import { parseTelnyxMediaMessage } from './telnyx-media-message.ts';
import { MAX_MEDIA_BYTES, TelnyxMediaReader } from './telnyx-media-reader.ts';

const STREAM_ID = '6f1c0c0e-1111-4222-8333-94444555aaaa';

interface Read {
  readonly chunk: number;
  readonly timestampMs: number;
  readonly bytes: Uint8Array;
}

function readFast(data: Uint8Array): Read | undefined {
  const reader = new TelnyxMediaReader(STREAM_ID, 160);
  if (!reader.read(data)) return undefined;
  const { chunk, timestampMs, bytes } = reader;
  return { chunk, timestampMs, bytes: bytes.slice() };
}

/** What `JSON.parse` makes of it, where it is the caller's audio of this stream. */
function readSlowly(data: Uint8Array): Read | undefined {
  const message = parseTelnyxMediaMessage(Buffer.from(data).toString('utf8'));
  if (message.event !== 'media') return undefined;
  const { streamId, track, chunk, timestampMs, payload } = message;
  if (streamId !== STREAM_ID || track !== 'inbound') return undefined;
  if (chunk === undefined || timestampMs === undefined) return undefined;
  const bytes = new Uint8Array(Buffer.from(payload, 'base64'));
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '').length ===
    payload.replace(/=+$/, '').length
    ? { chunk, timestampMs, bytes }
    : undefined;
}

const json = (message: unknown): Buffer => Buffer.from(JSON.stringify(message));

/** Members of an object in any order. */
function shuffled(members: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> {
  const entries = Object.entries(members);
  return fc
    .shuffledSubarray(entries, { minLength: entries.length })
    .map((order) => Object.fromEntries(order));
}

const usualMessage = fc
  .record({
    sequence: fc.nat(),
    chunk: fc.nat(),
    timestampMs: fc.nat(),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 160, maxLength: 160 }),
      fc.uint8Array({ minLength: 1, maxLength: 1000 }),
    ),
    isSequenceGiven: fc.boolean(),
  })
  .chain(({ sequence, chunk, timestampMs, bytes, isSequenceGiven }) =>
    shuffled({
      track: 'inbound',
      chunk: String(chunk),
      timestamp: String(timestampMs),
      payload: Buffer.from(bytes).toString('base64'),
    }).chain((media) =>
      shuffled({
        ...(isSequenceGiven ? { sequence_number: String(sequence) } : {}),
        media,
        stream_id: STREAM_ID,
      }).map((rest) => ({
        data: json({ event: 'media', ...rest }),
        expected: { chunk, timestampMs, bytes },
      })),
    ),
  );

test('reads the sample message', () => {
  expect(readFast(json(mediaMessages()['in-media']))).toEqual({
    chunk: 2,
    timestampMs: 40,
    bytes: new Uint8Array(160).fill(0xff),
  });
});

test('takes every message of the usual shape, its members in any order, and agrees with JSON.parse', () => {
  fc.assert(
    fc.property(usualMessage, ({ data, expected }) => {
      expect(readFast(data)).toEqual(expected);
      expect(readSlowly(data)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('whatever it takes of damaged messages is what JSON.parse gives', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(usualMessage, damage, fc.nat({ max: 3 }), ({ data }, places, kind) => {
      const damaged = Buffer.from(data);
      for (const [place, value] of places) damaged[place % damaged.length] = value;
      const cut = places[0]![0] % damaged.length;
      const input = [
        damaged,
        damaged.subarray(0, cut),
        Buffer.concat([damaged.subarray(0, cut), data.subarray(cut - 3)]),
        Buffer.concat([data, damaged.subarray(cut)]),
      ][kind]!;
      const fast = readFast(input);
      if (fast) expect(readSlowly(input)).toEqual(fast);
    }),
    { numRuns: 3000 },
  );
});

test('whatever it takes of rewritten messages is what JSON.parse gives', () => {
  const member = fc.constantFrom(
    '"track":"inbound"',
    '"track":"outbound"',
    '"chunk":"7"',
    '"chunk":"8"',
    '"chunk":7',
    '"chunk":"-7"',
    '"chunk":""',
    `"chunk":"${'9'.repeat(15)}"`,
    `"chunk":"${'9'.repeat(16)}"`,
    '"timestamp":"140"',
    '"timestamp":"0140"',
    '"payload":"AQID"',
    '"payload":"AQ=="',
    '"payload":"A\\u0051ID"',
    '"payload":"AQI"',
    '"payload":""',
    `"payload":"${'/'.repeat(214)}=="`,
    '"extra":{}',
    '"tracks":"inbound"',
  );
  const outer = fc.constantFrom(
    `"stream_id":"${STREAM_ID}"`,
    '"stream_id":"0"',
    `"stream_id":"${STREAM_ID}0"`,
    '"sequence_number":"9"',
    '"sequence_number":9',
    '"media":{}',
    '"media":null',
    ' "x":1',
  );
  const text = fc
    .tuple(
      fc.array(member, { maxLength: 6 }),
      fc.array(outer, { maxLength: 4 }),
      fc.nat({ max: 4 }),
    )
    .map(([media, others, at]) => {
      const members: string[] = [...others];
      members.splice(at, 0, `"media":{${media.join(',')}}`);
      return `{"event":"media",${members.join(',')}}`;
    });
  fc.assert(
    fc.property(text, (input) => {
      const data = Buffer.from(input);
      const fast = readFast(data);
      if (fast) expect(readSlowly(data)).toEqual(fast);
    }),
    { numRuns: 5000 },
  );
});

test('leaves to JSON.parse what has another shape', () => {
  const usual = json({
    event: 'media',
    media: { track: 'inbound', chunk: '1', timestamp: '0', payload: 'AQID' },
    stream_id: STREAM_ID,
  }).toString();
  expect(readFast(Buffer.from(usual))).toBeDefined();
  for (const other of [
    usual.replace(':', ': '),
    usual.replace('{"event":"media",', '{').replace(/}$/, ',"event":"media"}'),
    usual.replace('"1"', '1'),
    usual.replace('inbound', 'outbound'),
    usual.replace('AQID', 'AQ\\u0049D'),
    usual.replace('"chunk"', '"chunk":"9","chunk"'),
    usual.replace(STREAM_ID, '6f'),
    `${usual} `,
    usual.slice(0, -1),
    '',
  ]) {
    expect(readFast(Buffer.from(other))).toBeUndefined();
  }
});

test('a stream id that needs escapes is compared as JSON writes it', () => {
  const stream_id = 'a","x":"b';
  const message = {
    event: 'media',
    stream_id,
    media: { track: 'inbound', chunk: '1', timestamp: '0', payload: 'AQID' },
  };
  const reader = new TelnyxMediaReader(stream_id, 160);
  expect(reader.read(json(message))).toBe(true);
  expect(
    reader.read(Buffer.from(JSON.stringify(message).replace('a\\",\\"x\\":\\"b', stream_id))),
  ).toBe(false);
});

test.each([160, 640])('gives each message its own length, where %d bytes are usual', (usual) => {
  const reader = new TelnyxMediaReader(STREAM_ID, usual);
  for (const size of [usual, 3, usual, 1000, usual, usual + 2, usual + 1, usual, 1]) {
    const bytes = new Uint8Array(size).map((_value, index) => index * 7);
    const payload = Buffer.from(bytes).toString('base64');
    const media = { track: 'inbound', chunk: '1', timestamp: '0', payload };
    expect(reader.read(json({ event: 'media', stream_id: STREAM_ID, media }))).toBe(true);
    expect(new Uint8Array(reader.bytes)).toEqual(bytes);
  }
});

test('takes no more than 2 s of audio at once', () => {
  const of = (size: number): Buffer =>
    json({
      event: 'media',
      stream_id: STREAM_ID,
      media: {
        track: 'inbound',
        chunk: '1',
        timestamp: '0',
        payload: Buffer.alloc(size).toString('base64'),
      },
    });
  expect(readFast(of(MAX_MEDIA_BYTES - 4))?.bytes.length).toBe(MAX_MEDIA_BYTES - 4);
  expect(readFast(of(MAX_MEDIA_BYTES + 3))).toBeUndefined();
});
