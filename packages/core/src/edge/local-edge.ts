import type { AudioFrame, SampleRate } from '../audio/audio-frame.ts';
import { samplesPerFrame } from '../audio/audio-frame.ts';
import type { Resampler } from '../audio/resampler.ts';
import { createResampler } from '../audio/resampler.ts';
import { PhoneAgentError } from '../errors.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import { Emitter } from '../events/emitter.ts';
import type { Logger } from '../logging/logger.ts';
import { silentLogger } from '../logging/logger.ts';
import type {
  EdgeCall,
  EdgeCallOptions,
  EdgeConnection,
  EdgeConnectionClosed,
  EdgeConnectionEvents,
  EdgeJoinOptions,
  EdgeTransport,
  EdgeUser,
} from './edge.ts';

/** How far ahead of real time participants may publish in process. */
const PUBLISH_LEAD_MS = 100;

/** Options of {@link createLocalEdge}; all have defaults. */
export interface LocalEdgeOptions {
  readonly logger?: Logger | undefined;
}

/**
 * Calls that live in this process: no account, no network, no codec. Frames go from publisher to
 * listeners within the same function call, resampled where rates differ.
 */
export function createLocalEdge(options: LocalEdgeOptions = {}): LocalEdge {
  return new LocalEdge(options.logger ?? silentLogger);
}

