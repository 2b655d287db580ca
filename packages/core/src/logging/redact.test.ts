import fc from 'fast-check';
import { TestLogger } from '../testing/test-logger.ts';
import { createRedactingLogger, maskPhoneNumber, redactText } from './redact.ts';

/** What a reader could put together again: everything that is a digit. */
function digitsOf(text: string): string {
  return text.replace(/%(?:25)?[\da-f]{2}/gi, '').replace(/\D/g, '');
}

test.each([
  ['E.164', '+15005550010'],
  ['grouped with spaces', '+1 500 555 0010'],
  ['grouped with dashes', '+1-500-555-0010'],
  ['grouped with dots', '+1.500.555.0010'],
  ['with its area code in brackets', '+1 (500) 555-0010'],
  ['with brackets and no spaces', '+1(500)555-0010'],
  ['with a trunk zero in brackets', '+44 (0)20 7946 0010'],
  ['grouped with slashes', '+49 30/5550010'],
  ['with no-break spaces', '+1\u00a0500\u00a0555\u00a00010'],
  ['with long dashes', '+1–500–555–0010'],
  ['after 00', '0044 20 7946 0010'],
  ['percent-encoded', '%2B15005550010'],
  ['percent-encoded in lower case', '%2b15005550010'],
  ['percent-encoded twice', '%252B15005550010'],
  ['percent-encoded with its spaces', '%2B1%20500%20555%200010'],
  ['percent-encoded with brackets', '%2B1%20%28500%29%20555%2D0010'],
])('a number is masked where it is written %s', (_spelling, number) => {
  const text = redactText(`Call from ${number}, please`);
  expect(text).toContain('•');
  expect(digitsOf(text).length).toBeLessThanOrEqual(2);
  expect(text).toMatch(/^Call from .*10, please$/);
});

test('several numbers in one text are masked each', () => {
  expect(redactText('From=%2B15005550010&To=%2B15005550099')).toBe(
    'From=+•••••••••10&To=+•••••••••99',
  );
});

test('what is no number stays readable', () => {
  for (const text of [
    'took 35 ms, 1+1 tries, offset +02:00',
    'call 3f0045a100123456789abcdef after 2026-11-22T09:41:00.000Z',
    'port 8000, code 31951, 100 % of 50 frames',
  ]) {
    expect(redactText(text)).toBe(text);
  }
});

test.each([
  ['anonymous', 'anonymous'],
  ['+15005550010', '+•••••••••10'],
  ['1234', '••••'],
  ['911', '•••'],
  ['sip:alice@example.com', 'sip:•••@example.com'],
  ['SIPS:+15005550010@example.com:5061', 'SIPS:•••@example.com:5061'],
  ['alice@example.com', '•••@example.com'],
])('maskPhoneNumber turns %s into %s', (number, masked) => {
  expect(maskPhoneNumber(number)).toBe(masked);
});

test('the user part of SIP addresses is hidden in text', () => {
  expect(redactText('from <sip:15005550010@sip.example.com;tag=1>')).toBe(
    'from <sip:•••@sip.example.com;tag=1>',
  );
  expect(redactText('to tel:1-500-555-0010')).toBe('to tel:•••');
});

test.each([
  ['a path', '/twilio/media/abc123/s3cr3t-T0ken_x', '/twilio/media/abc123/[redacted]'],
  [
    'an address',
    'wss://agent.example.com/p/carrier/media/abc123/s3cr3t?x=1',
    'wss://agent.example.com/p/carrier/media/abc123/[redacted]?x=1',
  ],
  [
    'an encoded address',
    'Url=wss%3A%2F%2Fagent.example.com%2Ftwilio%2Fmedia%2Fabc123%2Fs3cr3t-T&x=1',
    'Url=wss%3A%2F%2Fagent.example.com%2Ftwilio%2Fmedia%2Fabc123%2F[redacted]&x=1',
  ],
  [
    'TwiML',
    '<Stream url="wss://a.example/twilio/media/abc/s3cr3t"/>',
    '<Stream url="wss://a.example/twilio/media/abc/[redacted]"/>',
  ],
  ['a header', 'authorization: Basic c2VjcmV0OnNlY3JldA==', 'authorization: Basic [redacted]'],
  ['a bearer header', 'got Bearer s3cr3t.x-y_z', 'got Bearer [redacted]'],
  ['credentials', 'https://ACxxx:s3cr3t@api.example.com/', 'https://[redacted]@api.example.com/'],
])('a secret in %s is hidden', (_where, text, expected) => {
  expect(redactText(text)).toBe(expected);
});

