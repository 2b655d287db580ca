import assert from 'node:assert/strict';
import { samplesPerFrame } from '../audio/audio-frame.ts';
import type {
  EdgeCall,
  EdgeConnection,
  EdgeConnectionClosed,
  EdgeJoinOptions,
} from '../edge/edge.ts';
import { ToneEar, ToneGenerator } from './tone.ts';

/** A participant of the conformance cases: speaks a tone, and listens to who speaks which. */
export class EdgeVoice {
  readonly connection: EdgeConnection;
  /** What was heard, by the source's id. */
  readonly ears = new Map<string, ToneEar>();
  /** What happened, in its order: `joined <id>`, `left <id>`, `closed <reason>`. */
  readonly events: string[] = [];
  readonly #tone: ToneGenerator;
  readonly #samples: Int16Array;
  readonly #timestamps = new Map<string, number>();
  #timestampSamples = 0;

  constructor(connection: EdgeConnection, frequencyHz: number) {
    this.connection = connection;
    this.#tone = new ToneGenerator(frequencyHz, connection.sampleRate);
    this.#samples = new Int16Array(samplesPerFrame(connection.sampleRate));
    connection.on('participant-joined', ({ id }) => this.events.push(`joined ${id}`));
    connection.on('participant-left', ({ id }) => this.events.push(`left ${id}`));
    connection.on('connection-closed', ({ reason }: EdgeConnectionClosed) =>
      this.events.push(`closed ${reason}`),
    );
    connection.onAudio((frame, source) => {
      assert.equal(frame.sampleRate, connection.sampleRate, 'frames come at the rate asked for');
      assert.equal(
        frame.samples.length,
        samplesPerFrame(connection.sampleRate),
        'frames are 20 ms long',
      );
      assert.ok(Number.isInteger(frame.timestampSamples), 'media time is counted in whole samples');
      const before = this.#timestamps.get(source.id);
      if (before !== undefined) {
        assert.ok(
          frame.timestampSamples >= before + frame.samples.length,
          `media time goes on by a frame at least, not from ${before} to ${frame.timestampSamples}`,
        );
      }
      this.#timestamps.set(source.id, frame.timestampSamples);
      let ear = this.ears.get(source.id);
      if (!ear) this.ears.set(source.id, (ear = new ToneEar()));
      ear.hear(frame);
    });
  }

  static async join(
    call: EdgeCall,
    id: string,
    frequencyHz: number,
    options: Partial<EdgeJoinOptions> = {},
  ): Promise<EdgeVoice> {
    const connection = await call.join(
      { id, name: `Voice ${id}` },
      { sampleRate: 16000, ...options },
    );
    return new EdgeVoice(connection, frequencyHz);
  }

  get id(): string {
    return this.connection.user.id;
  }

  /** Publishes 20 ms of the tone, and overwrites the frame as soon as it may. */
  speak(): void {
    this.connection.publish({
      samples: this.#tone.fill(this.#samples),
      sampleRate: this.connection.sampleRate,
      timestampSamples: this.#timestampSamples,
    });
    this.#timestampSamples += this.#samples.length;
    for (let i = 0; i < this.#samples.length; i++)
      this.#samples[i] = i % 2 === 0 ? 30_000 : -30_000;
  }

  hears(other: EdgeVoice, frequencyHz: number): boolean {
    return this.ears.get(other.id)?.hears(frequencyHz) ?? false;
  }
}
