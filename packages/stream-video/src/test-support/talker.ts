import type {
  AudioFrame,
  EdgeCall,
  EdgeConnection,
  SampleRate,
  Unsubscribe,
} from '@phone-agents/core';
import { samplesPerFrame, sharedTicker, systemClock } from '@phone-agents/core';
import { SubjectTime, ToneEar, ToneGenerator } from '@phone-agents/core/testing';
import { loudness } from './sounds.ts';

export interface TalkerOptions {
  readonly sampleRate?: SampleRate | undefined;
  readonly name?: string | undefined;
}

/** A participant that speaks a tone without a pause, and listens to the others'. */
export class Talker {
  readonly connection: EdgeConnection;
  /** What is heard, by the source's id. */
  readonly ears = new Map<string, ToneEar>();
  /** What happened, in its order: `joined <id>`, `left <id>`, `closed <reason>`. */
  readonly events: string[] = [];
  /** The loudest frame that was heard. */
  loudest = 0;
  readonly #tone: ToneGenerator;
  readonly #frame: { -readonly [K in keyof AudioFrame]: AudioFrame[K] };
  readonly #stop: Unsubscribe;

  constructor(connection: EdgeConnection, frequencyHz: number) {
    const { sampleRate } = connection;
    this.connection = connection;
    this.#tone = new ToneGenerator(frequencyHz, sampleRate);
    const samples = new Int16Array(samplesPerFrame(sampleRate));
    this.#frame = { samples, sampleRate, timestampSamples: 0 };
    connection.on('participant-joined', ({ id }) => this.events.push(`joined ${id}`));
    connection.on('participant-left', ({ id }) => this.events.push(`left ${id}`));
    connection.on('connection-closed', ({ reason }) => this.events.push(`closed ${reason}`));
    connection.onAudio((frame, { id }) => this.#hear(frame, id));
    this.#stop = sharedTicker(systemClock).subscribe(() => this.#speak());
  }

  static async join(
    call: EdgeCall,
    id: string,
    frequencyHz: number,
    { sampleRate = 16000, name }: TalkerOptions = {},
  ): Promise<Talker> {
    return new Talker(await call.join({ id, name }, { sampleRate }), frequencyHz);
  }

  get id(): string {
    return this.connection.user.id;
  }

  hears(other: Talker, frequencyHz: number): boolean {
    return this.ears.get(other.id)?.hears(frequencyHz) ?? false;
  }

  /** Forgets what was heard until now. */
  forget(): void {
    for (const ear of this.ears.values()) ear.forget();
    this.loudest = 0;
  }

  async leave(): Promise<void> {
    this.#stop();
    await this.connection.leave();
  }

  /** Says nothing any more. */
  fallSilent(): void {
    this.#stop();
  }

  #speak(): void {
    const frame = this.#frame;
    this.#tone.fill(frame.samples);
    this.connection.publish(frame);
    frame.timestampSamples += frame.samples.length;
  }

  #hear(frame: AudioFrame, id: string): void {
    let ear = this.ears.get(id);
    if (!ear) this.ears.set(id, (ear = new ToneEar()));
    ear.hear(frame);
    this.loudest = Math.max(this.loudest, loudness(frame.samples));
  }
}

const time = new SubjectTime(undefined);

/** Waits until `condition` holds, in real time. */
export function until(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  return time.until(condition, what, { timeoutMs });
}

/** Lets real time pass. */
export function pass(durationMs: number): Promise<void> {
  return time.pass(durationMs);
}
