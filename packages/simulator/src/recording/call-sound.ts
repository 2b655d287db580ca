import { decodeWav } from '@phone-agents/core';
import type { CarrierCall } from '../carrier-call.ts';
import { firstLoud, silentFrom } from './loudness.ts';

/** Longer than any pause within an answer, shorter than the pause before the next one. */
const SILENCE_MS = 450;

/** Both directions of a call on one time line that begins with the answer. */
export interface CallSound {
  readonly sampleRate: number;
  /** What was said into the phone. */
  readonly caller: Int16Array;
  /** What was heard from it. */
  readonly heard: Int16Array;
}

/** Something that the caller did, on the recording's time line. */
export interface CallerAction {
  /** When it began. */
  readonly startMs: number;
  /** When it was over: the end of the last word, or the key's press. */
  readonly endMs: number;
}

/** What was said and heard in a recorded call so far; empty where it is not recorded. */
export function callSound(call: Pick<CarrierCall, 'recording'>): CallSound {
  const { sampleRate, channels } = decodeWav(call.recording());
  const [caller = new Int16Array(), heard = new Int16Array()] = channels;
  return { sampleRate, caller, heard };
}

/** From the answer to the first sound at the ear, in ms. */
export function greetingDelayMs({ heard, sampleRate }: CallSound): number {
  return (firstLoud(heard) * 1000) / sampleRate;
}

/** From the end of an action to the first sound of the answer, in ms. */
export function answerDelayMs({ heard, sampleRate }: CallSound, { endMs }: CallerAction): number {
  const end = Math.round((endMs * sampleRate) / 1000);
  return ((firstLoud(heard, end) - end) * 1000) / sampleRate;
}

/** From the beginning of an action to the last sound of what it interrupted, in ms. */
export function interruptionDelayMs(
  { heard, sampleRate }: CallSound,
  { startMs }: CallerAction,
): number {
  const start = Math.round((startMs * sampleRate) / 1000);
  const silence = (SILENCE_MS * sampleRate) / 1000;
  return ((silentFrom(heard, start, silence) - start) * 1000) / sampleRate;
}

/** Where speech of a known length stands in the caller's direction, looked for from `fromMs` on. */
export function findSpeech(
  { caller, sampleRate }: CallSound,
  fromMs: number,
  durationMs: number,
): CallerAction {
  const start = firstLoud(caller, Math.round((fromMs * sampleRate) / 1000));
  const startMs = (start * 1000) / sampleRate;
  return { startMs, endMs: startMs + durationMs };
}
