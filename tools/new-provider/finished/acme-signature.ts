import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a webhook of Acme proves its sender with. */
export interface AcmeSignatureRequest {
  readonly secret: string;
  readonly signature: string | undefined;
  readonly rawBody: Uint8Array;
}

export function verifyAcmeSignature(request: AcmeSignatureRequest): boolean {
  const { secret, signature = '', rawBody } = request;
  const expected = createHmac('sha256', secret).update(rawBody).digest();
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
