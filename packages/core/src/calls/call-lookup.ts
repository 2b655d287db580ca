/** Progress of a call at the provider. The last six are final. */
export type CallProgress =
  | 'initiated'
  | 'ringing'
  | 'answered'
  | 'completed'
  | 'busy'
  | 'no-answer'
  | 'rejected'
  | 'canceled'
  | 'failed';

/** What a call cost, as the provider bills it. */
export interface CallCost {
  readonly amount: number;
  /** ISO 4217, upper case: `USD`. */
  readonly currency: string;
}

/** What the provider's records say of a call. */
export interface CallLookup {
  readonly progress: CallProgress;
  readonly providerCause?: string | undefined;
  /** From answer to end, in ms, once it has ended. */
  readonly durationMs?: number | undefined;
  /** What it cost, once that is known: often minutes after the end. */
  readonly cost?: CallCost | undefined;
}
