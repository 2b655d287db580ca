import type {
  ConfigurationProblem,
  EdgeCall,
  EdgeCallOptions,
  EdgeTransport,
} from '@phone-agents/core';
import {
  ConfigurationError,
  createRedactingLogger,
  silentLogger,
  systemClock,
} from '@phone-agents/core';
import type { OpusLibrary } from './opus/opus-library.ts';
import { loadOpus } from './opus/opus-library.ts';
import { StreamServer } from './stream-server.ts';
import type * as CallModule from './stream-video-call.ts';
import type { StreamVideoCall } from './stream-video-call.ts';
import type { StreamVideoEdgeOptions } from './stream-video-settings.ts';
import {
  isLoopbackUrl,
  resolveStreamVideoSettings,
  streamVideoSettingsProblems,
} from './stream-video-settings.ts';

const DEFAULT_CALL_TYPE = 'default';
const DEFAULT_CREATOR_ID = 'phone-agents';
const DEFAULT_TOKEN_VALIDITY_MS = 3_600_000;
const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;
const DEFAULT_RECONNECT_TIMEOUT_MS = 15_000;

/** What all calls of an edge share, made with the first one. */
interface Shared {
  readonly server: StreamServer;
  readonly opus: OpusLibrary;
  readonly calls: typeof CallModule;
}

/**
 * Calls on Stream Video: phones and agents of this process join them over WebRTC, and so may anybody with
 * a browser.
 *
 * @example
 * const phone = createPhone({ provider, edge: createStreamVideoEdge(), answer: agent, publicUrl });
 *
 * @throws RangeError for a time that is not above zero. What else is wrong in the settings is told by
 *   `checkSettings`, all at once.
 */
export function createStreamVideoEdge(options: StreamVideoEdgeOptions = {}): EdgeTransport {
  for (const name of ['tokenValidityMs', 'requestTimeoutMs', 'reconnectTimeoutMs'] as const) {
    const value = options[name];
    if (value !== undefined && !(value > 0)) throw new RangeError(`${name} must be above zero.`);
  }
  return new StreamVideoEdge(options);
}

class StreamVideoEdge implements EdgeTransport {
  readonly name = 'stream';
  readonly #options: StreamVideoEdgeOptions;
  readonly #calls = new Map<string, StreamVideoCall>();
  #shared: Promise<Shared> | undefined;

  constructor(options: StreamVideoEdgeOptions) {
    this.#options = options;
  }

  checkSettings(): readonly ConfigurationProblem[] {
    return streamVideoSettingsProblems(resolveStreamVideoSettings(this.#options));
  }

  /** @throws ConfigurationError, StreamVideoError */
  async createCall({ id }: EdgeCallOptions): Promise<EdgeCall> {
    const { callType = DEFAULT_CALL_TYPE } = this.#options;
    this.#shared ??= this.#share().catch((error: unknown) => {
      this.#shared = undefined;
      throw error;
    });
    const shared = await this.#shared;
    await shared.server.createCall(callType, id);
    let call = this.#calls.get(id);
    if (!call) {
      call = this.#newCall(id, callType, shared);
      this.#calls.set(id, call);
      call.signal.addEventListener('abort', () => this.#calls.delete(id), { once: true });
    }
    return call;
  }

  async #share(): Promise<Shared> {
    const settings = resolveStreamVideoSettings(this.#options);
    const problems = streamVideoSettingsProblems(settings);
    if (problems.length > 0) throw new ConfigurationError(problems);
    // WebRTC and the SDK are loaded with the first call and not with this package: they change globals.
    const [calls, { loadVideoSdk }, { allowLoopback }, opus, server] = await Promise.all([
      import('./stream-video-call.ts'),
      import('./sdk/load-sdk.ts'),
      import('./webrtc/peer-connection.ts'),
      loadOpus(),
      StreamServer.open({
        apiKey: settings.apiKey ?? '',
        apiSecret: settings.apiSecret ?? '',
        baseUrl: settings.baseUrl,
        requestTimeoutMs: this.#options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
        tokenValidityMs: this.#options.tokenValidityMs ?? DEFAULT_TOKEN_VALIDITY_MS,
        creatorId: this.#options.creatorId ?? DEFAULT_CREATOR_ID,
      }),
    ]);
    if (isLoopbackUrl(settings.baseUrl)) allowLoopback();
    // So that the first participant need not wait for it.
    await loadVideoSdk();
    return { calls, opus, server };
  }

  #newCall(id: string, type: string, { calls, opus, server }: Shared): StreamVideoCall {
    const { apiKey, baseUrl, locationHintUrl } = resolveStreamVideoSettings(this.#options);
    return new calls.StreamVideoCall({
      id,
      type,
      server,
      opus,
      clock: this.#options.clock ?? systemClock,
      // Users give their own logger, and Stream's SDK logs what it likes.
      logger: createRedactingLogger(this.#options.logger ?? silentLogger),
      details: {
        apiKey: apiKey ?? '',
        baseUrl,
        locationHintUrl,
        requestTimeoutMs: this.#options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
        reconnectTimeoutMs: this.#options.reconnectTimeoutMs ?? DEFAULT_RECONNECT_TIMEOUT_MS,
      },
    });
  }
}
