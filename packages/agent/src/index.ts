export type {
  SpeechToText,
  SpeechToTextHints,
  SpeechToTextOptions,
  SpeechToTextStream,
  Transcript,
} from './speech-to-text.ts';
export type { SynthesisOptions, TextToSpeech } from './text-to-speech.ts';
export type {
  VoiceActivity,
  VoiceActivityDetector,
  VoiceActivityOptions,
  VoiceActivityStream,
} from './voice-activity-detector.ts';
