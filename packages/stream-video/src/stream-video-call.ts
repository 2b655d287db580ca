import type {
  Clock,
  EdgeCall,
  EdgeConnection,
  EdgeJoinOptions,
  EdgeUser,
  Logger,
} from '@phone-agents/core';
import { PhoneAgentError } from '@phone-agents/core';
import type { OpusLibrary } from './opus/opus-library.ts';
import type { StreamServer } from './stream-server.ts';
import type { JoinDetails } from './stream-video-connection.ts';
import { StreamVideoConnection } from './stream-video-connection.ts';

/** What Stream takes for the id of a user. */
const USER_ID = /^[\w@-]{1,255}$/;

export interface StreamVideoCallOptions {
  readonly id: string;
  readonly type: string;
  readonly server: StreamServer;
  readonly opus: OpusLibrary;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly details: Omit<JoinDetails, 'callType' | 'callId' | 'createToken'>;
}

/** One call on Stream, as far as this process takes part in it. */
export class StreamVideoCall implements EdgeCall {
  readonly id: string;
  readonly #options: StreamVideoCallOptions;
  readonly #abort = new AbortController();
  /** Those who are in, and those who are on their way in. */
  readonly #members = new Map<string, StreamVideoConnection | undefined>();
  #ending: Promise<void> | undefined;

  constructor(options: StreamVideoCallOptions) {
    this.id = options.id;
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async join(user: EdgeUser, options: EdgeJoinOptions): Promise<EdgeConnection> {
    this.#check(user, options);
    this.#members.set(user.id, undefined);
    const joining = this.#connect(user, options);
    // Stream's SDK cannot stop on the way: who does not want it any more leaves behind its back.
    return settledOrAborted(joining, [options.signal, this.signal], () => this.#refusal(options));
  }

  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  /** The call is over for everybody, as Stream tells. */
  #ended(): void {
    this.#abort.abort();
    for (const connection of [...this.#members.values()]) {
      connection?.finish({ reason: 'call-ended' });
    }
  }

  async #end(): Promise<void> {
    if (this.signal.aborted) return;
    const { server, type, logger } = this.#options;
    const connections = [...this.#members.values()];
    this.#ended();
    const ended = server.endCall(type, this.id).catch((error: unknown) => {
      // All of us leave; who is in the call besides stays there, on Stream's account.
      logger.warn({ callId: this.id, error }, 'Stream could not be told to end the call');
    });
    await Promise.all([ended, ...connections.map((connection) => connection?.leave())]);
  }

  async #connect(user: EdgeUser, options: EdgeJoinOptions): Promise<EdgeConnection> {
    const { server, type, opus, clock, logger, details } = this.#options;
    const { id } = user;
    let connection: StreamVideoConnection | undefined;
    try {
      await server.upsertUser(user);
      this.#throwIfOver(options);
      connection = await StreamVideoConnection.join(
        {
          user,
          sampleRate: options.sampleRate,
          opus,
          clock,
          logger,
          onOver: () => this.#members.delete(id),
          onCallEnded: () => this.#ended(),
        },
        {
          ...details,
          callType: type,
          callId: this.id,
          createToken: () => server.createToken(id),
        },
      );
      this.#throwIfOver(options);
    } catch (error) {
      this.#members.delete(id);
      await connection?.leave();
      throw this.#refusal(options) ?? error;
    }
    this.#members.set(id, connection);
    return connection;
  }

  #check(user: EdgeUser, options: EdgeJoinOptions): void {
    this.#throwIfOver(options);
    if (!USER_ID.test(user.id)) {
      throw new PhoneAgentError(
        'edge_user_invalid',
        'Stream takes letters, digits, _, - and @ in the id of a user, 255 of them at most.',
      );
    }
    if (this.#members.has(user.id)) {
      throw new PhoneAgentError('edge_user_exists', `${user.id} is in the call already.`);
    }
  }

  #throwIfOver(options: EdgeJoinOptions): void {
    const refusal = this.#refusal(options);
    if (refusal) throw refusal;
  }

  #refusal({ signal }: EdgeJoinOptions): PhoneAgentError | undefined {
    if (this.signal.aborted) {
      return new PhoneAgentError('edge_call_ended', 'The call on the edge has ended.');
    }
    if (signal?.aborted) {
      return new PhoneAgentError('edge_join_aborted', 'Joining the call was given up.');
    }
    return undefined;
  }
}

/** What `promise` comes to, unless one of the signals is aborted before. */
async function settledOrAborted<Value>(
  promise: Promise<Value>,
  signals: readonly (AbortSignal | undefined)[],
  refusal: () => Error | undefined,
): Promise<Value> {
  const settled = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const signal = AbortSignal.any(signals.filter((candidate) => candidate !== undefined));
    const give = (): void => reject(refusal() ?? new Error('aborted'));
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true, signal: settled.signal });
  });
  promise.catch(() => {});
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    settled.abort();
  }
}
