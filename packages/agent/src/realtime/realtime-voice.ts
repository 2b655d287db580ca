import type { Clock, SampleRate } from '@phone-agents/core';
import { PhoneAgentError, systemClock } from '@phone-agents/core';
import { PushQueue } from '../push-queue.ts';
import type { RealtimeEvent, RealtimeModel } from '../realtime-model.ts';
import type { SynthesisOptions, TextToSpeech } from '../speaking/text-to-speech.ts';

const INSTRUCTIONS = 'You read sentences aloud, word for word, as somebody on the phone says them.';
/** A sentence that is not there by then is not rendered. */
const TIMEOUT_MS = 15_000;

/** What a model is told to say something word for word. */
export function verbatim(text: string): string {
  return `Say exactly this, word for word, and nothing else: ${text}`;
}

/** The voice of a realtime model, for sentences that are rendered beforehand: each in a conversation of its own. */
export class RealtimeVoice implements TextToSpeech {
  readonly sampleRate: SampleRate;
  readonly #model: RealtimeModel;
  readonly #clock: Clock;

  constructor(model: RealtimeModel, clock: Clock = systemClock) {
    this.#model = model;
    this.#clock = clock;
    this.sampleRate = model.outputSampleRate;
  }

  /** @throws what the model's connection throws or ends with, and PhoneAgentError `speech_timeout`. */
  async *synthesize(
    text: string,
    { signal }: SynthesisOptions,
  ): AsyncGenerator<Int16Array, void, undefined> {
    const pieces = new PushQueue<Int16Array>();
    const onEvent = (event: RealtimeEvent): void => {
      if (event.type === 'audio-received') pieces.push(event.samples);
      else if (event.type === 'response-ended') {
        pieces.end(event.status === 'completed' ? undefined : { error: event.error });
      } else if (event.type === 'connection-closed' || event.type === 'connection-lost') {
        pieces.end({ error: event.error });
      }
    };
    const clock = this.#clock;
    const connection = await this.#model.connect({
      instructions: INSTRUCTIONS,
      tools: [],
      onEvent,
      signal,
      clock,
    });
    const timer = clock.setTimeout(
      () =>
        pieces.end({
          error: new PhoneAgentError('speech_timeout', 'The model has not said it in time.'),
        }),
      TIMEOUT_MS,
    );
    try {
      connection.respond({ instructions: verbatim(text) });
      yield* pieces;
    } finally {
      timer.cancel();
      await connection.close();
    }
  }
}
