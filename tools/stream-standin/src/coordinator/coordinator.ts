import { SfuModels } from '@stream-io/video-client';
import { isObject, type JsonObject, objectField, textField, textList } from '../json.ts';
import type { LocalAnswer, LocalRequest } from '../local-server.ts';
import type { MediaServers } from '../sfu/media-servers.ts';
import { type ApiError, callEnded, inputError, notAllowed, notFound } from './api-error.ts';
import {
  type ApiCredentials,
  authenticate,
  type Caller,
  requireCallAllowed,
} from './authentication.ts';
import type { CoordinatorSockets } from './coordinator-sockets.ts';
import { StandinCall } from './standin-call.ts';
import { type UserStore, userResponse } from './user-store.ts';

/** What a participant may do, unless it was revoked; the stand-in knows no roles. */
const CAPABILITIES = [
  'join-call',
  'read-call',
  'create-call',
  'update-call',
  'send-audio',
  'mute-users',
  'end-call',
];

/** How a coordinator turns a join away on command. */
export type JoinGate = (cid: string, userId: string) => ApiError | undefined;

export interface CoordinatorOptions {
  readonly credentials: ApiCredentials;
  readonly users: UserStore;
  readonly sockets: CoordinatorSockets;
  readonly media: MediaServers;
  /** The names of the media servers. */
  readonly edges: readonly string[];
  readonly iceServers: readonly JsonObject[];
  /** Where clients find the stand-in; without a slash at the end. */
  baseUrl(): string;
  readonly joinGate: JoinGate;
}

interface CallRequest {
  readonly request: LocalRequest;
  readonly caller: Caller;
  readonly body: JsonObject;
  readonly type: string;
  readonly id: string;
  readonly cid: string;
}

type CallAction = (request: CallRequest) => JsonObject;

