import { createHash } from 'node:crypto';
import * as ed25519 from '@noble/ed25519';

/** What {@link verifyTelnyxWebhook} looks at. */
export interface TelnyxSignatureRequest {
  /** The account's public key as the Telnyx portal shows it: base64 of 32 bytes. */
  readonly publicKey: string;
  /** Header `telnyx-signature-ed25519`. */
  readonly signature: string | undefined;
  /** Header `telnyx-timestamp`: seconds since 1970, in digits. */
  readonly timestamp: string | undefined;
  /** The body's bytes as they came: one that was parsed and written again has another signature. */
  readonly rawBody: Uint8Array | string;
  /** The time now, in seconds since 1970. Default: this machine's clock. */
  readonly now?: number | undefined;
  /** How far the timestamp may be from `now`, either way; default 300. */
  readonly toleranceSeconds?: number | undefined;
}

const DEFAULT_TOLERANCE_SECONDS = 300;
const SIGNATURE_BYTES = 64;
const PUBLIC_KEY_BYTES = 32;

/**
 * Tells whether a webhook was signed by Telnyx: Ed25519 over `timestamp|body`, after "Webhook
 * fundamentals: webhook signing". Strict: padded base64 only, whole seconds only, and a signature
 * that RFC 8032 takes. Never throws, whatever came. Whoever has a whole signed webhook can send it
 * again within the tolerance: de-duplicate by its `data.id`.
 */
export function verifyTelnyxWebhook(request: TelnyxSignatureRequest): boolean {
  const { signature, timestamp, rawBody, publicKey } = request;
  const now = request.now ?? Date.now() / 1000;
  const tolerance = request.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
  if (typeof timestamp !== 'string' || !/^\d{1,15}$/.test(timestamp)) return false;
  // Written so that a time that is no number refuses.
  if (!(Math.abs(now - Number(timestamp)) <= tolerance)) return false;
  const signatureBytes = decodeStrictly(signature, SIGNATURE_BYTES);
  const key = publicKeyBytes(publicKey);
  if (!signatureBytes || !key) return false;
  if (typeof rawBody !== 'string' && !(rawBody instanceof Uint8Array)) return false;
  const body = typeof rawBody === 'string' ? Buffer.from(rawBody, 'utf8') : rawBody;
  const message = Buffer.concat([Buffer.from(`${timestamp}|`, 'latin1'), body]);
  ed25519.hashes.sha512 ??= sha512;
  try {
    return ed25519.verify(signatureBytes, message, key, { zip215: false });
  } catch {
    return false;
  }
}

/** The key's bytes, or undefined where it is not base64 of 32 bytes. */
export function publicKeyBytes(publicKey: unknown): Uint8Array | undefined {
  return decodeStrictly(publicKey, PUBLIC_KEY_BYTES);
}

/** `Buffer` reads hex, base64url and noise as base64 too, so only what it writes again the same counts. */
function decodeStrictly(text: unknown, length: number): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length !== Math.ceil(length / 3) * 4) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text
    ? new Uint8Array(bytes)
    : undefined;
}

function sha512(message: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha512').update(message).digest());
}
