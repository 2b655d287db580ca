import type { PhoneCall } from '@phone-agents/core';

/** What we attach to a leg, and Telnyx repeats in its later webhooks: base64 of JSON. */
interface ClientState {
  /** Our id of the call. */
  readonly call?: unknown;
  /** The caller's leg, for the other leg of a forwarded call. */
  readonly forwards?: unknown;
}

/** The state of a leg that is one of our calls. */
export function stateOfCall(call: PhoneCall): string {
  return encode({ call: call.id });
}

/** Our id of the call that a leg is. */
export function callOfState(clientState: string | undefined): string | undefined {
  return textOf(decode(clientState).call);
}

/** The state of the leg to which a caller is forwarded. */
export function stateOfForward(callControlId: string): string {
  return encode({ forwards: callControlId });
}

/** The caller's leg, where the leg is the one to which a caller is forwarded. */
export function forwardedLeg(clientState: string | undefined): string | undefined {
  return textOf(decode(clientState).forwards);
}

function encode(state: ClientState): string {
  return Buffer.from(JSON.stringify(state)).toString('base64');
}

function decode(clientState: string | undefined): ClientState {
  if (clientState === undefined) return {};
  try {
    const state: unknown = JSON.parse(Buffer.from(clientState, 'base64').toString('utf8'));
    return typeof state === 'object' && state !== null ? state : {};
  } catch {
    // Somebody else's.
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
