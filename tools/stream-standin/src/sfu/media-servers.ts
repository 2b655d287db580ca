import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type SfuEvents, SfuModels } from '@stream-io/video-client';
import type { WebSocket } from 'ws';
import type { StandinUser, UserStore } from '../coordinator/user-store.ts';
import { signToken, verifyToken } from '../coordinator/tokens.ts';
import { isObject, textField } from '../json.ts';
import type { LocalAnswer, LocalRequest } from '../local-server.ts';
import type { NetworkFaults } from '../network-faults.ts';
import { MediaCall } from './media-call.ts';
import { MediaParticipant, toTimestamp } from './media-participant.ts';
import { SfuSession } from './sfu-session.ts';
import { SfuSocket } from './sfu-socket.ts';
import { callProcedure, rpcFailure, SIGNAL_SERVICE, twirpError } from './signal-rpc.ts';

const { ErrorCode, WebsocketReconnectStrategy, CallEndedReason } = SfuModels;

/** A token for a media server lives as long as a call may. */
const TOKEN_LIFETIME_SECONDS = 6 * 60 * 60;

/** Why a media server lets somebody not in, in the protocol's own codes. */
export interface JoinRefusal {
  readonly code: SfuModels.ErrorCode;
  readonly message: string;
  readonly strategy: SfuModels.WebsocketReconnectStrategy;
}

export interface MediaServersOptions {
  readonly users: UserStore;
  readonly network: NetworkFaults;
  readonly seed: number;
  /** How long a participant whose socket broke may take to come back. */
  readonly fastReconnectDeadlineSeconds: number;
  /** Asked at every join. */
  refuseJoin(cid: string, userId: string, isNew: boolean): JoinRefusal | undefined;
  /** Somebody came, went, muted or unmuted. */
  changed(): void;
}

/** What a token for a media server permits. */
interface MediaGrant {
  readonly cid: string;
  readonly userId: string;
  readonly edge: string;
}

/** Where a signalling socket belongs once its client has joined. */
interface Place {
  readonly call: MediaCall;
  readonly participant: MediaParticipant;
  readonly session: SfuSession;
}

/** The media servers: they share their calls, so that participants on different ones hear each other. */
export class MediaServers {
  readonly #options: MediaServersOptions;
  readonly #calls = new Map<string, MediaCall>();
  readonly #sessions = new Set<SfuSession>();
  readonly #participantOf = new WeakMap<SfuSession, MediaParticipant>();
  readonly #secret = randomBytes(32).toString('hex');

  constructor(options: MediaServersOptions) {
    this.#options = options;
  }

