import type { EdgeUser } from '@phone-agents/core';
import type { StreamClient } from '@stream-io/node-sdk';
import { toStreamVideoError } from './stream-video-error.ts';

export interface StreamServerOptions {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly baseUrl: string;
  readonly requestTimeoutMs: number;
  readonly tokenValidityMs: number;
  readonly creatorId: string;
}

/** What is sent is not what the settings of the call's type say: publishers here send neither DTX nor RED. */
const AUDIO_SETTINGS = {
  opus_dtx_enabled: false,
  redundant_coding_enabled: false,
} as const;

/** Stream's REST interface for servers: users, calls and tokens. */
export class StreamServer {
  readonly #client: StreamClient;
  readonly #options: StreamServerOptions;
  #creator: Promise<void> | undefined;

  private constructor(client: StreamClient, options: StreamServerOptions) {
    this.#client = client;
    this.#options = options;
  }

  static async open(options: StreamServerOptions): Promise<StreamServer> {
    const { StreamClient } = await import('@stream-io/node-sdk');
    const client = new StreamClient(options.apiKey, options.apiSecret, {
      basePath: options.baseUrl,
      timeout: options.requestTimeoutMs,
    });
    return new StreamServer(client, options);
  }

  /** Makes the call, or finds the one that is there. */
  async createCall(type: string, id: string): Promise<void> {
    const { creatorId } = this.#options;
    this.#creator ??= this.upsertUser({ id: creatorId }).catch((error: unknown) => {
      this.#creator = undefined;
      throw error;
    });
    await this.#creator;
    await this.#ask(() =>
      this.#client.video.call(type, id).getOrCreate({
        data: {
          created_by_id: creatorId,
          settings_override: {
            // Nothing here has a microphone that could be switched on.
            audio: { ...AUDIO_SETTINGS, default_device: 'speaker', mic_default_on: false },
          },
        },
      }),
    );
  }

  async endCall(type: string, id: string): Promise<void> {
    await this.#ask(() => this.#client.video.call(type, id).end());
  }

  async upsertUser({ id, name }: EdgeUser): Promise<void> {
    await this.#ask(() => this.#client.upsertUsers([name === undefined ? { id } : { id, name }]));
  }

  /** A token with which `userId` may connect from now on. */
  createToken(userId: string): string {
    return this.#client.generateUserToken({
      user_id: userId,
      validity_in_seconds: Math.max(1, Math.round(this.#options.tokenValidityMs / 1000)),
    });
  }

  async #ask<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    try {
      return await request();
    } catch (error) {
      throw toStreamVideoError(error);
    }
  }
}