/** The REST interface of Stream Video, as far as joining, ending and moderating calls goes. */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #calls = new Map<string, StandinCall>();

  constructor(options: CoordinatorOptions) {
    this.#options = options;
  }

  /** Answers a request; `path` is its path from `users` or `call` on. @throws ApiError */
  answer(request: LocalRequest, path: string): LocalAnswer {
    // Clients report their troubles here, some of them before they have a token.
    if (path === 'call_client_event') return { status: 201, body: { duration: '0.00ms' } };
    const caller = authenticate(request, this.#options.credentials);
    const body = parseBody(request.body);
    const parts = path.split('/').map(decodeURIComponent);
    const started = performance.now();
    const answer = this.#route(request, caller, parts, body);
    const duration = `${(performance.now() - started).toFixed(2)}ms`;
    const isNew = answer['created'] === true;
    return { status: isNew ? 201 : 200, body: { ...answer, duration } };
  }

  /** Ends a call for everybody. */
  end(cid: string): void {
    const call = this.#calls.get(cid);
    if (call === undefined) throw notFound('there is no such call');
    if (call.endedAt !== undefined) return;
    call.endedAt = new Date().toISOString();
    this.#options.sockets.announce(cid, { type: 'call.ended', call: this.#describe(call) });
    this.#options.media.end(cid);
  }

  /** The most participants that a call may have at a time. */
  maxParticipants(cid: string): number | undefined {
    return this.#calls.get(cid)?.maxParticipants;
  }

  isEnded(cid: string): boolean {
    return this.#calls.get(cid)?.endedAt !== undefined;
  }

  #route(
    request: LocalRequest,
    caller: Caller,
    parts: readonly string[],
    body: JsonObject,
  ): JsonObject {
    const { method } = request;
    const [area, type = '', id = '', action = ''] = parts;
    if (area === 'users' && method === 'POST') return this.#upsertUsers(caller, body);
    if (area === 'calls' && method === 'POST') return this.#queryCalls(request, caller, body);
    if (area !== 'call' || type === '' || id === '') throw unknownPath(request);
    const cid = `${type}:${id}`;
    const known = this.#actions[`${method} ${action}`];
    if (known === undefined) throw unknownPath(request);
    requireCallAllowed(caller, cid);
    return known({ request, caller, body, type, id, cid });
  }

  readonly #actions: Readonly<Record<string, CallAction>> = {
    'GET ': (request) => {
      const call = this.#require(request.cid);
      this.#watch(request);
      return this.#state(call, request.caller);
    },
    'POST ': (request) => {
      const { call, created } = this.#getOrCreate(request);
      this.#watch(request);
      return { created, ...this.#state(call, request.caller) };
    },
    'PATCH ': ({ cid, body, caller }) => {
      const call = this.#require(cid);
      call.update(body);
      this.#options.sockets.announce(cid, { type: 'call.updated', call: this.#describe(call) });
      return this.#state(call, caller);
    },
    'POST join': (request) => this.#join(request),
    'POST mark_ended': ({ cid }) => {
      this.end(cid);
      return {};
    },
    'POST members': ({ cid, body }) => {
      const call = this.#require(cid);
      call.addMembers(body['update_members']);
      const removed = body['remove_members'];
      if (Array.isArray(removed)) for (const id of removed) call.members.delete(String(id));
      return { members: call.memberResponses(this.#options.users) };
    },
    'POST kick': ({ cid, body }) => {
      const userId = this.#requireUser(body).id;
      if (body['block'] === true) this.#require(cid).blockedUserIds.add(userId);
      this.#kick(cid, userId, 'call.kicked_user');
      return {};
    },
    'POST block': ({ cid, body }) => {
      const userId = this.#requireUser(body).id;
      this.#require(cid).blockedUserIds.add(userId);
      this.#kick(cid, userId, 'call.blocked_user');
      return {};
    },
    'POST unblock': ({ cid, body }) => {
      this.#require(cid).blockedUserIds.delete(this.#requireUser(body).id);
      return {};
    },
    'POST mute_users': ({ cid, body, caller }) => {
      this.#require(cid);
      const listed = new Set(textList(body['user_ids']));
      const mutesAll = body['mute_all_users'] === true;
      if (body['audio'] === true) {
        this.#options.media.muteAudio(
          cid,
          (userId) => listed.has(userId) || (mutesAll && userId !== caller.userId),
        );
      }
      return {};
    },
    'POST user_permissions': ({ cid, body }) => {
      const call = this.#require(cid);
      const { id } = this.#requireUser(body);
      for (const name of textList(body['revoke_permissions'])) call.revoke(id, name);
      for (const name of textList(body['grant_permissions'])) call.grant(id, name);
      const capabilities = call.capabilitiesOf(id, CAPABILITIES);
      this.#options.sockets.announce(cid, {
        type: 'call.permissions_updated',
        user: this.#userResponse(id),
        own_capabilities: capabilities,
      });
      if (!capabilities.includes('send-audio')) {
        const cause = SfuModels.TrackUnpublishReason.PERMISSION_REVOKED;
        this.#options.media.muteAudio(cid, (userId) => userId === id, cause);
      }
      return {};
    },
    'POST event': ({ cid, body, caller }) => {
      const user = this.#userResponse(caller.userId || textField(body, 'user_id'));
      this.#options.sockets.announce(cid, { type: 'custom', custom: body['custom'] ?? {}, user });
      return {};
    },
  };

  #upsertUsers(caller: Caller, body: JsonObject): JsonObject {
    if (!caller.isServer) throw notAllowed('only a server may create users');
    const users: Record<string, JsonObject> = {};
    for (const [id, details] of Object.entries(objectField(body, 'users'))) {
      if (!/^[\w@-]+$/.test(id))
        throw inputError(`${JSON.stringify(id)} is not valid as a user id`);
      const user = this.#options.users.upsert(id, isObject(details) ? details : {});
      users[id] = userResponse(user);
    }
    return { users, membership_deletion_task_id: '' };
  }

  /** Only what clients ask after a reconnection: the calls that they watched. */
  #queryCalls(request: LocalRequest, caller: Caller, body: JsonObject): JsonObject {
    const cids = objectField(objectField(body, 'filter_conditions'), 'cid')['$in'];
    const calls = (Array.isArray(cids) ? cids : []).flatMap((cid) => {
      const call = this.#calls.get(String(cid));
      return call === undefined ? [] : call;
    });
    const connectionId = request.url.searchParams.get('connection_id');
    if (body['watch'] === true) {
      for (const call of calls) this.#options.sockets.watch(connectionId, call.cid);
    }
    return { calls: calls.map((call) => this.#state(call, caller)) };
  }

  #join(request: CallRequest): JsonObject {
    const { caller, cid, body } = request;
    if (caller.isServer) throw inputError('a server cannot join; a user with a token can');
    const refusal = this.#options.joinGate(cid, caller.userId);
    if (refusal !== undefined) throw refusal;
    if (this.#options.users.get(caller.userId) === undefined) {
      throw notFound(`the user of the token is not known: it must connect, or be created, first`);
    }
    const isNew = !this.#calls.has(cid);
    if (isNew && body['create'] !== true) throw notFound('there is no such call');
    const { call, created } = this.#getOrCreate(request);
    if (call.endedAt !== undefined) throw callEnded();
    if (call.blockedUserIds.has(caller.userId))
      throw notAllowed('the user is blocked in this call');
    this.#watch(request);
    call.startSession();
    const edge = this.#chooseEdge(body);
    const { media, iceServers } = this.#options;
    const baseUrl = this.#options.baseUrl();
    return {
      created,
      ...this.#state(call, caller),
      stats_options: { enable_rtc_stats: false, reporting_interval_ms: 0 },
      credentials: {
        token: media.grant({ cid, userId: caller.userId, edge }),
        ice_servers: iceServers,
        server: {
          edge_name: edge,
          url: `${baseUrl}/sfu/${edge}/twirp`,
          ws_endpoint: `${baseUrl.replace(/^http/, 'ws')}/sfu/${edge}/ws`,
        },
      },
    };
  }

  /** Another media server for a client that leaves one. */
  #chooseEdge(body: JsonObject): string {
    const list = body['migrating_from_list'];
    const left = new Set<unknown>(Array.isArray(list) ? list : []).add(body['migrating_from']);
    const { edges } = this.#options;
    return edges.find((edge) => !left.has(edge)) ?? edges[0] ?? '';
  }

  #kick(cid: string, userId: string, type: string): void {
    const user = this.#userResponse(userId);
    this.#options.sockets.announce(cid, { type, user });
    this.#options.media.kick(cid, userId);
  }

  #getOrCreate({ type, id, cid, body, caller }: CallRequest): {
    call: StandinCall;
    created: boolean;
  } {
    const data = objectField(body, 'data');
    const known = this.#calls.get(cid);
    if (known !== undefined) return { call: known, created: false };
    const creatorId = caller.isServer
      ? (textField(data, 'created_by_id') ?? textField(objectField(data, 'created_by'), 'id'))
      : caller.userId;
    if (creatorId === undefined) throw inputError('created_by_id must be set by a server');
    const creator = this.#options.users.get(creatorId);
    if (creator === undefined) throw inputError('the user of created_by_id does not exist');
    const call = new StandinCall(type, id, creator);
    call.update(data);
    this.#calls.set(cid, call);
    return { call, created: true };
  }

  #watch({ request, cid }: CallRequest): void {
    this.#options.sockets.watch(request.url.searchParams.get('connection_id'), cid);
  }

  #require(cid: string): StandinCall {
    const call = this.#calls.get(cid);
    if (call === undefined) throw notFound('there is no such call');
    return call;
  }

  #requireUser(body: JsonObject): { readonly id: string } {
    const id = textField(body, 'user_id');
    if (id === undefined) throw inputError('user_id is missing');
    return { id };
  }

  #userResponse(id: string | undefined): JsonObject {
    const user = this.#options.users.get(id ?? '');
    return user === undefined ? { id: id ?? '' } : userResponse(user);
  }

  #state(call: StandinCall, caller: Caller): JsonObject {
    return {
      call: this.#describe(call),
      members: call.memberResponses(this.#options.users),
      own_capabilities: call.capabilitiesOf(caller.userId, CAPABILITIES),
    };
  }

  #describe(call: StandinCall): JsonObject {
    const participants = this.#options.media
      .participants(call.cid)
      .map(({ user, sessionId, joinedAt }) => ({ userId: user.id, sessionId, joinedAt }));
    return call.toResponse(this.#options.users, participants);
  }
}

function unknownPath(request: LocalRequest): ApiError {
  return notFound(`the stand-in does not answer ${request.method} ${request.url.pathname}`);
}

function parseBody(body: Buffer): JsonObject {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString());
    return isObject(value) ? value : {};
  } catch {
    throw inputError('the body is not JSON');
  }
}
