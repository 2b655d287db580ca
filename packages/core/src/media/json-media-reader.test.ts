import fc from 'fast-check';
import { CAMEL, SNAKE } from '../test-support/json-protocols.ts';
import { parseJsonMediaMessage } from './json-media-message.ts';
import type { JsonMediaProtocol } from './json-media-protocol.ts';
import { JsonMediaReader } from './json-media-reader.ts';

const STREAM_ID = '6f1c0c0e-1111-4222-8333-94444555aaaa';
/** Of mu-law: 2 s are 16,000. */
const BYTES_PER_FRAME = 160;
const MAX_MEDIA_BYTES = 16_000;

interface Read {
  readonly chunk: number;
  readonly timestampMs: number;
  readonly bytes: Uint8Array;
}

function readFast(data: Uint8Array, protocol: JsonMediaProtocol): Read | undefined {
  const reader = new JsonMediaReader(protocol, STREAM_ID, BYTES_PER_FRAME);
  if (!reader.read(data)) return undefined;
  const { chunk, timestampMs, bytes } = reader;
  return { chunk, timestampMs, bytes: bytes.slice() };
}

/** What `JSON.parse` makes of it, where it is the caller's audio of this stream. */
function readSlowly(data: Uint8Array, protocol: JsonMediaProtocol): Read | undefined {
  const message = parseJsonMediaMessage(Buffer.from(data).toString('utf8'), protocol);
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

const usualMessage = (protocol: JsonMediaProtocol) =>
  fc
    .record({
      sequence: fc.nat(),
      chunk: fc.nat(),
      timestampMs: fc.nat(),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 160, maxLength: 160 }),
        fc.uint8Array({ minLength: 1, maxLength: 1000 }),
      ),
      isSequenceGiven: fc.boolean(),
      isTrackGiven: fc.boolean(),
    })
    .chain(({ sequence, chunk, timestampMs, bytes, isSequenceGiven, isTrackGiven }) =>
      shuffled({
        ...(isTrackGiven || protocol.hasTracks !== false ? { track: 'inbound' } : {}),
        chunk: String(chunk),
        timestamp: String(timestampMs),
        payload: Buffer.from(bytes).toString('base64'),
      })
        .chain((media) =>
          shuffled({
            ...(isSequenceGiven ? { [protocol.sequenceNumber]: String(sequence) } : {}),
            media,
            [protocol.streamId]: STREAM_ID,
          }),
        )
        .map((rest) => ({
          data: json({ event: 'media', ...rest }),
          expected: { chunk, timestampMs, bytes },
        })),
    );

