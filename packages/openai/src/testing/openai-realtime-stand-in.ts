import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { StandInSession } from './stand-in-session.ts';

/** Recognises audio: 16-bit mono PCM at `sampleRate`. */
export type Hear = (samples: Int16Array, sampleRate: number) => string | Promise<string>;

/** Makes speech: 16-bit mono PCM at `sampleRate`, in one piece or several. */
export type Speak = (text: string, sampleRate: number) => Int16Array | AsyncIterable<Int16Array>;

/** Something in the conversation, as the stand-in's model remembers it. */
export interface StandInItem {
  readonly id: string;
  readonly role: 'user' | 'assistant' | 'tool';
  /** The words; empty where truncating has made the model forget them. */
  readonly text: string;
  /** Audio of the assistant's, after truncation, in ms. */
  readonly audioMs: number;
  readonly isTruncated: boolean;
}

/** What the stand-in's model is to answer. */
export interface ThinkRequest {
  /** The last thing that the user said, or that a tool gave. */
  readonly text: string;
  readonly from: 'user' | 'tool';
  /** The session's instructions. */
  readonly instructions: string;
  /** Those of this response alone; undefined where there are none. */
  readonly responseInstructions: string | undefined;
  /** Names of the tools that may be called. */
  readonly tools: readonly string[];
  readonly conversation: readonly StandInItem[];
}

/** What the stand-in's model makes of it: words, or a tool call. */
export type ThinkReply =
  string | { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> };

/** What the stand-in says to what it heard. */
export type Think = (request: ThinkRequest) => ThinkReply | Promise<ThinkReply>;

/** How the stand-in of OpenAI behaves; all have defaults. */
export interface OpenAIRealtimeStandInOptions {
  /** The only key that is accepted; default `stand-in-key`. */
  readonly apiKey?: string | undefined;
  /** Recognises the caller; default: every turn is `(speech)`. */
  readonly hear?: Hear | undefined;
  /** Speaks the answers; default a tone of 60 ms for each letter. */
  readonly speak?: Speak | undefined;
  /**
   * Thinks up the answers; default: what instructions of the form `Say exactly this…: words` ask for,
   * and else `You said` and the words.
   */
  readonly think?: Think | undefined;
}

/** How the next connections are refused. */
export interface OpenAIRefusal {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly message: string;
  /** How many; default one. */
  readonly times?: number | undefined;
}

/** What OpenAI says in an `error` event or a failed response. */
export interface StandInFault {
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

/** One session that an {@link OpenAIRealtimeStandIn} serves. */
export interface OpenAIRealtimeStandInSession {
  /** The query of the request: the model. */
  readonly query: URLSearchParams;
  /** The session as its updates have made it, in OpenAI's own form. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Types of the client's events, but for audio. */
  readonly received: readonly string[];
  /** The conversation as the model remembers it. */
  readonly items: readonly StandInItem[];
  /** The caller's audio so far, in ms. */
  readonly audioMs: number;
  readonly isOpen: boolean;
  /** Sends any event of OpenAI's; an `event_id` is added. */
  send(event: { readonly type: string; readonly [field: string]: unknown }): void;
  /** Sends a text as it is, also one that is no event. */
  sendText(text: string): void;
  /** Sends an `error` event. */
  sendError(fault: StandInFault): void;
  /** Closes the session; OpenAI gives reasons like `invalid_request_error.session_expired`. */
  close(code: number, reason: string): void;
  /** Breaks the connection without a word, as a network does. */
  drop(): void;
  /** Reads and answers nothing any more, as behind a line that is dead. */
  stall(): void;
  /** Hears, but makes no answers any more, as a model that hangs. */
  hang(): void;
}

/** OpenAI's Realtime API on this machine. Made by {@link createOpenAIRealtimeStandIn}. */
export interface OpenAIRealtimeStandIn {
  /** For `baseUrl`. */
  readonly url: string;
  readonly apiKey: string;
  /** All sessions so far, in the order in which they came. */
  readonly sessions: readonly OpenAIRealtimeStandInSession[];
  /** Resolves with the session of this number, from 0, once it is there. */
  session(index: number): Promise<OpenAIRealtimeStandInSession>;
  /** Refuses the next connections. */
  refuse(refusal: OpenAIRefusal): void;
  /** The next response fails. */
  failResponse(fault: StandInFault): void;
  close(): Promise<void>;
}

const PATH = '/v1/realtime';

/**
 * Starts a stand-in for OpenAI's Realtime API on 127.0.0.1, which speaks the events of OpenAI's API
 * reference ("Realtime": client events, server events). It finds turns by their energy, keeps a
 * conversation that can be truncated, answers faster than real time, and misbehaves as told.
 */
export async function createOpenAIRealtimeStandIn(
  options: OpenAIRealtimeStandInOptions = {},
): Promise<OpenAIRealtimeStandIn> {
  const { apiKey = 'stand-in-key', hear = () => '(speech)' } = options;
  const { speak = speakTone, think = thinkSimply } = options;
  const sessions: StandInSession[] = [];
  const waiting = new Map<number, ((session: StandInSession) => void)[]>();
  const refusals: OpenAIRefusal[] = [];
  const faults: StandInFault[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer((_request, response) => response.writeHead(404).end());

  const problemOf = (request: IncomingMessage): OpenAIRefusal | undefined => {
    const planned = refusals.shift();
    if (planned) return planned;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'ws://stand-in');
    const type = 'invalid_request_error';
    if (pathname !== PATH) return { status: 404, type, code: 'not_found', message: 'Not found' };
    const key = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (key !== apiKey) {
      const message = `Incorrect API key provided: ${key}.`;
      return { status: 401, type, code: 'invalid_api_key', message };
    }
    if (!searchParams.get('model')) {
      return { status: 400, type, code: 'missing_model', message: 'You must provide a model.' };
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
      const session = new StandInSession(webSocket, {
        query: new URL(request.url ?? '/', 'ws://stand-in').searchParams,
        hear,
        speak,
        think,
        takeFault: () => faults.shift(),
      });
      const index = sessions.push(session) - 1;
      for (const resolve of waiting.get(index) ?? []) resolve(session);
      waiting.delete(index);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}${PATH}`,
    apiKey,
    sessions,
    session: (index) => {
      const session = sessions[index];
      if (session) return Promise.resolve(session);
      return new Promise((resolve) => {
        waiting.set(index, [...(waiting.get(index) ?? []), resolve]);
      });
    },
    refuse: (refusal) => {
      for (let count = 0; count < (refusal.times ?? 1); count++) refusals.push(refusal);
    },
    failResponse: (fault) => faults.push(fault),
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuseUpgrade(socket: Duplex, { status, type, code, message }: OpenAIRefusal): void {
  const body = JSON.stringify({ error: { message, type, code, param: null } });
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function thinkSimply({ text, responseInstructions }: ThinkRequest): string {
  const asked = /^Say exactly this[^:]*: (.+)$/s.exec(responseInstructions ?? '')?.[1];
  return asked ?? `You said ${text}.`;
}

function speakTone(text: string, sampleRate: number): Int16Array {
  const samples = new Int16Array(text.length * 0.06 * sampleRate);
  return samples.map((_, index) => 8_000 * Math.sin((2 * Math.PI * 440 * index) / sampleRate));
}
