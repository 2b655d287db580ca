import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';

/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_BYTES = 32;

/** An Ed25519 key pair, as Telnyx has one for each account. */
export class TelnyxSigningKey {
  /** Base64 of 32 bytes, as the Telnyx portal shows it: the server's `TELNYX_PUBLIC_KEY`. */
  readonly publicKey: string;
  readonly #key: KeyObject;

  /**
   * @param privateKey Base64 of the 32 bytes from which the pair is made (the seed of RFC 8032).
   * @throws RangeError where it is not that.
   */
  constructor(privateKey: string) {
    const seed = Buffer.from(privateKey, 'base64');
    if (seed.length !== KEY_BYTES || seed.toString('base64') !== privateKey) {
      throw new RangeError('A private key is 32 bytes in base64: 44 characters.');
    }
    this.#key = createPrivateKey({
      key: Buffer.concat([PKCS8_HEAD, seed]),
      format: 'der',
      type: 'pkcs8',
    });
    const spki = createPublicKey(this.#key).export({ format: 'der', type: 'spki' });
    this.publicKey = spki.subarray(-KEY_BYTES).toString('base64');
  }

  /**
   * The signature of a webhook as base64: over the time stamp, a bar and the body as it is sent
   * (Telnyx docs, "Receiving Webhooks", "Webhook signing").
   *
   * @param timestamp Seconds since 1970, as in the header `telnyx-timestamp`.
   */
  sign(timestamp: string, rawBody: string): string {
    return sign(null, Buffer.from(`${timestamp}|${rawBody}`), this.#key).toString('base64');
  }
}