describe.each([CAMEL, SNAKE])('in the names of $company', (protocol) => {
  const { sequenceNumber, streamId } = protocol;

  test('takes every message of the usual shape, its members in any order, and agrees with JSON.parse', () => {
    fc.assert(
      fc.property(usualMessage(protocol), ({ data, expected }) => {
        expect(readFast(data, protocol)).toEqual(expected);
        expect(readSlowly(data, protocol)).toEqual(expected);
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
      fc.property(usualMessage(protocol), damage, fc.nat({ max: 3 }), ({ data }, places, kind) => {
        const damaged = Buffer.from(data);
        for (const [place, value] of places) damaged[place % damaged.length] = value;
        const cut = places[0]![0] % damaged.length;
        const input = [
          damaged,
          damaged.subarray(0, cut),
          Buffer.concat([damaged.subarray(0, cut), data.subarray(cut - 3)]),
          Buffer.concat([data, damaged.subarray(cut)]),
        ][kind]!;
        const fast = readFast(input, protocol);
        if (fast) expect(readSlowly(input, protocol)).toEqual(fast);
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
      '"chunk":07',
      '"chunk":7.0',
      '"chunk":7e0',
      '"chunk":7"',
      '"chunk":"7',
      '"chunk":"-7"',
      '"chunk":""',
      `"chunk":"${'9'.repeat(15)}"`,
      `"chunk":"${'9'.repeat(16)}"`,
      '"timestamp":"140"',
      '"timestamp":"0140"',
      '"timestamp":0',
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
      `"${streamId}":"${STREAM_ID}"`,
      `"${streamId}":"6f"`,
      `"${streamId}":"${STREAM_ID}0"`,
      `"${sequenceNumber}":"9"`,
      `"${sequenceNumber}":9`,
      '"event":"media"',
      '"event":"mark"',
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
        const fast = readFast(data, protocol);
        if (fast) expect(readSlowly(data, protocol)).toEqual(fast);
      }),
      { numRuns: 5000 },
    );
  });

  test('leaves to JSON.parse what has another shape', () => {
    const usual = json({
      event: 'media',
      media: { track: 'inbound', chunk: '1', timestamp: '0', payload: 'AQID' },
      [streamId]: STREAM_ID,
    }).toString();
    expect(readFast(Buffer.from(usual), protocol)).toBeDefined();
    for (const other of [
      usual.replace(':', ': '),
      usual.replace('"1"', '01'),
      usual.replace('"1"', '1.5'),
      usual.replace('"event":"media",', ''),
      usual.replace('"event":"media"', '"event":"mark"'),
      usual.replace('"event"', '"extra":0,"event"'),
      usual.replace('inbound', 'outbound'),
      usual.replace('AQID', 'AQ\\u0049D'),
      usual.replace('"chunk"', '"chunk":"9","chunk"'),
      usual.replace(STREAM_ID, '6f'),
      `${usual} `,
      usual.slice(0, -1),
      '',
    ]) {
      expect(readFast(Buffer.from(other), protocol)).toBeUndefined();
    }
  });

  test('a stream id that needs escapes is compared as JSON writes it', () => {
    const id = 'a","x":"b';
    const message = {
      event: 'media',
      [streamId]: id,
      media: { track: 'inbound', chunk: '1', timestamp: '0', payload: 'AQID' },
    };
    const reader = new JsonMediaReader(protocol, id, BYTES_PER_FRAME);
    expect(reader.read(json(message))).toBe(true);
    expect(reader.read(Buffer.from(JSON.stringify(message).replace('a\\",\\"x\\":\\"b', id)))).toBe(
      false,
    );
  });

  test.each([160, 640])('gives each message its own length, where %d bytes are usual', (usual) => {
    const reader = new JsonMediaReader(protocol, STREAM_ID, usual);
    for (const size of [usual, 3, usual, 1000, usual, usual + 2, usual + 1, usual, 1]) {
      const bytes = new Uint8Array(size).map((_value, index) => index * 7);
      const payload = Buffer.from(bytes).toString('base64');
      const media = { track: 'inbound', chunk: '1', timestamp: '0', payload };
      expect(reader.read(json({ event: 'media', [streamId]: STREAM_ID, media }))).toBe(true);
      expect(new Uint8Array(reader.bytes)).toEqual(bytes);
    }
  });

  test('takes no more than 2 s of audio at once', () => {
    const of = (size: number): Buffer =>
      json({
        event: 'media',
        [streamId]: STREAM_ID,
        media: {
          track: 'inbound',
          chunk: '1',
          timestamp: '0',
          payload: Buffer.alloc(size).toString('base64'),
        },
      });
    expect(readFast(of(MAX_MEDIA_BYTES - 4), protocol)?.bytes.length).toBe(MAX_MEDIA_BYTES - 4);
    expect(readFast(of(MAX_MEDIA_BYTES + 3), protocol)).toBeUndefined();
  });
});

test('a piece without a track is taken only where there are none', () => {
  const media = { chunk: '1', timestamp: '0', payload: 'AQID' };
  const of = ({ streamId }: JsonMediaProtocol): Buffer =>
    json({ event: 'media', [streamId]: STREAM_ID, media });
  expect(readFast(of(CAMEL), CAMEL)).toBeUndefined();
  expect(readFast(of(SNAKE), SNAKE)).toMatchObject({ chunk: 1, timestampMs: 0 });
});
