import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The account that provider and carrier of these tests share. */
export const SIGNATURE_SECRET = 'a secret of these tests';
/** Both directions: 20 ms are 640 bytes. */
export const AUDIO = { encoding: 'L16', sampleRate: 16_000, byteOrder: 'little-endian' } as const;
export const CONTENT_TYPE = 'audio/l16;rate=16000';

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseRecord(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

export function textOf(record: Readonly<Record<string, unknown>>, name: string): string {
  const value = record[name];
  return typeof value === 'string' ? value : '';
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function signature(signed: string): string {
  return createHmac('sha256', SIGNATURE_SECRET).update(signed).digest('base64url');
}

function payloadHash(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

/** The `Authorization` header of a webhook: a JWT (HS256) over the body's hash. */
export function signWebhook(body: string): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ payload_hash: payloadHash(body) })}`;
  return `Bearer ${signed}.${signature(signed)}`;
}

export function isSignedWebhook(authorization: string | undefined, body: Uint8Array): boolean {
  const [header, claims, given] = authorization?.replace(/^Bearer /, '').split('.') ?? [];
  if (header === undefined || claims === undefined || given === undefined) return false;
  const expected = Buffer.from(signature(`${header}.${claims}`));
  const actual = Buffer.from(given);
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) return false;
  const { payload_hash } = parseRecord(Buffer.from(claims, 'base64url').toString());
  return payload_hash === payloadHash(body);
}
