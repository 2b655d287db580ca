import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TelnyxSigningKey } from './telnyx-signature.ts';

interface Vectors {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly vectors: readonly {
    readonly id: string;
    readonly timestamp: string;
    readonly rawBody: string;
    readonly signature: string;
  }[];
}

const { privateKey, publicKey, vectors } = JSON.parse(
  readFileSync(new URL('../test-support/telnyx-signature-vectors.json', import.meta.url), 'utf8'),
) as Vectors;

test('the public key belongs to the private one, as the portal shows it', () => {
  expect(new TelnyxSigningKey(privateKey).publicKey).toBe(publicKey);
});

test.each(vectors.map((vector) => [vector.id, vector] as const))(
  'the signature agrees with vector %s',
  (_, { timestamp, rawBody, signature }) => {
    expect(new TelnyxSigningKey(privateKey).sign(timestamp, rawBody)).toBe(signature);
  },
);

test('a signature is verified with the 32 bytes of the public key', () => {
  const key = new TelnyxSigningKey(Buffer.alloc(32, 7).toString('base64'));
  const spki = Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from(key.publicKey, 'base64'),
  ]);
  const publicKeyObject = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const signature = Buffer.from(key.sign('1795340463', '{"a":1}'), 'base64');
  expect(verify(null, Buffer.from('1795340463|{"a":1}'), publicKeyObject, signature)).toBe(true);
  expect(verify(null, Buffer.from('1795340464|{"a":1}'), publicKeyObject, signature)).toBe(false);
});

test.each([
  '',
  'AAAA',
  'not base64 at all, but long enough to be!!!',
  Buffer.alloc(64).toString('base64'),
])('"%s" is no private key', (text) => {
  expect(() => new TelnyxSigningKey(text)).toThrow(RangeError);
});
