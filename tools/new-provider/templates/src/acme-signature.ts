import { unfinished } from './unfinished.ts';

/** What a webhook of Acme proves its sender with. */
export interface AcmeSignatureRequest {
  readonly secret: string;
  /** The header `x-acme-signature`. */
  readonly signature: string | undefined;
  /** The body's bytes as they came. */
  readonly rawBody: Uint8Array;
}

/**
 * Whether a webhook is Acme's. Compares in constant time, and never throws, whatever came.
 *
 * Source: name the title and section of Acme's documentation here.
 */
export function verifyAcmeSignature(_request: AcmeSignatureRequest): boolean {
  return unfinished(
    'verifyAcmeSignature() in src/acme-signature.ts',
    'Compute the signature over the raw body (node:crypto), and compare with timingSafeEqual.',
  );
}
