import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock, type Clock } from '@phone-agents/core';
import { CalledPhones } from './called-phones.ts';
import { checkFaults, type CarrierFaults } from './faults.ts';
import { FrameTicker } from './line/frame-ticker.ts';
import { sendJson, startLocalServer, type LocalServer } from './local-server.ts';
import { createRandom, type Random } from './random.ts';

/** Ended calls that REST still knows. */
const MAX_ENDED_CALLS = 10_000;

/** A call as its company's REST interface shows it. */
export type CallResource = Readonly<Record<string, unknown>>;

/** What an {@link Exchange} asks of a call. */
export interface ExchangeCall {
  readonly providerCallId: string;
  /** The carrier is closed: the network is let go at once. */
  abandon(): void;
  /** Resolves after the end, when no request and no socket of it is left. */
  released(): Promise<void>;
}

/** A part of the server: it answers the addresses that it owns. */
export interface ExchangeApi {
  owns(path: string): boolean;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** What an {@link Exchange} is made with. */
export interface ExchangeOptions<Call> {
  readonly clock?: Clock | undefined;
  readonly seed?: number | undefined;
  readonly faults?: CarrierFaults | undefined;
  readonly onListenerError?: ((error: unknown) => void) | undefined;
  /** The call as REST shows it now. */
  readonly resource: (call: Call) => CallResource;
  /** An ended call is not known any more. */
  readonly onForgotten?: ((callId: string) => void) | undefined;
}

/** What every simulated company has, whatever it speaks: time, the phones, the calls, and a server. */
export class Exchange<Call extends ExchangeCall> {
  readonly clock: Clock;
  readonly ticker: FrameTicker;
  readonly onListenerError: (error: unknown) => void;
  /** The phones that servers call. */
  readonly phones = new CalledPhones();
  /** Calls that the server has placed by REST, oldest first. */
  readonly dialled: Call[] = [];
  readonly #options: ExchangeOptions<Call>;
  readonly #live = new Map<string, Call>();
  /** Ended, but with webhooks to send or a socket to close. */
  readonly #unreleased = new Set<Call>();
  readonly #ended = new Map<string, CallResource>();
  readonly #seeds: Random;
  readonly #dialFaults: Random;
  #server: LocalServer | undefined;
  #isClosed = false;

  /** @throws RangeError where a fault's probability or duration cannot be. */
  constructor(options: ExchangeOptions<Call>) {
    const { clock = systemClock, faults = {}, onListenerError = throwLater, seed = 1 } = options;
    checkFaults(faults);
    this.#options = options;
    this.clock = clock;
    this.onListenerError = onListenerError;
    this.ticker = new FrameTicker(clock, onListenerError);
    this.#seeds = createRandom(seed, 'calls');
    this.#dialFaults = createRandom(seed, 'dialling');
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** `http://127.0.0.1:<port>`; empty while it does not listen. */
  get baseUrl(): string {
    return this.#server?.baseUrl ?? '';
  }

  /** Calls that have not ended. */
  get activeCalls(): Call[] {
    return [...this.#live.values()];
  }

  /** All calls that are known, the newest first, ended ones last. */
  get resources(): CallResource[] {
    const live = this.activeCalls.map((call) => this.#options.resource(call));
    return [...live.reverse(), ...[...this.#ended.values()].reverse()];
  }

  /** Serves these addresses on 127.0.0.1. Port 0 is any free port. */
  async listen(port: number, apis: readonly ExchangeApi[]): Promise<void> {
    this.#server = await startLocalServer(port, async (request, response) => {
      const api = apis.find((candidate) => candidate.owns(request.url ?? ''));
      if (api) await api.handle(request, response);
      else sendJson(response, 404, { message: 'There is nothing here.' });
    });
  }

  live(callId: string): Call | undefined {
    return this.#live.get(callId);
  }

  hasEnded(callId: string): boolean {
    return this.#ended.has(callId);
  }

  /** A call that is known, live or ended. */
  resource(callId: string): CallResource | undefined {
    const call = this.#live.get(callId);
    return call ? this.#options.resource(call) : this.#ended.get(callId);
  }

  /** Where the chances of the next call begin. */
  nextSeed(): number {
    return this.#seeds.integer(2 ** 31);
  }

  /** Whether the answer to a request for a call is lost. */
  losesDialAnswer(): boolean {
    return this.#dialFaults.chance(this.#options.faults?.lostDialAnswers);
  }

  /** A call is there, be it that it does not ring yet. */
  add(call: Call): void {
    this.#live.set(call.providerCallId, call);
  }

  /** A call is over. */
  ended(call: Call): void {
    const { onForgotten, resource } = this.#options;
    this.#ended.set(call.providerCallId, resource(call));
    this.#live.delete(call.providerCallId);
    this.#unreleased.add(call);
    void call.released().then(() => this.#unreleased.delete(call));
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= MAX_ENDED_CALLS) break;
      this.#ended.delete(oldest);
      onForgotten?.(oldest);
    }
  }

  /** Ends all calls at once and lets go of all sockets, timers and the server. Repeatable. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const calls = [...this.#live.values(), ...this.#unreleased];
    for (const call of calls) call.abandon();
    this.ticker.stop();
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
    await Promise.all(calls.map((call) => call.released()));
  }
}

/** A number of the range that is kept for tests. */
export function inventedNumber(): string {
  return `+1500555${String(randomInt(100, 10_000)).padStart(4, '0')}`;
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
