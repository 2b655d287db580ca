import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaSocket, TelephonyProvider } from '@phone-agents/core';
import { delegateProvider } from './delegate-provider.ts';

/** Members whose texts tell of the protocol, and of nobody. All others are replaced. */
const KEPT: ReadonlySet<string> = new Set([
  ...['event', 'event_type', 'record_type', 'direction', 'state', 'digit', 'track', 'version'],
  ...['encoding', 'codec', 'offered_codecs', 'connection_codecs', 'status', 'result', 'title'],
  ...['hangup_cause', 'hangup_source', 'sip_hangup_cause', 'failure_reason', 'stream_type'],
  ...['sequence_number', 'chunk', 'timestamp', 'mos', 'packet_count', 'skip_packet_count'],
  ...['jitter_max_variance', 'jitter_packet_count', 'calling_party_type', 'stream_track'],
]);

const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/^\+\d{5,15}$/, '<number in E.164>'],
  [/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i, '<UUID>'],
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/, '<time in ISO 8601>'],
  [/^wss?:/, '<WebSocket URL>'],
  [/^https?:/, '<URL>'],
  [/^v\d:/, '<call control id>'],
];

/**
 * A message without anything that belongs to somebody: structure, types and the words of the protocol
 * stay, all other texts become a description of their shape.
 */
export function redactSample(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => redactSample(item));
  if (typeof value === 'object' && value !== null) {
    // Names of headers and of parameters are the user's own.
    const isNamed = 'name' in value && 'value' in value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, redactSample(member, isNamed ? '' : key)]),
    );
  }
  if (typeof value !== 'string' || value === '' || KEPT.has(name)) return value;
  if (name === 'payload') return `<base64 of ${Buffer.from(value, 'base64').length} bytes>`;
  const shape = SHAPES.find(([pattern]) => pattern.test(value));
  return shape?.[1] ?? `<text of ${value.length} characters>`;
}

/** Keeps one redacted message of each kind that Telnyx sends, by webhook or over a media socket. */
export class SampleRecorder {
  readonly #samples = new Map<string, unknown>();
  readonly #awaited = new Map<string, () => void>();

  /** The same provider; what it is sent is looked at on its way. */
  watch(provider: TelephonyProvider): TelephonyProvider {
    return delegateProvider(provider, {
      handleWebhook: (request, host) => {
        this.#take('webhook', Buffer.from(request.rawBody).toString());
        return provider.handleWebhook(request, host);
      },
      createMediaStream: (socket, options) =>
        provider.createMediaStream(this.#watchSocket(socket), options),
    });
  }

  /** Resolves when there is a sample of that name: `webhook-call.hangup`, `ws-in-start`. */
  recorded(name: string): Promise<void> {
    if (this.#samples.has(name)) return Promise.resolve();
    return new Promise((resolve) => this.#awaited.set(name, resolve));
  }

  /** Writes all of them into a folder; resolves with the files' names. */
  async save(folder: string): Promise<string[]> {
    await mkdir(folder, { recursive: true });
    const files = [...this.#samples].map(([name, sample]) => ({ name: `${name}.json`, sample }));
    await Promise.all(
      files.map(({ name, sample }) =>
        writeFile(join(folder, name), `${JSON.stringify(sample, undefined, 2)}\n`),
      ),
    );
    return files.map(({ name }) => name);
  }

  #watchSocket(socket: MediaSocket): MediaSocket {
    return {
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      send: (data) => socket.send(data),
      close: (code, reason) => socket.close(code, reason),
      setHandlers: (handlers) =>
        socket.setHandlers({
          ...handlers,
          message: (data, isBinary) => {
            if (!isBinary) this.#take('ws-in', Buffer.from(data).toString());
            handlers.message(data, isBinary);
          },
        }),
    };
  }

  #take(way: string, text: string): void {
    let message: { event?: unknown; data?: { event_type?: unknown } };
    try {
      message = JSON.parse(text) as typeof message;
    } catch {
      return;
    }
    const kind = message.event ?? message.data?.event_type;
    if (typeof kind !== 'string' || !/^[\w.-]{1,60}$/.test(kind)) return;
    const name = `${way}-${kind}`;
    if (this.#samples.has(name)) return;
    this.#samples.set(name, redactSample(message));
    this.#awaited.get(name)?.();
  }
}
