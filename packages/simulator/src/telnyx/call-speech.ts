import type { SampleRate } from '@phone-agents/core';
import type { PhoneLine } from '../line/phone-line.ts';
import { voiceHum } from '../line/tones.ts';

/** Renders what the carrier says, at the rate of the call. */
export type AnnouncementRenderer = (
  text: string,
  sampleRate: SampleRate,
) => Int16Array | Promise<Int16Array>;

/** What a {@link CallSpeech} is made with. */
export interface CallSpeechOptions {
  readonly line: PhoneLine;
  readonly sampleRate: SampleRate;
  readonly sayCharactersPerSecond: number;
  readonly renderAnnouncement: AnnouncementRenderer | undefined;
  /** A text begins. */
  readonly onText: (text: string) => void;
  /** Tells the server by webhook. */
  readonly tell: (eventType: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** What Telnyx reads to one phone: a text after the other. */
export class CallSpeech {
  readonly #options: CallSpeechOptions;
  #last: Promise<void> = Promise.resolve();
  #isSpeaking = false;
  #isOver = false;

  constructor(options: CallSpeechOptions) {
    this.#options = options;
  }

  /** Reads a text, after all that is being read already. */
  say(text: string): void {
    this.#last = this.#last.then(() => this.#say(text));
  }

  /** The call is over, and with it what is being read. */
  end(): void {
    this.#isOver = true;
    if (this.#isSpeaking) this.#options.tell('call.speak.ended', { status: 'call_hangup' });
  }

  async #say(text: string): Promise<void> {
    if (this.#isOver) return;
    const { line, onText, renderAnnouncement, sampleRate, sayCharactersPerSecond, tell } =
      this.#options;
    this.#isSpeaking = true;
    onText(text);
    tell('call.speak.started', {});
    const rendered = await renderAnnouncement?.(text, sampleRate);
    const durationMs = (text.length / sayCharactersPerSecond) * 1000;
    await line.playSound(rendered ?? voiceHum(durationMs, sampleRate));
    // Where the call has ended meanwhile, that was told with its end.
    if (this.#isOver) return;
    this.#isSpeaking = false;
    tell('call.speak.ended', { status: 'completed' });
  }
}
