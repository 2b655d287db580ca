import type { Clock } from '../clock/clock.ts';
import { delay } from '../clock/clock.ts';
import { sharedTicker } from '../clock/ticker.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import type {
  AnsweringMachine,
  AttachedPhone,
  EdgeCall,
  EdgeConnection,
  EdgeParticipant,
  EdgeParticipantContext,
  EdgeParticipantSession,
} from '../edge/edge.ts';
import { PhoneAgentError } from '../errors.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import { ToneEar, ToneGenerator } from './tone.ts';

export interface ProbeAgentOptions {
  /** How long it prepares, in ms; default 0. */
  readonly prepareMs?: number | undefined;
  /** Why it cannot be prepared, if it cannot. */
  readonly failure?: Error | undefined;
}

/** The agent of the provider cases: speaks tones, hears tones, and counts what is asked of it. */
export class ProbeAgent implements EdgeParticipant {
  /** How often it was asked to join a call. */
  joins = 0;
  readonly sessions: ProbeSession[] = [];
  readonly #options: ProbeAgentOptions;

  constructor(options: ProbeAgentOptions = {}) {
    this.#options = options;
  }

  async join(edgeCall: EdgeCall, context: EdgeParticipantContext): Promise<EdgeParticipantSession> {
    this.joins++;
    const { prepareMs = 0, failure } = this.#options;
    if (prepareMs > 0) await delay(context.clock, prepareMs, context.signal);
    if (failure) throw failure;
    const connection = await edgeCall.join({ id: 'agent' }, { sampleRate: 16000 });
    return this.#open(connection, context);
  }

  #open(
    connection: EdgeConnection,
    context: EdgeParticipantContext,
    announcement?: string,
  ): ProbeSession {
    const createBriefing = (text: string): EdgeParticipant => this.#briefing(text);
    const session = new ProbeSession(connection, context, createBriefing, announcement);
    this.sessions.push(session);
    return session;
  }

  #briefing(announcement: string): EdgeParticipant {
    return {
      join: async (edgeCall, context) => {
        const connection = await edgeCall.join({ id: 'agent' }, { sampleRate: 16000 });
        return this.#open(connection, context, announcement);
      },
    };
  }
}

/** The agent in one call. */
export class ProbeSession implements EdgeParticipantSession {
  readonly call: PhoneCall;
  /** What comes from the phone over the edge. */
  readonly ear = new ToneEar();
  /** What the caller said before the phone joined. */
  readonly earlyEar = new ToneEar();
  phone: AttachedPhone | undefined;
  isClosed = false;
  readonly #connection: EdgeConnection;
  readonly #clock: Clock;
  #stop: Unsubscribe = () => {};
  #isSpeaking = false;

  readonly #createBriefing: (announcement: string) => EdgeParticipant;
  readonly #announcement: string | undefined;

  constructor(
    connection: EdgeConnection,
    { call, clock }: Pick<EdgeParticipantContext, 'call' | 'clock'>,
    createBriefing: (announcement: string) => EdgeParticipant,
    announcement?: string,
  ) {
    this.call = call;
    this.#createBriefing = createBriefing;
    this.#announcement = announcement;
    this.#connection = connection;
    this.#clock = clock;
    connection.onAudio((frame, { id }) => {
      if (id !== this.phone?.userId) throw new PhoneAgentError('probe', `Audio came from ${id}.`);
      this.ear.hear(frame);
    });
  }

  phoneAttached(phone: AttachedPhone): void {
    this.phone = phone;
    for (const frame of phone.backlog) this.earlyEar.hear(frame);
    if (this.#announcement !== undefined) this.#say(this.#announcement);
  }

  /** Speaks a tone for so long, as far ahead of real time as the edge allows. */
  speak(frequencyHz: number, durationMs: number): void {
    this.stopSpeaking();
    this.#isSpeaking = true;
    const { publishLeadMs, sampleRate } = this.#connection;
    const tone = new ToneGenerator(frequencyHz, sampleRate);
    const samples = new Int16Array(sampleRate / 50);
    const startMs = this.#clock.now();
    let publishedMs = 0;
    const publishDue = (): void => {
      const dueMs = Math.min(durationMs, this.#clock.now() - startMs + publishLeadMs);
      for (; publishedMs < dueMs; publishedMs += 20) {
        const timestampSamples = (publishedMs / 20) * samples.length;
        this.#connection.publish({ samples: tone.fill(samples), sampleRate, timestampSamples });
        samples.fill(-1);
      }
      if (publishedMs >= durationMs) this.stopSpeaking();
    };
    this.#stop = sharedTicker(this.#clock).subscribe(publishDue);
  }

  /** A message is a tone: its words are the frequency in Hz and the length in ms. */
  async leaveMessage({ message, greetingEnded }: AnsweringMachine): Promise<void> {
    this.stopSpeaking();
    this.phone?.bridge.interrupt('agent');
    await greetingEnded;
    this.#say(message);
    await this.turnFinished();
    await this.phone?.bridge.whenSilent();
  }

  /** An announcement is a tone, as a message is. */
  createBriefing(announcement: string): EdgeParticipant {
    return this.#createBriefing(announcement);
  }

  async turnFinished(): Promise<void> {
    const call = this.call.signal;
    while (this.#isSpeaking && !call.aborted) await delay(this.#clock, 20, call);
  }

  /** The frequency in Hz and the length in ms: `1037 500`. */
  #say(text: string): void {
    const [frequencyHz, durationMs] = text.split(' ').map(Number);
    this.speak(frequencyHz!, durationMs!);
  }

  stopSpeaking(): void {
    this.#isSpeaking = false;
    this.#stop();
    this.#stop = () => {};
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.stopSpeaking();
    await this.#connection.leave();
  }
}
