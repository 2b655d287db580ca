import type { SampleRate } from '@phone-agents/core';
import { recognizeSpeech } from '@phone-agents/agent';
import { resampleAll } from '@phone-agents/core';
import {
  createPhraseAnswers,
  offlineSpeechToText,
  offlineTextToSpeech,
} from '@phone-agents/offline';
import type { Knowledge } from '../../knowledge.ts';
import { UNKNOWN_KEY, UNKNOWN_QUESTION } from '../../responder.ts';

/** What a stand-in's model says: words, or a tool call. */
export type StandInReply =
  string | { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> };

/** Answers the user's last words, or what a tool gave to them. */
export type StandInThink = (request: {
  readonly text: string;
  readonly toolOutput: string | undefined;
}) => StandInReply;

/** What a vendor's stand-in hears, speaks and thinks with: engines on this machine. */
export interface StandInMind {
  /** Loads its engines and speaks all answers once, so that they wait in the synthesiser's cache. */
  prepare(): Promise<void>;
  hear(samples: Int16Array, sampleRate: number): Promise<string>;
  speak(text: string, sampleRate: number): AsyncIterable<Int16Array>;
  /** Answers a question, or a key that was pressed, from the knowledge file. */
  readonly think: StandInThink;
  close(): Promise<void>;
}

const PRESSED = /pressed ([\d*#]+) on/;

/** Makes ears, voice and mind for stand-ins, of a knowledge file. */
export function createStandInMind({ topics }: Knowledge): StandInMind {
  const answers = createPhraseAnswers({ entries: topics, otherwise: UNKNOWN_QUESTION });
  const stt = offlineSpeechToText({ phrases: answers.phrases() });
  const tts = offlineTextToSpeech();
  return {
    async prepare() {
      await Promise.all([stt.prepare?.({ phrases: answers.phrases() }), tts.prepare?.()]);
      // Vendors are asked for whole answers, or for their sentences one by one.
      for (const { answer } of topics) {
        for (const text of [answer, ...(answer.match(/[^.]+\./g) ?? [])]) {
          for await (const _samples of tts.synthesize(text.trim())) continue;
        }
      }
    },
    hear: (samples, sampleRate) => recognizeSpeech(stt, samples, sampleRate as SampleRate),
    async *speak(text, sampleRate) {
      for await (const samples of tts.synthesize(text)) {
        yield resampleAll(samples, tts.sampleRate, sampleRate as SampleRate);
      }
    },
    think({ text }) {
      const key = PRESSED.exec(text)?.[1];
      if (key === undefined) return answers.answer(text)?.answer ?? UNKNOWN_QUESTION;
      return topics.find((topic) => topic.key === key)?.answer ?? UNKNOWN_KEY;
    },
    close: async () => {
      await Promise.all([stt.close?.(), tts.close?.()]);
    },
  };
}
