import type { TelnyxPayload } from './telnyx-webhook.ts';

/** How deep a record of an event may hold the event. */
const MAX_EVENT_DEPTH = 5;

/** An event in Telnyx's records. */
export interface TelnyxEventRecord {
  /** `call.hangup` */
  readonly name: string;
  readonly payload: TelnyxPayload;
}

/** The event itself in its record, which holds it among other things; empty where it is not there. */
export function eventPayload(metadata: unknown, depth = 0): TelnyxPayload {
  if (typeof metadata !== 'object' || metadata === null || depth > MAX_EVENT_DEPTH) return {};
  if ('call_control_id' in metadata || 'call_leg_id' in metadata) return { ...metadata };
  for (const value of Object.values(metadata)) {
    const found = eventPayload(value, depth + 1);
    if (Object.keys(found).length > 0) return found;
  }
  return {};
}
