import { randomUUID } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import { isObject, type JsonObject, objectField, textField } from '../json.ts';
import type { NetworkFaults } from '../network-faults.ts';
import { ApiError, notAllowed, notAuthenticated, unknownApiKey } from './api-error.ts';
import { type ApiCredentials, readToken } from './authentication.ts';
import { type UserStore, userResponse } from './user-store.ts';

interface Connection {
  readonly id: string;
  readonly userId: string;
  readonly socket: WebSocket;
  readonly watchedCalls: Set<string>;
}

/**
 * The users' sockets to the coordinator. The first message carries the token, the answer is `connection.ok` or
 * `connection.error`; then health checks are echoed and events about watched calls are sent.
 */
export class CoordinatorSockets {
  readonly #connections = new Map<string, Connection>();
  readonly #credentials: ApiCredentials;
  readonly #users: UserStore;
  readonly #network: NetworkFaults;

  constructor(credentials: ApiCredentials, users: UserStore, network: NetworkFaults) {
    this.#credentials = credentials;
    this.#users = users;
    this.#network = network;
  }

  /** Takes a socket over from its upgrade. */
  accept(socket: WebSocket, url: URL): void {
    let connection: Connection | undefined;
    socket.on('message', (data) => {
      void this.#network.passable(connection?.userId).then(() => {
        const message = parse(data);
        if (connection === undefined) connection = this.#connect(socket, url, message);
        else this.#answer(connection, message);
      });
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      if (connection !== undefined) this.#connections.delete(connection.id);
    });
  }

  /** From now on the connection gets the events of this call. */
  watch(connectionId: string | null, cid: string): void {
    this.#connections.get(connectionId ?? '')?.watchedCalls.add(cid);
  }

  /** Sends an event to all who watch the call. */
  announce(cid: string, event: JsonObject): void {
    for (const connection of this.#connections.values()) {
      if (connection.watchedCalls.has(cid)) this.#send(connection, { call_cid: cid, ...event });
    }
  }

  /** Breaks the connections of a user, or of all, without a closing handshake. Returns how many. */
  drop(userId?: string): number {
    const dropped = [...this.#connections.values()].filter(
      (connection) => userId === undefined || connection.userId === userId,
    );
    for (const { socket } of dropped) socket.terminate();
    return dropped.length;
  }

  #connect(socket: WebSocket, url: URL, message: unknown): Connection | undefined {
    const id = randomUUID();
    try {
      if (url.searchParams.get('api_key') !== this.#credentials.apiKey) throw unknownApiKey();
      if (!isObject(message)) throw notAuthenticated('the first message must carry a token');
      const caller = readToken(textField(message, 'token') ?? '', this.#credentials);
      const details = objectField(message, 'user_details');
      const userId = textField(details, 'id') ?? caller.userId;
      if (!caller.isServer && userId !== caller.userId) {
        throw notAllowed('the token belongs to another user');
      }
      const user = this.#users.upsert(userId, details);
      const connection: Connection = { id, userId, socket, watchedCalls: new Set() };
      this.#connections.set(id, connection);
      const me = { ...userResponse(user), devices: [] };
      this.#send(connection, { type: 'connection.ok', connection_id: id, me });
      return connection;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const created_at = new Date().toISOString();
      const refusal = { type: 'connection.error', connection_id: id, created_at };
      socket.send(JSON.stringify({ ...refusal, error: error.toBody() }));
      socket.close(1000, error.message.slice(0, 100));
      return undefined;
    }
  }

  #answer(connection: Connection, message: unknown): void {
    const isPing =
      Array.isArray(message) && isObject(message[0]) && message[0]['type'] === 'health.check';
    if (!isPing) return;
    this.#send(connection, { type: 'health.check', connection_id: connection.id });
  }

  #send(connection: Connection, event: JsonObject): void {
    const text = JSON.stringify({ created_at: new Date().toISOString(), ...event });
    void this.#network.passable(connection.userId).then(() => {
      if (connection.socket.readyState === connection.socket.OPEN) connection.socket.send(text);
    });
  }
}

function parse(data: RawData): unknown {
  try {
    return data instanceof Buffer ? JSON.parse(data.toString()) : undefined;
  } catch {
    return undefined;
  }
}