test('fields that are secret by their name are hidden, whatever they hold', () => {
  const logger = new TestLogger();
  createRedactingLogger(logger).info(
    {
      authToken: 's3cr3t',
      headers: { 'X-Twilio-Signature': 's3cr3t', authorization: ['s3cr3t'] },
      apiKey: { id: 's3cr3t' },
      inputTokens: 17,
      tokenExpired: true,
    },
    'x',
  );
  expect(JSON.stringify(logger.lines)).not.toContain('s3cr3t');
  expect(logger.lines[0]!.fields).toMatchObject({ inputTokens: 17, tokenExpired: true });
});

test('fields that hold a number by their name are masked without a plus too', () => {
  const logger = new TestLogger();
  createRedactingLogger(logger).info(
    { from: '15005550010', to: 15005550010, callerNumber: '0500 5550010', state: 'ringing' },
    'x',
  );
  expect(logger.lines[0]!.fields).toEqual({
    from: '•••••••••10',
    to: '•••••••••10',
    callerNumber: '•••• •••••10',
    state: 'ringing',
  });
});

test('errors keep what helps and lose what identifies, however deep they are nested', () => {
  const logger = new TestLogger();
  const inner = Object.assign(new TypeError('cannot dial +15005550010'), { code: 'ERR_X' });
  const outer = new Error('failed at /twilio/media/abc/s3cr3t', {
    cause: new AggregateError([inner, 'to %2B15005550010'], 'both of +15005550010'),
  });
  createRedactingLogger(logger).error({ error: outer, list: [{ inner }] }, 'of +15005550010');
  const text = JSON.stringify(logger.lines);
  expect(text).not.toContain('5005550');
  expect(text).not.toContain('s3cr3t');
  expect(text).toContain('TypeError');
  expect(text).toContain('ERR_X');
  expect(text).toContain('redact.test.ts');
});

test('circular values, bytes, dates and functions do no harm', () => {
  const logger = new TestLogger();
  const circle: Record<string, unknown> = { number: '+15005550010' };
  circle['self'] = circle;
  const at = new Date(0);
  const toJSON = (): string => '+15005550010';
  createRedactingLogger(logger).warn(
    { circle, bytes: new Uint8Array(3), at, odd: { toJSON } },
    'x',
  );
  expect(logger.lines[0]!.fields).toMatchObject({ bytes: '[3 bytes]', at });
  expect(JSON.stringify(logger.lines)).not.toContain('5005550');
});

const spelling = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 8, maxLength: 15 }),
    fc.constantFrom('', ' ', '-', '.', '%20'),
    fc.constantFrom('+', '%2B', '%252b'),
    fc.integer({ min: 2, max: 4 }),
  )
  .map(([digits, separator, plus, size]) => {
    const text = digits.join('');
    const groups = text.match(new RegExp(`.{1,${size}}`, 'g'))!;
    return { digits: text, written: plus + groups.join(separator) };
  });

test('no number passes a wrapped logger whole, wherever in a line it stands', () => {
  fc.assert(
    fc.property(
      spelling,
      fc.constantFrom<(number: string) => Record<string, unknown>>(
        (number) => ({ note: `about ${number}.` }),
        (number) => ({ deep: { list: [{ note: number }] } }),
        (number) => ({ error: new Error(`no ${number}`, { cause: new Error(number) }) }),
        (number) => ({ [number]: 'a name' }),
        (number) => ({ query: `?From=${number}&To=${number}` }),
        (number) => ({ url: `https://agent.example.com/x/${number}?y=${number}` }),
        () => ({}),
      ),
      fc.constantFrom('debug', 'info', 'warn', 'error'),
      ({ digits, written }, fieldsOf, level) => {
        const logger = new TestLogger();
        createRedactingLogger(logger)[level](fieldsOf(written), `Call of ${written} failed`);
        const { fields, message } = logger.lines[0]!;
        // Line and column numbers of a stack are no part of a number: what matters is the run.
        const seen = digitsOf(JSON.stringify({ ...fields, message }).replace(/"stack":".*?"/g, ''));
        expect(seen).not.toContain(digits.slice(0, 6));
        expect(JSON.stringify(fields)).not.toContain(digits.slice(0, 6));
      },
    ),
    { numRuns: 500 },
  );
});

test('no media token passes a wrapped logger', () => {
  const token = fc.stringMatching(/^[\w-]{43}$/);
  fc.assert(
    fc.property(token, fc.boolean(), (secret, encoded) => {
      const url = `wss://agent.example.com/twilio/media/0123abcd/${secret}`;
      const logger = new TestLogger();
      const shown = encoded ? encodeURIComponent(url) : url;
      createRedactingLogger(logger).info({ url: shown, list: [shown] }, `opened ${shown}`);
      expect(JSON.stringify(logger.lines)).not.toContain(secret);
    }),
  );
});
