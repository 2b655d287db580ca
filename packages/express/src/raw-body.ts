import type { IncomingMessage } from 'node:http';

/** What became of a request's body. */
export type RawBody =
  | { readonly outcome: 'read'; readonly bytes: Uint8Array }
  /** Longer than allowed; what is left was not read. */
  | { readonly outcome: 'too-large' }
  /** Something before us has read it and kept no bytes. */
  | { readonly outcome: 'consumed' }
  /** The sender is gone. */
  | { readonly outcome: 'aborted' };

/**
 * Reads a request's body as the bytes that came, which is what signatures cover.
 *
 * Where something has read it before, the bytes that it kept are taken: `rawBody` (a usual name in
 * `verify` hooks of body parsers and on serverless platforms) or a `body` of bytes (`express.raw()`).
 */
export async function readRawBody(request: IncomingMessage, maxBytes: number): Promise<RawBody> {
  const kept = keptBytes(request);
  if (kept) {
    return kept.byteLength > maxBytes ? { outcome: 'too-large' } : { outcome: 'read', bytes: kept };
  }
  if (!hasBody(request)) return { outcome: 'read', bytes: new Uint8Array() };
  if (request.readableDidRead) return { outcome: 'consumed' };
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return { outcome: 'too-large' };
  return collect(request, maxBytes);
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return (
    request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
  );
}

function keptBytes(request: IncomingMessage): Uint8Array | undefined {
  if ('rawBody' in request && request.rawBody instanceof Uint8Array) return request.rawBody;
  if ('body' in request && request.body instanceof Uint8Array) return request.body;
  return undefined;
}

function collect(request: IncomingMessage, maxBytes: number): Promise<RawBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (body: RawBody): void => {
      request.off('data', onData).off('end', onEnd).off('close', onGone);
      resolve(body);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > maxBytes) {
        request.pause();
        finish({ outcome: 'too-large' });
      } else {
        chunks.push(chunk);
      }
    };
    const onEnd = (): void => finish({ outcome: 'read', bytes: Buffer.concat(chunks, length) });
    const onGone = (): void => finish({ outcome: 'aborted' });
    // An `error` is followed by `close`; without a listener it would end the process.
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}
