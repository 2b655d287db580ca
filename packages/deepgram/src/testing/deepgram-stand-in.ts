import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@phone-agents/core';
import { systemClock } from '@phone-agents/core';
import { WebSocketServer } from 'ws';
import { StandInConnection } from './stand-in-connection.ts';
import type { DeepgramStandInMessage, ResultsOptions } from './stand-in-messages.ts';

/** Recognises audio: 16-bit mono PCM at `sampleRate`. */
export type Hear = (samples: Int16Array, sampleRate: number) => string | Promise<string>;

/** How the stand-in of Deepgram behaves; all have defaults. */
export interface DeepgramStandInOptions {
  /** The only key that is accepted; default `stand-in-key`. */
  readonly apiKey?: string | undefined;
  /**
   * Recognises what comes. With it the stand-in works by itself: results when speech ends and when it
   * is told to finalise. Without it, it only says what the test sends.
   */
  readonly hear?: Hear | undefined;
  readonly clock?: Clock | undefined;
}

/** How the next connections are refused. */
export interface DeepgramRefusal {
  readonly status: number;
  /** What Deepgram puts into the header `dg-error`. */
  readonly error: string;
  /** How many; default one. */
  readonly times?: number | undefined;
}

/** One stream that a {@link DeepgramStandIn} serves. */
export interface DeepgramStandInConnection {
  readonly requestId: string;
  /** The query of the request: model, encoding and the rest. */
  readonly query: URLSearchParams;
  /** Types of the control messages that came: `Finalize`, `KeepAlive`, `CloseStream`. */
  readonly controls: readonly string[];
  /** All audio that came so far. */
  readonly audio: Int16Array;
  /** How much audio came so far, in ms. */
  readonly audioMs: number;
  readonly isOpen: boolean;
  /** Sends any message of Deepgram's. */
  send(message: DeepgramStandInMessage): void;
  /** Sends a text as it is, also one that is no message. */
  sendText(text: string): void;
  /** Sends a piece of recognised speech. */
  sendResults(options: ResultsOptions): void;
  /** Closes the stream as Deepgram does on a fault: 1011 with `NET-0000`, 1008 with `DATA-0000`. */
  close(code: number, reason: string): void;
  /** Breaks the connection without a word, as a network does. */
  drop(): void;
}

/** Deepgram on this machine. Made by {@link createDeepgramStandIn}. */
export interface DeepgramStandIn {
  /** For `baseUrl`. */
  readonly url: string;
  readonly apiKey: string;
  /** All streams so far, in the order in which they came. */
  readonly connections: readonly DeepgramStandInConnection[];
  /** Resolves with the stream of this number, from 0, once it is there. */
  connection(index: number): Promise<DeepgramStandInConnection>;
  /** Refuses the next connections. */
  refuse(refusal: DeepgramRefusal): void;
  close(): Promise<void>;
}

/**
 * Starts a stand-in for Deepgram's streaming recognition on 127.0.0.1, which speaks the messages of
 * Deepgram's API reference ("Live Audio"): Results, UtteranceEnd, SpeechStarted and Metadata one way,
 * audio, Finalize, KeepAlive and CloseStream the other. It checks key, path and query, closes a stream
 * that is silent for 10 s, and misbehaves as told.
 */
export async function createDeepgramStandIn(
  options: DeepgramStandInOptions = {},
): Promise<DeepgramStandIn> {
  const { apiKey = 'stand-in-key', hear, clock = systemClock } = options;
  const connections: DeepgramStandInConnection[] = [];
  const waiting = new Map<number, ((connection: DeepgramStandInConnection) => void)[]>();
  const refusals: DeepgramRefusal[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer((_request, response) => response.writeHead(404).end());

  const problemOf = (request: IncomingMessage): DeepgramRefusal | undefined => {
    const planned = refusals.shift();
    if (planned) return planned;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'ws://stand-in');
    if (pathname !== '/v1/listen') return { status: 404, error: 'Not found' };
    if (request.headers.authorization !== `Token ${apiKey}`) {
      return { status: 401, error: 'INVALID_AUTH: Invalid credentials.' };
    }
    const encoding = searchParams.get('encoding') ?? '';
    if (
      !['mulaw', 'linear16'].includes(encoding) ||
      !(Number(searchParams.get('sample_rate')) > 0)
    ) {
      return { status: 400, error: 'Bad Request: encoding and sample_rate are needed.' };
    }
    return undefined;
  };

  server.on('upgrade', (request, socket, head) => {
    const problem = problemOf(request);
    if (problem) {
      refuseUpgrade(socket, problem);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { searchParams } = new URL(request.url ?? '/', 'ws://stand-in');
      const connection = new StandInConnection(webSocket, {
        query: searchParams,
        hear,
        clock,
      });
      const index = connections.push(connection) - 1;
      for (const resolve of waiting.get(index) ?? []) resolve(connection);
      waiting.delete(index);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    apiKey,
    connections,
    connection: (index) => {
      const connection = connections[index];
      if (connection) return Promise.resolve(connection);
      return new Promise((resolve) => {
        waiting.set(index, [...(waiting.get(index) ?? []), resolve]);
      });
    },
    refuse: (refusal) => {
      for (let count = 0; count < (refusal.times ?? 1); count++) refusals.push(refusal);
    },
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuseUpgrade(socket: Duplex, { status, error }: DeepgramRefusal): void {
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ndg-error: ${error}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
  );
}
