import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A recorded or generated fact of Telnyx's protocol, from `fixtures/`. */
export function readFixture<Shape>(name: string): Shape {
  return JSON.parse(
    readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'),
  ) as Shape;
}

type Json = Record<string, unknown>;

/** Telnyx's sample messages by direction and event: `in-media`, `out-clear`. */
export const mediaMessages = (): Readonly<Record<string, Json>> => readFixture('media-messages');

export interface SampleWebhook {
  readonly data: {
    readonly event_type: string;
    readonly id: string;
    readonly occurred_at: string;
    readonly payload: Json;
  };
}

/** Telnyx's sample webhooks by name: `call.initiated-outgoing`. */
export const webhooks = (): Readonly<Record<string, SampleWebhook>> => readFixture('webhooks');

interface Exchange {
  readonly request: { readonly method: string; readonly path: string; readonly body: Json };
  readonly response: { readonly status: number; readonly body: Json };
}

/** Telnyx's sample REST requests and their answers by name: `error-ended`. */
export const restExchanges = (): Readonly<Record<string, Exchange>> => readFixture('rest');

interface Keys {
  readonly public_key_base64: string;
  readonly test_only_private_seed_base64: string;
}

const keys = readFixture<Keys>('signatures');
const privateKey = createPrivateKey({
  key: Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from(keys.test_only_private_seed_base64, 'base64'),
  ]),
  format: 'der',
  type: 'pkcs8',
});

/** The public key of the pair that {@link signWebhook} signs with. */
export const PUBLIC_KEY = keys.public_key_base64;

/** Signs a body as Telnyx does, by Node's own Ed25519. */
export function signWebhook(timestamp: string, rawBody: Uint8Array | string): string {
  const message = Buffer.concat([Buffer.from(`${timestamp}|`), Buffer.from(rawBody)]);
  return sign(null, message, privateKey).toString('base64');
}
