export { offlineVoiceActivity } from './activity/offline-voice-activity.ts';
export type { OfflineVoiceActivityOptions } from './activity/offline-voice-activity.ts';
export type { FliteVoice } from './synthesis/flite-voice.ts';
export { offlineTextToSpeech } from './synthesis/offline-text-to-speech.ts';
export type { OfflineTextToSpeechOptions } from './synthesis/offline-text-to-speech.ts';
export { offlineSpeechToText } from './recognition/offline-speech-to-text.ts';
export type { OfflineSpeechToTextOptions } from './recognition/offline-speech-to-text.ts';
export { speechRecognitionAvailability } from './recognition/speech-recognition-availability.ts';
export type {
  SpeechRecognitionAvailability,
  SpeechRecognitionAvailabilityOptions,
} from './recognition/speech-recognition-availability.ts';
export { createPhraseAnswers } from './knowledge/phrase-answers.ts';
export type {
  PhraseAnswer,
  PhraseAnswers,
  PhraseAnswersOptions,
  PhraseEntry,
} from './knowledge/phrase-answers.ts';
export { parsePhraseFile } from './knowledge/phrase-file.ts';
