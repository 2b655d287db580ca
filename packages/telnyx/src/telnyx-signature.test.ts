import fc from 'fast-check';
import { PUBLIC_KEY, readFixture, signWebhook } from './test-support/fixtures.ts';
import type { TelnyxSignatureRequest } from './telnyx-signature.ts';
import { verifyTelnyxWebhook } from './telnyx-signature.ts';

interface Vector {
  readonly id: string;
  readonly note: string;
  readonly now_unix: number;
  readonly public_key_base64: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw_body: string;
  readonly should_accept: boolean;
}

const { vectors } = readFixture<{ vectors: Vector[] }>('signatures');

function request(vector: Vector): TelnyxSignatureRequest {
  // Node gives header names in lower case.
  const headers = new Map(
    Object.entries(vector.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return {
    publicKey: vector.public_key_base64,
    signature: headers.get('telnyx-signature-ed25519'),
    timestamp: headers.get('telnyx-timestamp'),
    rawBody: Buffer.from(vector.raw_body),
    now: vector.now_unix,
  };
}

const valid = request(vectors.find(({ id }) => id === 'valid')!);

describe('vectors, as the official SDK takes them', () => {
  test.each(vectors)('$id: $note', (vector) => {
    expect(verifyTelnyxWebhook(request(vector))).toBe(vector.should_accept);
  });

  test('there are vectors of either kind', () => {
    expect(vectors.filter((vector) => vector.should_accept).length).toBeGreaterThan(4);
    expect(vectors.filter((vector) => !vector.should_accept).length).toBeGreaterThan(10);
  });
});

test('accepts what another implementation signs, and none of it changed', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), fc.nat(), fc.nat(), (body, time, place, bit) => {
      const timestamp = String(time);
      const signature = signWebhook(timestamp, body);
      const signed = { publicKey: PUBLIC_KEY, signature, timestamp, rawBody: body, now: time };
      expect(verifyTelnyxWebhook(signed)).toBe(true);
      const other = Buffer.from(signature, 'base64');
      other[place % 64]! ^= 1 << (bit % 8);
      const changed = { ...signed, signature: other.toString('base64') };
      expect(verifyTelnyxWebhook(changed)).toBe(false);
      const longer = { ...signed, rawBody: Buffer.concat([body, Buffer.from(' ')]) };
      expect(verifyTelnyxWebhook(longer)).toBe(false);
    }),
    { numRuns: 25 },
  );
});

test('takes the body as bytes or as text, and the time from the machine where it is not given', () => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = '{"text":"Zoë 株"}';
  const signature = signWebhook(timestamp, body);
  const signed = { publicKey: PUBLIC_KEY, signature, timestamp };
  expect(verifyTelnyxWebhook({ ...signed, rawBody: body })).toBe(true);
  expect(verifyTelnyxWebhook({ ...signed, rawBody: new TextEncoder().encode(body) })).toBe(true);
});

test('the tolerance can be set, and a time that is no number refuses', () => {
  const now = Number(valid.timestamp);
  expect(verifyTelnyxWebhook({ ...valid, now: now + 6, toleranceSeconds: 5 })).toBe(false);
  expect(verifyTelnyxWebhook({ ...valid, now: now + 5, toleranceSeconds: 5 })).toBe(true);
  expect(verifyTelnyxWebhook({ ...valid, now: Number.NaN })).toBe(false);
  expect(verifyTelnyxWebhook({ ...valid, toleranceSeconds: Number.NaN })).toBe(false);
});

test('refuses a key under which every signature would be right', () => {
  // The neutral point as key and as first half of the signature satisfies the equation for any message.
  const neutral = Buffer.alloc(32);
  neutral[0] = 1;
  const signature = Buffer.concat([neutral, Buffer.alloc(32)]).toString('base64');
  const publicKey = neutral.toString('base64');
  expect(verifyTelnyxWebhook({ ...valid, publicKey, signature })).toBe(false);
});

test('never throws, and accepts nothing, whatever comes', () => {
  const { publicKey, signature, timestamp, rawBody, now } = valid;
  fc.assert(
    fc.property(
      fc.constantFrom('publicKey', 'signature', 'timestamp', 'rawBody'),
      fc.oneof(fc.anything(), fc.string(), fc.base64String({ minLength: 44, maxLength: 88 })),
      (name, value) => {
        const changed = { publicKey, signature, timestamp, rawBody, now, [name]: value };
        expect(verifyTelnyxWebhook(changed as TelnyxSignatureRequest)).toBe(false);
      },
    ),
    { numRuns: 500 },
  );
});
