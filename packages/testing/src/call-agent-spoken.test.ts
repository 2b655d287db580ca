import type { SpeechToText } from '@phone-agents/agent';
import { createVoiceAgent, recognizeSpeech } from '@phone-agents/agent';
import { decodeWav } from '@phone-agents/core';
import { callAgent, scriptedModel } from './index.ts';

// The package loads it when it is needed, and so does its test.
const {
  offlineSpeechToText,
  offlineTextToSpeech,
  offlineVoiceActivity,
  speechRecognitionAvailability,
} = await import('@phone-agents/offline');

const availability = await speechRecognitionAvailability();
const testSpeech = availability.available ? test : test.skip;
const whyNot = availability.available ? '' : ` [skipped: ${availability.reason}]`;

const GREETING = 'Hello, this is the AI assistant of the library.';
const QUESTION = 'When do you open on Monday?';
const LONG_ANSWER =
  'We open at nine in the morning. On Sundays and on holidays the doors stay closed all day. ' +
  'In the summer there are other hours, which you find beside the door.';
const INTERRUPTION = 'Please stop talking now.';
const GOODBYE = 'You are welcome. Goodbye.';

const LINE_RATE = 8_000;

/** What a recogniser hears of the right channel of a recording: what came to the caller's ear. */
async function hear(stt: SpeechToText, wav: Uint8Array): Promise<string> {
  const ear = decodeWav(wav).channels[1]!;
  return (await recognizeSpeech(stt, ear, LINE_RATE)).toLowerCase();
}

testSpeech(
  `with speech: 'audio' both sides really speak, are recognised, and interrupt each other${whyNot}`,
  async () => {
    const tts = offlineTextToSpeech();
    const vad = offlineVoiceActivity();
    const stt = offlineSpeechToText({ phrases: [QUESTION, INTERRUPTION] });
    const ear = offlineSpeechToText({
      phrases: [GREETING, ...LONG_ANSWER.split('. '), ...GOODBYE.split('. ')],
      endTurnTimeoutMs: 30_000,
      minimumScorePerFrame: -Infinity,
    });
    try {
      const agent = createVoiceAgent({ greeting: GREETING, tts, vad, stt, model: 'not used' });
      // By what it was asked: an answer that is begun early, and dropped, would use an item up.
      const model = scriptedModel([], {
        otherwise: ({ text }) => (/stop talking/i.test(text) ? GOODBYE : LONG_ANSWER),
      });
      await using caller = await callAgent(agent, { speech: 'audio', model });
      await caller.hears(/AI assistant/);
      await caller.say(QUESTION);
      await caller.interrupt(INTERRUPTION);
      await caller.hears(/Goodbye/);
      const said = caller.transcript.filter(({ role }) => role === 'caller');
      expect(said.map(({ text }) => text)).toEqual([
        expect.stringMatching(/when do you open/i),
        expect.stringMatching(/stop talking/i),
      ]);
      const answer = caller.transcript.find(({ interrupted }) => interrupted)!;
      expect(LONG_ANSWER.startsWith(answer.heardText.slice(0, 7))).toBe(true);
      expect(answer.heardText.length).toBeLessThan(LONG_ANSWER.length);
      const heard = await hear(ear, caller.recording());
      expect(heard).toMatch(/assistant of the library/);
      expect(heard).toMatch(/goodbye$/);
      expect(heard).not.toMatch(/beside the door/);
    } finally {
      await Promise.all([tts.close?.(), vad.close?.(), stt.close?.(), ear.close?.()]);
    }
  },
);
