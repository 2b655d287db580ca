import type { TextToSpeech } from '@phone-agents/agent';
import { renderSpeech } from '@phone-agents/agent';
import { encodeTones } from '@phone-agents/agent/testing';
import { loadPeer } from './optional-peer.ts';
import { LINE_RATE } from './virtual-phone/virtual-line.ts';

/** Gives the caller's words a sound, at 8 kHz. */
export interface CallerVoice {
  say(text: string): Promise<Int16Array>;
  close(): Promise<void>;
}

/** Words as tones, which the text recogniser reads. */
export const toneVoice: CallerVoice = {
  say: async (text) => encodeTones(text, LINE_RATE, 'caller'),
  close: async () => {},
};

/** A real voice, from `@phone-agents/offline`. */
export async function createSpokenVoice(): Promise<CallerVoice> {
  const { offlineTextToSpeech } = await loadPeer(
    '@phone-agents/offline',
    () => import('@phone-agents/offline'),
  );
  const tts: TextToSpeech = offlineTextToSpeech({ voice: 'slt' });
  await tts.prepare?.();
  return {
    say: (text) => renderSpeech(tts, text, { sampleRate: LINE_RATE }),
    close: async () => tts.close?.(),
  };
}

/** A cough, or another noise without a word in it; the same each time. */
export function cough(durationMs: number): Int16Array {
  let state = 1;
  return Int16Array.from({ length: (durationMs * LINE_RATE) / 1000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 8_000) - 4_000;
  });
}
