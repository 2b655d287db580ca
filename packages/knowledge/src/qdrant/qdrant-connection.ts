import type { QdrantClient } from '@qdrant/js-client-rest';
import { driverMissing } from '../errors.ts';

const TIMEOUT_MS = 30_000;

export interface QdrantConnectionOptions {
  readonly url: string;
  readonly apiKey?: string | undefined;
}

/** Makes a client; nothing is sent yet. */
export async function openQdrant({ url, apiKey }: QdrantConnectionOptions): Promise<QdrantClient> {
  let driver;
  try {
    driver = await import('@qdrant/js-client-rest');
  } catch (cause) {
    throw driverMissing("Qdrant's client is not installed: npm i @qdrant/js-client-rest.", cause);
  }
  return new driver.QdrantClient({
    url,
    // As `apiKey` the client would warn on the console where the server is not behind TLS.
    ...(apiKey !== undefined && { headers: { 'api-key': apiKey } }),
    timeout: TIMEOUT_MS,
    // It would write to the console.
    checkCompatibility: false,
  });
}
