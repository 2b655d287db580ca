import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { Changes } from './changes.ts';
import { notFound } from './coordinator/api-error.ts';
import { Coordinator } from './coordinator/coordinator.ts';
import { CoordinatorSockets } from './coordinator/coordinator-sockets.ts';
import { signToken } from './coordinator/tokens.ts';
import { UserStore } from './coordinator/user-store.ts';
import { mediaRefusals, StandinFaults } from './faults.ts';
import { type LocalAnswer, type LocalRequest, startLocalServer } from './local-server.ts';
import { NetworkFaults } from './network-faults.ts';
import { MediaServers } from './sfu/media-servers.ts';
import { startStunServer } from './stun-server.ts';

export interface StreamStandinOptions {
  /** Default: any free port. It listens on this machine only. */
  readonly port?: number | undefined;
  /** Default: a random one. */
  readonly apiKey?: string | undefined;
  /** Default: a random one. */
  readonly apiSecret?: string | undefined;
  /** Which packets get lost and late, where faults are set. Default: 1. */
  readonly seed?: number | undefined;
  /** How long a participant whose socket broke may take to come back with FAST. Default: 10. */
  readonly fastReconnectDeadlineSeconds?: number | undefined;
}

/** Somebody who is in a call. */
export interface StandinParticipant {
  readonly userId: string;
  readonly name: string;
  readonly sessionId: string;
  /** The media server that it is connected with. */
  readonly edge: string;
  /** Whether it publishes audio, unmuted. */
  readonly publishesAudio: boolean;
  /** Packets of audio that came from it so far, muted or not. */
  readonly audioPackets: number;
}

/** A local stand-in of Stream's coordinator and media servers. */
export interface StreamStandin {
  /**
   * Where it listens, without a slash at the end: the `basePath` of `@stream-io/node-sdk`, and with `/video` after it
   * the `baseURL` of `@stream-io/video-client`.
   */
  readonly url: string;
  /** The `locationHintUrl` of `@stream-io/video-client`, which otherwise asks a public service. */
  readonly locationHintUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly faults: StandinFaults;
  /** Who is in a call now, in the order of joining. */
  participants(cid: string): readonly StandinParticipant[];
  /** Resolves when `holds` is true of the call's participants; asked anew at every change. */
  until(
    cid: string,
    holds: (participants: readonly StandinParticipant[]) => boolean,
  ): Promise<void>;
  /** Ends a call for everybody, as `call.end()` of a server does. */
  endCall(cid: string): void;
  /** A token for a user, valid for an hour unless it says otherwise. */
  userToken(userId: string, claims?: Readonly<Record<string, unknown>>): string;
  /** Ends all calls and connections and stops listening. */
  close(): Promise<void>;
}

/** The names of its two media servers: one to join, one to migrate to. */
const EDGES = ['standin-sfu-1', 'standin-sfu-2'] as const;
/** Where a client seems to be: the code of an airport and a number, of which SDKs read the first three letters. */
const LOCATION = 'AMS1-P2';
const TOKEN_LIFETIME_SECONDS = 60 * 60;

/**
 * Starts a stand-in of Stream Video on this machine, for development and tests: users, calls, tokens, signalling, and
 * the forwarding of Opus between participants. It forwards audio only, keeps everything in memory, knows no roles, and
 * sends no webhooks.
 */
export async function createStreamStandin(
  options: StreamStandinOptions = {},
): Promise<StreamStandin> {
  const {
    port = 0,
    apiKey = `standin${randomBytes(4).toString('hex')}`,
    apiSecret = randomBytes(32).toString('hex'),
    seed = 1,
    fastReconnectDeadlineSeconds = 10,
  } = options;
  const credentials = { apiKey, apiSecret };
  const changes = new Changes();
  const users = new UserStore();
  const network = new NetworkFaults();
  const sockets = new CoordinatorSockets(credentials, users, network);
  const media: MediaServers = new MediaServers({
    users,
    network,
    seed,
    fastReconnectDeadlineSeconds,
    refuseJoin(cid, userId, isNew) {
      const refusal = faults.mediaRefusal(userId);
      if (refusal !== undefined || !isNew) return refusal;
      const limit = coordinator.maxParticipants(cid) ?? Number.POSITIVE_INFINITY;
      return media.participants(cid).length < limit ? undefined : mediaRefusals['call-full'];
    },
    changed: () => changes.announce(),
  });
  const faults = new StandinFaults({ network, sockets, media });
  const stun = await startStunServer();
  const coordinator = new Coordinator({
    credentials,
    users,
    sockets,
    media,
    edges: EDGES,
    iceServers: [{ urls: [stun.url], username: '', password: '' }],
    baseUrl: () => server.baseUrl,
    joinGate: (_cid, userId) => faults.coordinatorRefusal(userId),
  });
  const webSockets = new WebSocketServer({ noServer: true });

  async function answer(request: LocalRequest): Promise<LocalAnswer> {
    await network.passable(request.url.searchParams.get('user_id') ?? undefined);
    const path = request.url.pathname.replace(/^\/api\/v2(?=\/)/, '');
    if (path === '/hint') return { status: 200, headers: { 'x-amz-cf-pop': LOCATION } };
    const rpc = /^\/sfu\/([^/]+)\/twirp\/(.+)$/.exec(path);
    if (rpc !== null) return media.rpc(request, rpc[1] ?? '', rpc[2] ?? '');
    const rest = /^(?:\/video)?\/((?:users|calls|call|call_client_event)(?:\/.*)?)$/.exec(path);
    if (rest !== null) return coordinator.answer(request, rest[1] ?? '');
    throw notFound(`the stand-in does not answer ${request.method} ${path}`);
  }

  function upgrade(url: URL, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const edge = /^\/sfu\/([^/]+)\/ws$/.exec(url.pathname)?.[1];
    const isCoordinator = /^(?:\/api\/v2)?(?:\/video)?\/connect$/.test(url.pathname);
    if (!isCoordinator && edge === undefined) {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    void network.passable(url.searchParams.get('user_id') ?? undefined).then(() => {
      if (socket.destroyed) return;
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        if (edge === undefined) sockets.accept(webSocket, url);
        else media.accept(webSocket, url, edge);
      });
    });
  }

  const server = await startLocalServer(port, { request: answer, upgrade });

  function participants(cid: string): readonly StandinParticipant[] {
    return media.participants(cid).map((participant) => ({
      userId: participant.user.id,
      name: participant.user.name,
      sessionId: participant.sessionId,
      edge: participant.session.edge,
      publishesAudio: participant.publishesAudio,
      audioPackets: participant.audioPackets,
    }));
  }

  return {
    url: server.baseUrl,
    locationHintUrl: `${server.baseUrl}/hint`,
    apiKey,
    apiSecret,
    faults,
    participants,
    until: (cid, holds) => changes.until(() => holds(participants(cid))),
    endCall: (cid) => coordinator.end(cid),
    userToken(userId, claims = {}) {
      const iat = Math.floor(Date.now() / 1000) - 1;
      const exp = iat + TOKEN_LIFETIME_SECONDS;
      return signToken({ user_id: userId, iat, exp, ...claims }, apiSecret);
    },
    async close() {
      faults.clear();
      await media.close();
      for (const webSocket of webSockets.clients) webSocket.terminate();
      await Promise.all([server.close(), stun.close()]);
    },
  };
}
