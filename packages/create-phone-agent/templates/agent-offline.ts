import { createVoiceAgent } from '@phone-agents/agent';
import type { VoiceAgent } from '@phone-agents/agent';
import {
  createPhraseAnswers,
  offlineSpeechToText,
  offlineTextToSpeech,
  offlineVoiceActivity,
  speechRecognitionAvailability,
} from '@phone-agents/offline';

// What the agent knows. Change it, start again, call again.
const opening = {
  questions: ['When are you open?', 'What are your opening hours?'],
  answer: 'We are open from Monday to Friday, from nine to five.',
};
const parking = {
  questions: ['Do you have parking?', 'Where can I park?'],
  answer: 'Yes, there is parking behind the house.',
};
const answers = createPhraseAnswers({ entries: [opening, parking] });
const unknown = 'Sorry, I do not know that. Ask me about opening hours or parking.';
const keys = new Map([
  ['1', opening.answer],
  ['2', parking.answer],
]);

/** An agent whose speech is made and understood on this machine, without an account. */
export async function createAgent(): Promise<VoiceAgent> {
  const recognition = await speechRecognitionAvailability();
  if (!recognition.available) {
    console.log(`Callers can press keys only: ${recognition.reason}. ${recognition.howToInstall}`);
  }
  return createVoiceAgent({
    greeting:
      'Hello, this is an AI assistant. Ask me about our opening hours, or press 1. For parking, press 2.',
    tts: offlineTextToSpeech(),
    ...(recognition.available && {
      stt: offlineSpeechToText({ phrases: answers.phrases() }),
      vad: offlineVoiceActivity(),
    }),
    responder: {
      respond: ({ text }) => answers.answer(text)?.answer ?? unknown,
      respondToDigit: (digit) => keys.get(digit) ?? unknown,
      phrases: () => answers.phrases(),
    },
  });
}
