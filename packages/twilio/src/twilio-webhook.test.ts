import fc from 'fast-check';
import { webhookForms } from './test-support/fixtures.ts';
import { TwilioWebhookFormatError } from './twilio-error.ts';
import type { TwilioWebhookRequest } from './twilio-webhook.ts';
import { parseTwilioWebhook } from './twilio-webhook.ts';

const FORM = 'application/x-www-form-urlencoded';

function post(
  body: string | Uint8Array,
  contentType: string | undefined = FORM,
): TwilioWebhookRequest {
  return {
    method: 'POST',
    query: '',
    headers: { 'content-type': contentType },
    rawBody: Buffer.from(body as Uint8Array),
  };
}

const form = (fields: Record<string, string>): TwilioWebhookRequest =>
  post(new URLSearchParams(fields).toString());

test('reads an incoming call', () => {
  const webhook = parseTwilioWebhook(form(webhookForms()['voice-webhook']!));
  expect(webhook).toMatchObject({
    callSid: 'CA0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    accountSid: 'AC00112233445566778899aabbccddeeff',
    from: '+15005550010',
    to: '+15005550020',
    callStatus: 'ringing',
    direction: 'inbound',
    stirVerstat: 'TN-Validation-Passed-A',
  });
});

test.each(Object.entries(webhookForms()))('keeps every field of %s', (_name, fields) => {
  expect({ ...parseTwilioWebhook(form(fields)).fields }).toEqual(fields);
});

test('keeps fields that nobody knows yet, and all values of a name that came several times', () => {
  const { fields } = parseTwilioWebhook(post('CallSid=CA1&Future=a%20b&Media=1&Media=2&Media=3'));
  expect(fields['Future']).toBe('a b');
  expect(fields['Media']).toEqual(['1', '2', '3']);
});

test('takes a field of any name, also one that objects have by themselves', () => {
  const { fields } = parseTwilioWebhook(post('__proto__=x&constructor=y&toString=z&toString=q'));
  expect(Object.keys(fields)).toEqual(['__proto__', 'constructor', 'toString']);
  expect(fields['toString']).toEqual(['z', 'q']);
  expect(parseTwilioWebhook(post('')).fields['constructor']).toBeUndefined();
});

test('leaves an empty value in the fields, and does not call it a value', () => {
  const webhook = parseTwilioWebhook(post('CallerName=&From=%2B1'));
  expect(webhook.fields['CallerName']).toBe('');
  expect(webhook.callerName).toBeUndefined();
});

test('reads the query of a GET', () => {
  const request = {
    method: 'GET',
    query: '?CallSid=CA1&From=%2B15005550010',
    headers: {},
    rawBody: Buffer.alloc(0),
  };
  expect(parseTwilioWebhook(request)).toMatchObject({ callSid: 'CA1', from: '+15005550010' });
});

test('reads a JSON body, and keeps what is no text as JSON', () => {
  const webhook = parseTwilioWebhook(
    post('{"CallSid":"CA1","Count":3,"Nested":{"a":[1]}}', 'application/json; charset=utf-8'),
  );
  expect(webhook.callSid).toBe('CA1');
  expect({ ...webhook.fields }).toEqual({ CallSid: 'CA1', Count: '3', Nested: '{"a":[1]}' });
});

test.each([
  ['JSON that is none', post('{"CallSid"', 'application/json')],
  ['JSON that is no object', post('[1]', 'application/json')],
  ['a body of another kind', post('x', 'multipart/form-data; boundary=a')],
  ['a call id that came twice', post('CallSid=CA1&CallSid=CA2')],
])('refuses %s', (_what, request) => {
  expect(() => parseTwilioWebhook(request)).toThrow(TwilioWebhookFormatError);
});

test('a form of any pairs comes back as it was sent', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))),
      (pairs) => {
        const body = new URLSearchParams();
        for (const [name, value] of pairs) body.append(`x${name}`, value);
        const { fields } = parseTwilioWebhook(post(body.toString()));
        for (const [name, value] of pairs) expect([fields[`x${name}`]].flat()).toContain(value);
        expect(Object.values(fields).flat().length).toBe(pairs.length);
      },
    ),
  );
});

test('bytes of any kind are read or refused, never more', () => {
  const types = fc.constantFrom(FORM, 'application/json', 'text/plain', '');
  fc.assert(
    fc.property(fc.uint8Array(), types, (bytes, type) => {
      try {
        parseTwilioWebhook(post(bytes, type));
      } catch (error) {
        expect(error).toBeInstanceOf(TwilioWebhookFormatError);
      }
    }),
  );
});
