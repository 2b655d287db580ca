import { SfuModels } from '@stream-io/video-client';
import {
  type ApiError,
  callEnded,
  internalError,
  rateLimited,
  tokenExpired,
} from './coordinator/api-error.ts';
import type { CoordinatorSockets } from './coordinator/coordinator-sockets.ts';
import type { NetworkFaults, PacketDirection, PacketFaults } from './network-faults.ts';
import type { JoinRefusal, MediaServers } from './sfu/media-servers.ts';

const { ErrorCode, GoAwayReason, WebsocketReconnectStrategy } = SfuModels;

/**
 * How a join fails. The first four come from the coordinator, as answers to the request; the others from the media
 * server, after the coordinator let the client pass.
 */
export type JoinRefusalKind =
  | 'token-expired'
  | 'call-ended'
  | 'rate-limited'
  | 'internal-error'
  | 'call-full'
  | 'server-full'
  | 'server-shutting-down';

const coordinatorRefusals: Readonly<Partial<Record<JoinRefusalKind, () => ApiError>>> = {
  'token-expired': tokenExpired,
  'call-ended': callEnded,
  'rate-limited': rateLimited,
  'internal-error': internalError,
};

/** What a full call and a full or leaving media server say. */
export const mediaRefusals: Readonly<
  Record<'call-full' | 'server-full' | 'server-shutting-down', JoinRefusal>
> = {
  'call-full': {
    code: ErrorCode.CALL_PARTICIPANT_LIMIT_REACHED,
    message: 'the call has reached its limit of participants',
    strategy: WebsocketReconnectStrategy.DISCONNECT,
  },
  'server-full': {
    code: ErrorCode.SFU_FULL,
    message: 'the media server is full',
    strategy: WebsocketReconnectStrategy.MIGRATE,
  },
  'server-shutting-down': {
    code: ErrorCode.SFU_SHUTTING_DOWN,
    message: 'the media server is shutting down',
    strategy: WebsocketReconnectStrategy.MIGRATE,
  },
};

export interface RefuseJoinsOptions {
  /** Undefined: everybody's joins. */
  readonly userId?: string | undefined;
  /** How many joins fail; undefined: all until {@link StandinFaults.clear}. */
  readonly times?: number | undefined;
}

interface Refusal {
  readonly kind: JoinRefusalKind;
  readonly userId: string | undefined;
  remaining: number;
}

export interface FaultyParts {
  readonly network: NetworkFaults;
  readonly sockets: CoordinatorSockets;
  readonly media: MediaServers;
}

/** Faults on command. Each concerns one user, or everybody where no user is named. */
export class StandinFaults {
  readonly #parts: FaultyParts;
  #refusals: Refusal[] = [];

  constructor(parts: FaultyParts) {
    this.#parts = parts;
  }

  /** Breaks the sockets to the coordinator without a closing handshake; returns how many. Calls go on. */
  dropCoordinatorSockets(userId?: string): number {
    return this.#parts.sockets.drop(userId);
  }

  /** Breaks the signalling sockets to the media servers; returns how many. Clients come back with FAST. */
  dropMediaSockets(userId?: string): number {
    const participants = this.#parts.media.everyParticipant(userId);
    for (const { session } of participants) session.socket.terminate();
    return participants.length;
  }

  /** Has the media server ask clients for one of the ways to reconnect; returns how many were asked. */
  askToReconnect(strategy: 'FAST' | 'REJOIN' | 'MIGRATE' | 'DISCONNECT', userId?: string): number {
    const participants = this.#parts.media.everyParticipant(userId);
    const error = {
      code: ErrorCode.INTERNAL_SERVER_ERROR,
      message: 'on command',
      shouldRetry: true,
    };
    const reconnectStrategy = WebsocketReconnectStrategy[strategy];
    for (const { session } of participants) {
      session.send({ oneofKind: 'error', error: { error, reconnectStrategy } });
    }
    return participants.length;
  }

  /** Has the media servers tell clients to leave for another one, as before a shutdown; returns how many. */
  goAway(userId?: string): number {
    const participants = this.#parts.media.everyParticipant(userId);
    const reason = GoAwayReason.SHUTTING_DOWN;
    for (const { session } of participants) {
      session.send({ oneofKind: 'goAway', goAway: { reason } });
    }
    return participants.length;
  }

  /**
   * Loses and delays audio packets from now on; undefined ends it. What is lost follows from the stand-in's seed.
   *
   * @param direction Seen from the participant: `receive` is what the media server sends it.
   */
  setPacketFaults(
    direction: PacketDirection,
    faults: PacketFaults | undefined,
    userId?: string,
  ): void {
    this.#parts.network.setPacketFaults(direction, faults, userId);
  }

  /**
   * The network fails: audio packets and ICE checks are lost, requests and messages wait.
   *
   * @returns Ends the outage.
   */
  startOutage(userId?: string): () => void {
    return this.#parts.network.startOutage(userId);
  }

  /** Lets joins fail from now on. */
  refuseJoins(kind: JoinRefusalKind, options: RefuseJoinsOptions = {}): void {
    const { userId, times = Number.POSITIVE_INFINITY } = options;
    this.#refusals.push({ kind, userId, remaining: times });
  }

  /** Ends all faults that last. */
  clear(): void {
    this.#refusals = [];
    this.#parts.network.clear();
  }

  /** Whether a coordinator turns this join away. */
  coordinatorRefusal(userId: string): ApiError | undefined {
    const kind = this.#takeRefusal(userId, (candidate) => candidate in coordinatorRefusals);
    return kind === undefined ? undefined : coordinatorRefusals[kind]?.();
  }

  /** Whether a media server turns this join away. */
  mediaRefusal(userId: string): JoinRefusal | undefined {
    const kind = this.#takeRefusal(userId, (candidate) => candidate in mediaRefusals);
    return kind === undefined ? undefined : mediaRefusals[kind as keyof typeof mediaRefusals];
  }

  #takeRefusal(
    userId: string,
    concerns: (kind: JoinRefusalKind) => boolean,
  ): JoinRefusalKind | undefined {
    const refusal = this.#refusals.find(
      (candidate) =>
        candidate.remaining > 0 &&
        concerns(candidate.kind) &&
        (candidate.userId === undefined || candidate.userId === userId),
    );
    if (refusal === undefined) return undefined;
    refusal.remaining--;
    return refusal.kind;
  }
}
