import { TelnyxWebhookFormatError } from './telnyx-error.ts';

/** Facts of an event, as Telnyx sent them; Telnyx adds fields and values without notice. */
export type TelnyxPayload = Readonly<Record<string, unknown>>;

/**
 * One webhook of Telnyx's: the fields that matter by name, and all of them in `payload`.
 *
 * Numbers are personal data, and `payload` may hold stream addresses with tokens in them: keep both
 * out of logs.
 */
export interface TelnyxWebhook {
  /** `data.id`: the same in every repetition of the webhook. */
  readonly id: string;
  /** `call.initiated`, `streaming.failed`, … */
  readonly eventType: string;
  /** When it happened, in ms since 1970 by Telnyx's clock; webhooks come in any order. */
  readonly occurredAtMs?: number | undefined;
  /** Everything that Telnyx said of the event. */
  readonly payload: TelnyxPayload;
  /** The leg, as commands name it. */
  readonly callControlId?: string | undefined;
  /** The leg, as records name it. */
  readonly callLegId?: string | undefined;
  /** Shared by legs that are connected. */
  readonly callSessionId?: string | undefined;
  /** The Call Control application. */
  readonly connectionId?: string | undefined;
  /** What we attached to a command before: base64. */
  readonly clientState?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** `incoming` or `outgoing`, of `call.initiated`. */
  readonly direction?: string | undefined;
}

const MAX_ID_LENGTH = 256;

/**
 * Reads a webhook. Verifies nothing: that is for {@link verifyTelnyxWebhook}.
 *
 * @throws TelnyxWebhookFormatError for a body that is not an event of Telnyx's (API version 2).
 */
export function parseTelnyxWebhook(rawBody: Uint8Array | string): TelnyxWebhook {
  const data = member(parse(rawBody), 'data');
  const id = text(data['id']);
  const eventType = text(data['event_type']);
  if (id === undefined || id.length > MAX_ID_LENGTH || eventType === undefined) {
    throw new TelnyxWebhookFormatError(
      'The webhook has no event: set the webhook API version of the Call Control application to 2.',
    );
  }
  const payload = member(data, 'payload');
  const callControlId = text(payload['call_control_id']);
  return {
    id,
    eventType,
    occurredAtMs: time(data['occurred_at']),
    payload,
    callControlId:
      callControlId !== undefined && callControlId.length <= MAX_ID_LENGTH
        ? callControlId
        : undefined,
    callLegId: text(payload['call_leg_id']),
    callSessionId: text(payload['call_session_id']),
    connectionId: text(payload['connection_id']),
    clientState: text(payload['client_state']),
    from: text(payload['from']),
    to: text(payload['to']),
    direction: text(payload['direction']),
  };
}

/** A field of an event that is a text and not empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function parse(rawBody: Uint8Array | string): TelnyxPayload {
  const json = typeof rawBody === 'string' ? rawBody : Buffer.from(rawBody).toString('utf8');
  let body: unknown;
  try {
    body = JSON.parse(json);
  } catch {
    // The parser's error would quote the body, numbers and all.
    throw new TelnyxWebhookFormatError('The webhook is not JSON.');
  }
  return isObject(body) ? body : {};
}

function member(object: TelnyxPayload, name: string): TelnyxPayload {
  const value = object[name];
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is TelnyxPayload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function time(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
