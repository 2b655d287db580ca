import fc from 'fast-check';
import twilio from 'twilio';
import { readFixture } from './test-support/fixtures.ts';
import type { TwilioSignatureRequest } from './twilio-signature.ts';
import { verifyTwilioSignature } from './twilio-signature.ts';
import { signedParameters } from './twilio-webhook.ts';

interface Vector {
  readonly id: string;
  readonly note: string;
  readonly auth_token: string;
  readonly request_url: string;
  readonly params: Record<string, string | string[]>;
  readonly raw_body?: string;
  readonly form_body?: string;
  readonly header_x_twilio_signature: string;
  readonly should_accept: boolean | string;
}

const { vectors } = readFixture<{ vectors: Vector[] }>('signatures');
const TOKEN = '0123456789abcdef0123456789abcdef';

function vector(id: string): TwilioSignatureRequest {
  const found = vectors.find((candidate) => candidate.id === id)!;
  return {
    authToken: found.auth_token,
    signature: found.header_x_twilio_signature,
    url: found.request_url,
    params: found.params,
    rawBody: found.raw_body,
  };
}

describe('vectors of Twilio’s documentation and SDK', () => {
  test.each(vectors)('$id: $note', (entry) => {
    // A text says on what condition it may be accepted: that other spellings are tried. They are.
    const expected = entry.should_accept !== false;
    expect(verifyTwilioSignature(vector(entry.id))).toBe(expected);
  });

  test('there are vectors of either kind', () => {
    expect(vectors.filter((entry) => entry.should_accept === false).length).toBeGreaterThan(9);
    expect(vectors.filter((entry) => entry.should_accept !== false).length).toBeGreaterThan(20);
  });

  test('a form body as it came on the wire gives the fields that are signed', () => {
    const entry = vectors.find(({ form_body }) => form_body !== undefined)!;
    const params = signedParameters({
      method: 'POST',
      query: '',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
      rawBody: Buffer.from(entry.form_body!),
    });
    expect(verifyTwilioSignature({ ...vector(entry.id), params })).toBe(true);
  });
});

describe('several auth tokens', () => {
  test('a signature of any of them is accepted while they are rotated', () => {
    const request = vector('form-plain');
    expect(verifyTwilioSignature({ ...request, authToken: ['new', TOKEN] })).toBe(true);
    expect(verifyTwilioSignature({ ...request, authToken: [TOKEN, 'new'] })).toBe(true);
    expect(verifyTwilioSignature({ ...request, authToken: ['new', 'newer'] })).toBe(false);
    expect(verifyTwilioSignature({ ...request, authToken: [] })).toBe(false);
  });

  test('an empty token accepts nothing, not even what was signed with it', () => {
    const url = 'https://agent.example.test/twilio/voice';
    const signature = twilio.getExpectedTwilioSignature('', url, {});
    expect(verifyTwilioSignature({ authToken: '', signature, url })).toBe(false);
    expect(verifyTwilioSignature({ authToken: ['', ''], signature, url })).toBe(false);
  });
});

test('accepts what the official SDK signs, whatever the fields hold', () => {
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.string(), { minLength: 1 }),
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), value, { minKeys: 1 }),
      fc.webQueryParameters(),
      (params, query) => {
        const url = `https://agent.example.test/twilio/voice?${query}`;
        const signature = twilio.getExpectedTwilioSignature(TOKEN, url, params);
        expect(verifyTwilioSignature({ authToken: TOKEN, signature, url, params })).toBe(true);
        const changed = { ...params, Added: 'x' };
        expect(verifyTwilioSignature({ authToken: TOKEN, signature, url, params: changed })).toBe(
          false,
        );
      },
    ),
  );
});

describe('addresses', () => {
  const sign = (url: string): string => twilio.getExpectedTwilioSignature(TOKEN, url, {});
  const accepts = (signed: string, seen: string): boolean =>
    verifyTwilioSignature({ authToken: TOKEN, signature: sign(signed), url: seen });

  test.each([
    ['wss://h.test/m', 'wss://h.test:443/m'],
    ['wss://h.test:443/m/', 'wss://h.test/m'],
    ['ws://127.0.0.1:5000/m', 'ws://127.0.0.1:5000/m'],
    ['ws://h.test:80/m', 'ws://h.test/m'],
    ['http://h.test:80/m', 'http://h.test/m'],
    ['https://[::1]:8443/m', 'https://[::1]:8443/m'],
    ['https://[::1]/m', 'https://[::1]:8443/m'],
    ['https://h.test/m?a=b', 'https://user:secret@h.test/m?a=b'],
    ['https://h.test/m', 'https://h.test/m#rc=2'],
    ['https://h.test', 'https://h.test'],
  ])('%s was signed, %s is seen: accepted', (signed, seen) => {
    expect(accepts(signed, seen)).toBe(true);
  });

  test.each([
    ['https://h.test/m/', 'https://h.test/m'],
    ['https://h.test:8443/m', 'https://h.test/m'],
    ['wss://h.test/m//', 'wss://h.test/m'],
    ['https://h.test/m', 'wss://h.test/m'],
    ['https://h.test/m?a=b', 'https://h.test/m'],
    ['ftp://h.test/m', 'ftp://h.test/m'],
  ])('%s was signed, %s is seen: refused', (signed, seen) => {
    expect(accepts(signed, seen)).toBe(false);
  });
});

describe('bodies that the signature does not cover', () => {
  const url = 'https://agent.example.test/twilio/voice?CallSid=CA1';
  const signature = twilio.getExpectedTwilioSignature(TOKEN, url, {});

  test('a signed GET address cannot be replayed with a body', () => {
    expect(verifyTwilioSignature({ authToken: TOKEN, signature, url })).toBe(true);
    expect(verifyTwilioSignature({ authToken: TOKEN, signature, url, rawBody: '' })).toBe(true);
    expect(verifyTwilioSignature({ authToken: TOKEN, signature, url, rawBody: '{}' })).toBe(false);
  });

  test('a JSON address is refused where its body is not given', () => {
    expect(verifyTwilioSignature({ ...vector('json-body'), rawBody: undefined })).toBe(false);
    expect(verifyTwilioSignature(vector('json-body'))).toBe(true);
  });
});

test('never throws, and accepts nothing, whatever comes', () => {
  fc.assert(
    fc.property(
      fc.anything(),
      fc.anything(),
      fc.oneof(fc.anything(), fc.webUrl(), fc.string()),
      fc.anything(),
      fc.anything(),
      (authToken, signature, url, params, rawBody) => {
        const request = { authToken, signature, url, params, rawBody } as TwilioSignatureRequest;
        expect(verifyTwilioSignature(request)).toBe(false);
      },
    ),
    { numRuns: 1000 },
  );
});