/** Made by {@link createLocalEdge}. */
export class LocalEdge implements EdgeTransport {
  readonly name = 'local';
  readonly #logger: Logger;
  readonly #calls = new Map<string, LocalEdgeCall>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  checkSettings(): readonly [] {
    return [];
  }

  /** The call with this id: a new one, or the one that lives. */
  createCall(options: EdgeCallOptions): Promise<EdgeCall> {
    let call = this.#calls.get(options.id);
    if (!call) {
      call = new LocalEdgeCall(options.id, this.#logger);
      this.#calls.set(options.id, call);
      call.signal.addEventListener('abort', () => this.#calls.delete(options.id), { once: true });
    }
    return Promise.resolve(call);
  }

  /** Number of live calls. */
  get callCount(): number {
    return this.#calls.size;
  }
}

class LocalEdgeCall implements EdgeCall {
  readonly id: string;
  readonly #logger: Logger;
  readonly #abort = new AbortController();
  readonly #members = new Map<string, LocalEdgeConnection>();

  constructor(id: string, logger: Logger) {
    this.id = id;
    this.#logger = logger;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  join(user: EdgeUser, options: EdgeJoinOptions): Promise<EdgeConnection> {
    const refusal = this.#refusal(user, options);
    if (refusal) return Promise.reject(refusal);
    const connection = new LocalEdgeConnection(user, options.sampleRate, this, this.#logger);
    const others = [...this.#members.values()];
    this.#members.set(user.id, connection);
    for (const member of others) member.participantJoined(user);
    return Promise.resolve(connection);
  }

  async end(): Promise<void> {
    if (this.signal.aborted) return;
    this.#abort.abort();
    for (const member of [...this.#members.values()]) member.finish({ reason: 'call-ended' });
    this.#members.clear();
  }

  others(than: LocalEdgeConnection): EdgeUser[] {
    return [...this.#members.values()].filter((member) => member !== than).map(({ user }) => user);
  }

  deliver(frame: AudioFrame, from: LocalEdgeConnection): void {
    for (const member of this.#members.values())
      if (member !== from) member.receive(frame, from.user);
  }

  remove(connection: LocalEdgeConnection): void {
    if (!this.#members.delete(connection.user.id)) return;
    for (const member of this.#members.values()) member.participantLeft(connection.user);
  }

  #refusal(user: EdgeUser, options: EdgeJoinOptions): Error | undefined {
    if (this.signal.aborted) {
      return new PhoneAgentError('edge_call_ended', 'The call on the edge has ended.');
    }
    if (options.signal?.aborted) {
      return new PhoneAgentError('edge_join_aborted', 'Joining the call was given up.');
    }
    if (this.#members.has(user.id)) {
      return new PhoneAgentError('edge_user_exists', `${user.id} is in the call already.`);
    }
    return undefined;
  }
}

/** A frame that listeners may look at during a call; written again for each frame. */
interface ScratchFrame {
  samples: Int16Array;
  sampleRate: SampleRate;
  timestampSamples: number;
}

class LocalEdgeConnection implements EdgeConnection {
  readonly user: EdgeUser;
  readonly sampleRate: SampleRate;
  readonly publishLeadMs = PUBLISH_LEAD_MS;
  readonly #call: LocalEdgeCall;
  readonly #events: Emitter<EdgeConnectionEvents>;
  readonly #listeners = new Set<(frame: AudioFrame, source: EdgeUser) => void>();
  readonly #logger: Logger;
  /** One per source of another rate. */
  readonly #resamplers = new Map<string, Resampler>();
  readonly #scratch: ScratchFrame;
  #isOver = false;

  constructor(user: EdgeUser, sampleRate: SampleRate, call: LocalEdgeCall, logger: Logger) {
    this.user = user;
    this.sampleRate = sampleRate;
    this.#call = call;
    this.#logger = logger;
    this.#events = new Emitter((error) => this.#listenerFailed(error));
    this.#scratch = { samples: new Int16Array(0), sampleRate, timestampSamples: 0 };
  }

  get participants(): readonly EdgeUser[] {
    return this.#isOver ? [] : this.#call.others(this);
  }

  publish(frame: AudioFrame): void {
    if (frame.sampleRate !== this.sampleRate) {
      throw new RangeError(
        `The frame has ${frame.sampleRate} Hz; this connection ${this.sampleRate} Hz.`,
      );
    }
    if (frame.samples.length !== samplesPerFrame(this.sampleRate)) {
      throw new RangeError(`The frame has ${frame.samples.length} samples; 20 ms are needed.`);
    }
    if (!this.#isOver) this.#call.deliver(frame, this);
  }

  onAudio(listener: (frame: AudioFrame, source: EdgeUser) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  on<Name extends keyof EdgeConnectionEvents>(
    name: Name,
    listener: (event: EdgeConnectionEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }

  resetSource(userId: string): void {
    this.#resamplers.get(userId)?.reset();
  }

  leave(): Promise<void> {
    if (!this.#isOver) {
      this.#call.remove(this);
      this.finish({ reason: 'left' });
    }
    return Promise.resolve();
  }

  participantJoined(user: EdgeUser): void {
    this.#events.emit('participant-joined', user);
  }

  participantLeft(user: EdgeUser): void {
    this.#resamplers.delete(user.id);
    this.#events.emit('participant-left', user);
  }

  finish(closed: EdgeConnectionClosed): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.emit('connection-closed', closed);
    this.#events.clear();
    this.#listeners.clear();
    this.#resamplers.clear();
  }

  receive(frame: AudioFrame, source: EdgeUser): void {
    if (this.#listeners.size === 0) return;
    const heard = frame.sampleRate === this.sampleRate ? frame : this.#resample(frame, source);
    for (const listener of this.#listeners) {
      try {
        listener(heard, source);
      } catch (error) {
        this.#listenerFailed(error);
      }
    }
  }

  #resample(frame: AudioFrame, source: EdgeUser): AudioFrame {
    let resampler = this.#resamplers.get(source.id);
    if (!resampler || resampler.fromRate !== frame.sampleRate) {
      resampler = createResampler(frame.sampleRate, this.sampleRate);
      this.#resamplers.set(source.id, resampler);
    }
    const scratch = this.#scratch;
    scratch.samples = resampler.process(frame.samples);
    scratch.timestampSamples = Math.round(
      (frame.timestampSamples * this.sampleRate) / frame.sampleRate,
    );
    return scratch;
  }

  #listenerFailed(error: unknown): void {
    this.#logger.error({ user: this.user.id, error }, 'A listener on the edge failed');
  }
}