  /** Lets a user join a call at one of the media servers. */
  grant(grant: MediaGrant): string {
    const exp = Math.floor(Date.now() / 1000) + TOKEN_LIFETIME_SECONDS;
    return signToken({ ...grant, exp }, this.#secret);
  }

  participants(cid: string): readonly MediaParticipant[] {
    return this.#calls.get(cid)?.participants ?? [];
  }

  /** Every participant of every call, or those of one user. */
  everyParticipant(userId?: string): readonly MediaParticipant[] {
    return [...this.#calls.values()]
      .flatMap((call) => call.participants)
      .filter(({ user }) => userId === undefined || user.id === userId);
  }

  /** Takes the signalling socket of a client that wants to join at the media server `edge`. */
  accept(webSocket: WebSocket, url: URL, edge: string): void {
    const userId = url.searchParams.get('user_id') ?? '';
    const socket = new SfuSocket(webSocket, userId, this.#options.network);
    let place: Place | undefined;
    socket.onRequest((request) => {
      if (request.oneofKind === 'joinRequest') {
        place ??= this.#join(socket, edge, request.joinRequest);
      } else if (request.oneofKind === 'healthCheckRequest') {
        const participantCount = place?.call.count();
        socket.send({
          oneofKind: 'healthCheckResponse',
          healthCheckResponse: participantCount === undefined ? {} : { participantCount },
        });
      } else if (request.oneofKind === 'leaveCallRequest' && place !== undefined) {
        this.#leave(place.call, place.participant, place.session);
      }
    });
    socket.onClose((code) => {
      if (place === undefined) return;
      const { call, participant, session } = place;
      // Another socket has taken over, or the session is closed already.
      if (session.socket !== socket) return;
      if (code === 1000) {
        this.#leave(call, participant, session);
        return;
      }
      session.expireIn(this.#options.fastReconnectDeadlineSeconds * 1000, () =>
        this.#leave(call, participant, session),
      );
    });
  }

  /** Answers a remote procedure call at the media server `edge`; `path` begins after its address. */
  async rpc(request: LocalRequest, edge: string, path: string): Promise<LocalAnswer> {
    const [service, procedure = ''] = path.split('/');
    if (service !== SIGNAL_SERVICE) return twirpError(404, 'bad_route', 'no such service');
    const grant = this.#readGrant(bearerToken(request.headers));
    if (grant?.edge !== edge) {
      return twirpError(401, 'unauthenticated', 'the token is not valid at this media server');
    }
    const call = this.#calls.get(grant.cid);
    const participant = call?.get(sessionIdOf(request.body));
    if (call === undefined || participant?.user.id !== grant.userId) {
      return rpcFailure(ErrorCode.PARTICIPANT_NOT_FOUND, 'participant not found');
    }
    const session = [...this.#sessions].find(
      (candidate) => candidate.edge === edge && this.#participantOf.get(candidate) === participant,
    );
    if (session === undefined) {
      return rpcFailure(ErrorCode.PARTICIPANT_MIGRATING_OUT, 'the participant is elsewhere');
    }
    return callProcedure(procedure, { call, participant, session }, request.body);
  }

  /** Ends a call for everybody. */
  end(cid: string): void {
    this.#expel(cid, CallEndedReason.ENDED, () => true);
  }

  /** Ends one user's part in a call. */
  kick(cid: string, userId: string): void {
    this.#expel(cid, CallEndedReason.KICKED, ({ user }) => user.id === userId);
  }

  /** Mutes the audio of some users, as a moderator does. */
  muteAudio(
    cid: string,
    isMuted: (userId: string) => boolean,
    cause = SfuModels.TrackUnpublishReason.MODERATION,
  ): void {
    const call = this.#calls.get(cid);
    for (const participant of call?.participants ?? []) {
      if (!isMuted(participant.user.id)) continue;
      call?.setMuted(participant, SfuModels.TrackType.AUDIO, true, cause);
    }
  }

  async close(): Promise<void> {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    await Promise.all(
      calls.flatMap((call) => call.participants.map((participant) => call.remove(participant))),
    );
    await Promise.all([...this.#sessions].map((session) => session.close()));
  }

  #join(socket: SfuSocket, edge: string, request: SfuEvents.JoinRequest): Place | undefined {
    const grant = this.#readGrant(request.token);
    const user = this.#options.users.get(grant?.userId ?? '');
    if (grant === undefined || user === undefined || grant.edge !== edge) {
      return refuse(socket, {
        code: ErrorCode.UNAUTHENTICATED,
        message: 'the token is not valid',
        strategy: WebsocketReconnectStrategy.DISCONNECT,
      });
    }
    const call = this.#calls.get(grant.cid);
    const known = call?.get(request.sessionId);
    if (request.fastReconnect) return this.#reconnect(socket, edge, call, known);
    const previousId = request.reconnectDetails?.previousSessionId ?? '';
    const isNew = known === undefined && call?.get(previousId) === undefined;
    const refusal = this.#options.refuseJoin(grant.cid, user.id, isNew);
    if (refusal !== undefined) return refuse(socket, refusal);
    return call === undefined || known === undefined
      ? this.#enter(socket, edge, this.#callOf(grant.cid), user, request)
      : this.#migrate(socket, edge, call, known);
  }

  #enter(
    socket: SfuSocket,
    edge: string,
    call: MediaCall,
    user: StandinUser,
    request: SfuEvents.JoinRequest,
  ): Place {
    const session = this.#openSession(edge, socket);
    const participant = new MediaParticipant(user, request.sessionId, session);
    this.#participantOf.set(session, participant);
    const previous = call.get(request.reconnectDetails?.previousSessionId ?? '');
    call.add(participant);
    if (previous !== undefined) this.#leave(call, previous, previous.session);
    this.#welcome(call, participant, session, false);
    return { call, participant, session };
  }

  /** FAST: a new socket for what is there still. */
  #reconnect(
    socket: SfuSocket,
    edge: string,
    call: MediaCall | undefined,
    participant: MediaParticipant | undefined,
  ): Place | undefined {
    if (call === undefined || participant?.session.edge !== edge) {
      return refuse(socket, {
        code: ErrorCode.PARTICIPANT_RECONNECT_FAILED,
        message: 'the session is over',
        strategy: WebsocketReconnectStrategy.REJOIN,
      });
    }
    const { session } = participant;
    session.resume(socket);
    this.#welcome(call, participant, session, true);
    session.restartSubscriberIce();
    return { call, participant, session };
  }

  /** MIGRATE: the participant goes on here, and the server that it comes from is told when it may be left. */
  #migrate(socket: SfuSocket, edge: string, call: MediaCall, participant: MediaParticipant): Place {
    const previous = participant.session;
    const session = this.#openSession(edge, socket);
    this.#participantOf.set(session, participant);
    participant.session = session;
    this.#welcome(call, participant, session, false);
    previous.send({
      oneofKind: 'participantMigrationComplete',
      participantMigrationComplete: {},
    });
    return { call, participant, session };
  }

  #expel(
    cid: string,
    reason: SfuModels.CallEndedReason,
    concerns: (participant: MediaParticipant) => boolean,
  ): void {
    const call = this.#calls.get(cid);
    for (const participant of call?.participants.filter(concerns) ?? []) {
      participant.session.send({ oneofKind: 'callEnded', callEnded: { reason } });
      if (call !== undefined) this.#leave(call, participant, participant.session);
    }
  }

