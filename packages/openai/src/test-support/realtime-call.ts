import type { RealtimeConnection, RealtimeEvent } from '@phone-agents/agent';
import { decodeTones, encodeTones } from '@phone-agents/agent/testing';
import type { SampleRate } from '@phone-agents/core';
import { openaiRealtime } from '../openai-realtime.ts';
import type { OpenAIRealtimeOptions } from '../openai-settings.ts';
import type { OpenAIRealtimeStandIn, OpenAIRealtimeStandInOptions } from '../testing/index.ts';

/** Lets the stand-in hear and speak words that are tones. */
export const toneSpeech: OpenAIRealtimeStandInOptions = {
  hear: (samples, sampleRate) => decodeTones(samples, sampleRate as SampleRate),
  speak: (text, sampleRate) => encodeTones(text, sampleRate as SampleRate),
};

type ConnectOptions = Parameters<ReturnType<typeof openaiRealtime>['connect']>[0];

/** One call's conversation with the stand-in, and all that happened in it. */
export class RealtimeCall {
  readonly connection: RealtimeConnection;
  readonly events: RealtimeEvent[];
  readonly #sampleRate: SampleRate;

  private constructor(
    connection: RealtimeConnection,
    events: RealtimeEvent[],
    sampleRate: SampleRate,
  ) {
    this.connection = connection;
    this.events = events;
    this.#sampleRate = sampleRate;
  }

  static async connect(
    standIn: OpenAIRealtimeStandIn,
    options: OpenAIRealtimeOptions = {},
    connectOptions: Partial<ConnectOptions> = {},
  ): Promise<RealtimeCall> {
    const model = openaiRealtime({ apiKey: standIn.apiKey, baseUrl: standIn.url, ...options });
    const events: RealtimeEvent[] = [];
    const connection = await model.connect({
      instructions: 'Be brief.',
      tools: [],
      onEvent: (event) => events.push(event),
      ...connectOptions,
    });
    return new RealtimeCall(connection, events, model.inputSampleRate);
  }

  /** Says a sentence, and is silent behind it. */
  say(text: string, silenceMs = 500): void {
    this.write(encodeTones(text, this.#sampleRate));
    this.write(new Int16Array((silenceMs * this.#sampleRate) / 1000));
  }

  /** Writes samples in frames of 20 ms; the last is filled with silence. */
  write(samples: Int16Array): void {
    const length = this.#sampleRate / 50;
    const frame = new Int16Array(length);
    for (let at = 0; at < samples.length; at += length) {
      frame.fill(0);
      frame.set(samples.subarray(at, at + length));
      this.connection.write({
        samples: frame,
        sampleRate: this.#sampleRate,
        timestampSamples: at,
      });
    }
  }

  all<Type extends RealtimeEvent['type']>(type: Type): Extract<RealtimeEvent, { type: Type }>[] {
    return this.events.filter((event) => event.type === type) as never;
  }

  /** Waits for the event of this number, from 1, of its type. */
  async event<Type extends RealtimeEvent['type']>(
    type: Type,
    count = 1,
  ): Promise<Extract<RealtimeEvent, { type: Type }>> {
    await until(() => this.all(type).length >= count);
    return this.all(type)[count - 1]!;
  }

  /** The words that the model has spoken, out of its sound. */
  get heard(): string {
    const pieces = this.all('audio-received').map(({ samples }) => samples);
    const samples = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      samples.set(piece, at);
      at += piece.length;
    }
    return decodeTones(samples, this.#sampleRate);
  }

  get said(): string {
    return this.all('text-received')
      .map(({ text }) => text)
      .join('');
  }
}

/** Polls at most; more is a hang, which must not keep the process alive. */
const MAX_POLLS = 8_000;

/** Waits for something that happens on its own, over real sockets. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let polls = 0; !isSo(); polls++) {
    if (polls >= MAX_POLLS) throw new Error('What was waited for has not happened.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
