/** Why a call ended. The provider's own words stand beside it as `providerCause`. */
export type CallEndReason =
  /** The person on the phone hung up. */
  | 'remote-hung-up'
  /** The agent, or one of its tools, hung up. */
  | 'agent-hung-up'
  /** Your code hung up (`call.hangUp()`). */
  | 'hung-up'
  /** The call was declined: an inbound one by your `answer` function, an outbound one by who was called. */
  | 'rejected'
  /** Your `answer` function sent the call to another number. */
  | 'forwarded'
  /** The call was handed to another number while it lasted. */
  | 'transferred'
  /** An answering machine took the call, and that was to end it. */
  | 'machine-answered'
  /** The called party was busy. */
  | 'busy'
  /** Nobody answered. */
  | 'no-answer'
  /** The call was given up before it was answered. */
  | 'canceled'
  /** The phone network could not place or hold the call. */
  | 'failed'
  /** One of the phone's limits refused or ended it. */
  | 'limit-reached'
  /** It lasted as long as a call may. */
  | 'max-duration-reached'
  /** The `answer` function threw, or the agent could not be prepared. */
  | 'prepare-failed'
  /** The agent failed while the call lasted. */
  | 'agent-failed'
  /** The call where the agent lives could not be joined, or was lost. */
  | 'edge-failed'
  /** The provider never opened the media stream, or opened it too late. */
  | 'media-timeout'
  /** The media stream was lost and did not come back. */
  | 'media-lost'
  /** The provider's audio has a form that is not supported. */
  | 'audio-unsupported'
  /** The server is shutting down. */
  | 'shutdown'
  /** A fault of ours. */
  | 'internal-error';

/** How a call ended. */
export interface CallEnd {
  readonly reason: CallEndReason;
  /** The provider's own cause or code, where it gave one. */
  readonly providerCause?: string | undefined;
  /** The error behind it, where there was one. Never shown to a caller or an HTTP client. */
  readonly error?: unknown;
  /** From answer to end, in ms; 0 for a call that was never answered. */
  readonly durationMs: number;
  /** Wall-clock time of the end, in ms since 1970. */
  readonly endedAtMs: number;
}

const FAULTS: ReadonlySet<CallEndReason> = new Set([
  'prepare-failed',
  'agent-failed',
  'edge-failed',
  'audio-unsupported',
  'internal-error',
]);

/** Whether the caller is owed an apology: the end is our fault, not anybody's wish. */
export function isFault(reason: CallEndReason): boolean {
  return FAULTS.has(reason);
}

const GONE: ReadonlySet<CallEndReason> = new Set([
  'remote-hung-up',
  'transferred',
  'busy',
  'no-answer',
  'rejected',
  'canceled',
  'failed',
]);

/** Whether the provider has ended (or taken over) the call already, so that no hang-up is owed. */
export function isGone(reason: CallEndReason): boolean {
  return GONE.has(reason);
}