  #openSession(edge: string, socket: SfuSocket): SfuSession {
    const session = new SfuSession(edge, socket, this.#options.network, this.#options.seed);
    this.#sessions.add(session);
    return session;
  }

  #welcome(
    call: MediaCall,
    participant: MediaParticipant,
    session: SfuSession,
    reconnected: boolean,
  ): void {
    session.send({
      oneofKind: 'joinResponse',
      joinResponse: {
        reconnected,
        fastReconnectDeadlineSeconds: this.#options.fastReconnectDeadlineSeconds,
        publishOptions: [audioPublishOption()],
        callState: {
          participants: call.participants.map((other) => other.toModel()),
          participantCount: call.count(),
          startedAt: toTimestamp(call.startedAt),
          pins: [],
          e2EeEnabled: false,
        },
      },
    });
    call.listen(participant);
  }

  /** The participant leaves this session; it leaves the call too, unless it has migrated away from it. */
  #leave(call: MediaCall, participant: MediaParticipant, session: SfuSession): void {
    if (!this.#sessions.delete(session)) return;
    session.socket.close();
    if (participant.session !== session) {
      void session.close();
      return;
    }
    void call.remove(participant);
    if (call.participants.length === 0) this.#calls.delete(call.cid);
  }

  #callOf(cid: string): MediaCall {
    let call = this.#calls.get(cid);
    if (call === undefined) {
      call = new MediaCall(cid, () => this.#options.changed());
      this.#calls.set(cid, call);
    }
    return call;
  }

  #readGrant(token: string): MediaGrant | undefined {
    try {
      const { cid, userId, edge } = verifyToken(token, this.#secret, Date.now());
      return { cid: String(cid), userId: String(userId), edge: String(edge) };
    } catch {
      return undefined;
    }
  }
}

function refuse(socket: SfuSocket, refusal: JoinRefusal): undefined {
  const { code, message, strategy: reconnectStrategy } = refusal;
  const error = { code, message, shouldRetry: false };
  socket.send({ oneofKind: 'error', error: { error, reconnectStrategy } });
  return undefined;
}

/** The one kind of track that is forwarded: speech in Opus. */
function audioPublishOption(): SfuModels.PublishOption {
  return SfuModels.PublishOption.create({
    trackType: SfuModels.TrackType.AUDIO,
    codec: SfuModels.Codec.create({
      name: 'opus',
      payloadType: 111,
      clockRate: 48_000,
      fmtp: 'minptime=10;useinbandfec=1',
    }),
    bitrate: 64_000,
    id: 1,
  });
}

/** JavaScript clients say "Bearer", others send the token alone. */
function bearerToken(headers: IncomingHttpHeaders): string {
  return (headers.authorization ?? '').replace(/^Bearer\s+/i, '');
}

function sessionIdOf(body: Buffer): string {
  try {
    const value: unknown = JSON.parse(body.toString());
    return (isObject(value) ? textField(value, 'sessionId') : undefined) ?? '';
  } catch {
    return '';
  }
}
