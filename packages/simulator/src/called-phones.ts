import { delay, type Clock, type SampleRate } from '@phone-agents/core';
import type { SimulatedPhone } from '@phone-agents/core/testing';
import { toneSamples } from './line/tones.ts';

const DEFAULT_RING_MS = 200;
const DEFAULT_GREETING_MS = 1_500;
const GREETING_HZ = 700;
const BEEP_HZ = 1_400;
const BEEP_MS = 300;
/** How long a carrier listens before it says who has picked up. */
const DETECTION_MS = 600;

/** What became of the ringing. */
export type RingEnd = 'answer' | 'machine' | 'busy' | 'reject' | 'fail' | 'no-answer';

/** How the phones behave that a server calls; a person answers any that nothing was said of. */
export class CalledPhones {
  readonly #phones = new Map<string, SimulatedPhone>();

  set(number: string, phone: SimulatedPhone): void {
    this.#phones.set(number, phone);
  }

  get(number: string): SimulatedPhone {
    return this.#phones.get(number) ?? { does: 'answer' };
  }
}

/** Lets a phone ring, for `ringMs` at most. Resolves with undefined once `signal` is aborted. */
export async function ring(
  phone: SimulatedPhone,
  ringMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<RingEnd | undefined> {
  const afterMs = phone.afterMs ?? DEFAULT_RING_MS;
  if (phone.does === 'ring' || afterMs > ringMs) {
    await delay(clock, ringMs, signal);
    return signal.aborted ? undefined : 'no-answer';
  }
  await delay(clock, afterMs, signal);
  if (signal.aborted) return undefined;
  return phone.does === 'refuse' ? 'fail' : phone.does;
}

/** Who has picked up, as a carrier's detection tells it. */
export type Detected = 'human' | 'machine' | 'beep';

export interface PickUpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly sampleRate: SampleRate;
  readonly speak: (samples: Int16Array) => Promise<void>;
  /** Told what a carrier would detect, when it would. */
  readonly onDetected: (detected: Detected) => void;
}

/** What happens at a phone that was picked up: a machine greets and beeps, a person says what a test lets them. */
export async function pickUp(phone: SimulatedPhone, options: PickUpOptions): Promise<void> {
  const { clock, onDetected, sampleRate, signal, speak } = options;
  const isMachine = phone.does === 'machine';
  const detected = delay(clock, DETECTION_MS, signal).then(() => {
    if (!signal.aborted) onDetected(isMachine ? 'machine' : 'human');
  });
  if (!isMachine) return detected;
  await speak(toneSamples(GREETING_HZ, phone.greetingMs ?? DEFAULT_GREETING_MS, sampleRate));
  await speak(toneSamples(BEEP_HZ, BEEP_MS, sampleRate));
  await detected;
  if (!signal.aborted) onDetected('beep');
}
