import type { SampleRate } from '@phone-agents/core';

/** Rate of the telephone network. */
export const PHONE_RATE: SampleRate = 8_000;
