import { readFileSync } from 'node:fs';
import { signedUrl, signTwilioRequest } from './twilio-signature.ts';

interface Vector {
  readonly id: string;
  readonly kind: string;
  readonly authToken: string;
  readonly signedUrl: string;
  readonly params: Readonly<Record<string, string | string[]>>;
  readonly signature: string;
}

const { vectors } = JSON.parse(
  readFileSync(new URL('../test-support/signature-vectors.json', import.meta.url), 'utf8'),
) as { vectors: Vector[] };

test.each(vectors.map((vector) => [vector.id, vector] as const))(
  'the signature agrees with vector %s',
  (_, vector) => {
    const fields = Object.entries(vector.params).flatMap(([name, value]) =>
      [value].flat().map((one) => [name, one] as const),
    );
    expect(signTwilioRequest(vector.authToken, vector.signedUrl, fields)).toBe(vector.signature);
  },
);

test('there are vectors for forms, queries, JSON bodies and upgrades', () => {
  expect(new Set(vectors.map(({ kind }) => kind))).toEqual(
    new Set(['form', 'get', 'json', 'websocket-upgrade']),
  );
});

test.each([
  ['https://a.test:8443/v?x=a%20b', 'https://a.test/v?x=a%20b'],
  ['https://a.test:443/v', 'https://a.test/v'],
  ['http://a.test:8080/v', 'http://a.test:8080/v'],
  ['wss://a.test:8443/m', 'wss://a.test/m'],
  ['ws://127.0.0.1:8000/m', 'ws://127.0.0.1:8000/m'],
  ['https://user:secret@a.test/v#rc=2&rp=all', 'https://a.test/v'],
  ['https://a.test/%7Ev/../w/', 'https://a.test/%7Ev/../w/'],
])('%s is signed as %s', (url, expected) => {
  expect(signedUrl(url)).toBe(expected);
});
