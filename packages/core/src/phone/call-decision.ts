import type { PhoneCall } from '../calls/phone-call.ts';
import type { EdgeParticipant } from '../edge/edge.ts';
import type { PhoneMediaStream } from '../media/phone-media-stream.ts';

/** Takes a call's audio itself, with no agent and no edge. */
export interface MediaHandler {
  /** Handles one call. When it returns, the call is hung up; when it throws, with an apology. */
  handleMedia(media: PhoneMediaStream, call: PhoneCall): Promise<void>;
}

/** Declines a call before it is answered. */
export interface CallRejection {
  readonly reject: 'busy' | 'rejected';
}

/** Sends a call to another number. */
export interface CallForwarding {
  /** The number, in E.164. */
  readonly forwardTo: string;
}

/** Says one sentence by the provider's voice, then hangs up. */
export interface CallAnnouncement {
  readonly announce: string;
}

/** What becomes of a call: somebody takes it, or it is declined, forwarded or told something. */
export type CallDecision =
  EdgeParticipant | MediaHandler | CallRejection | CallForwarding | CallAnnouncement;

/**
 * Who answers: an agent (or any participant), a handler of the bare audio, or a function that decides
 * call by call. The function has 10 s; failing, the caller hears an apology.
 */
export type PhoneAnswer =
  EdgeParticipant | MediaHandler | ((call: PhoneCall) => CallDecision | Promise<CallDecision>);

/**
 * Chooses by the number that was called.
 *
 * @param routes decision by called number, in E.164
 * @param otherwise for every other number
 */
export function routeByCalledNumber(
  routes: Readonly<Record<string, CallDecision>>,
  otherwise: CallDecision,
): (call: PhoneCall) => CallDecision {
  const byNumber = new Map(Object.entries(routes));
  return (call) => byNumber.get(call.to) ?? otherwise;
}
