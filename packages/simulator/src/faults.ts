/** Something that happens to a share of the 20 ms frames, for a while. */
export interface TimedFault {
  /** Share of frames that it befalls, from 0 to 1. */
  readonly probability: number;
  /** How long it takes, in ms. */
  readonly durationMs: number;
}

/**
 * How a simulated phone company misbehaves. All of it happens on the carrier's seed: the same seed and
 * the same order of calls give the same faults. Probabilities go from 0 (default) to 1.
 */
export interface CarrierFaults {
  /** Caller audio that never arrives: its time stamp is left out. */
  readonly lostFrames?: number | undefined;
  /** Caller audio that is sent twice. */
  readonly duplicatedFrames?: number | undefined;
  /** Caller audio that arrives after frames that were spoken later. */
  readonly lateFrames?: TimedFault | undefined;
  /** Media messages that are held back for a while and then come in one burst, in order. */
  readonly stalls?: TimedFault | undefined;
  /** Media messages that are broken: cut off, of the wrong type, with a bad payload. */
  readonly malformedFrames?: number | undefined;
  /** Each media socket breaks, without a word, this long after it opened. */
  readonly dropMediaAfterMs?: number | undefined;
  /** Only the first so many sockets of a call drop; default all of them. */
  readonly droppedSockets?: number | undefined;
  /** Webhooks of incoming calls that are sent twice, for the first answer was taken for lost. */
  readonly retriedWebhooks?: number | undefined;
  /** How much later the second one is sent; default 0: both are under way at once. */
  readonly webhookRetryAfterMs?: number | undefined;
  /** All other news of a call (Twilio's status callbacks, Telnyx's events) is sent so much later. */
  readonly statusCallbackDelayMs?: number | undefined;
  /** Such news that is never sent. */
  readonly lostStatusCallbacks?: number | undefined;
  /** Such news that is sent twice. */
  readonly doubledStatusCallbacks?: number | undefined;
  /** Such news that arrives after what follows it. */
  readonly reorderedStatusCallbacks?: number | undefined;
  /** The server's requests to place a call that are carried out and never answered. */
  readonly lostDialAnswers?: number | undefined;
}

const PROBABILITIES = [
  'lostFrames',
  'duplicatedFrames',
  'malformedFrames',
  'retriedWebhooks',
  'lostStatusCallbacks',
  'lostDialAnswers',
  'doubledStatusCallbacks',
  'reorderedStatusCallbacks',
] as const;

/**
 * Checks what a user asks for.
 *
 * @throws RangeError where a probability is not from 0 to 1 or a duration is negative.
 */
export function checkFaults(faults: CarrierFaults): CarrierFaults {
  for (const name of PROBABILITIES) requireProbability(name, faults[name]);
  for (const name of ['lateFrames', 'stalls'] as const) {
    requireProbability(`${name}.probability`, faults[name]?.probability);
    requireDuration(`${name}.durationMs`, faults[name]?.durationMs);
  }
  for (const name of [
    'dropMediaAfterMs',
    'webhookRetryAfterMs',
    'statusCallbackDelayMs',
  ] as const) {
    requireDuration(name, faults[name]);
  }
  return faults;
}

function requireProbability(name: string, value: number | undefined): void {
  if (value !== undefined && !(value >= 0 && value <= 1)) {
    throw new RangeError(`faults.${name} must be from 0 to 1, not ${value}.`);
  }
}

function requireDuration(name: string, value: number | undefined): void {
  if (value !== undefined && !(value >= 0)) {
    throw new RangeError(`faults.${name} must be at least 0, not ${value}.`);
  }
}
