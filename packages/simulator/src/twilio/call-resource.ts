import { API_VERSION, type TwilioCallStatus } from './call-fields.ts';

const PRICE_A_MINUTE = 0.014;

/** What REST tells of a call. */
export interface CallResourceFacts {
  readonly accountSid: string;
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  readonly status: TwilioCallStatus;
  readonly direction: 'inbound' | 'outbound-api';
  /** What the detection said, with asynchronous machine detection. */
  readonly answeredBy: string | undefined;
  readonly startWallTimeMs: number;
  readonly endWallTimeMs: number | undefined;
  readonly durationSeconds: number;
}

/** The call as Twilio's REST interface spells it (Twilio docs, "Call Resource"). */
export function callResource(call: CallResourceFacts): Readonly<Record<string, unknown>> {
  const uri = `/${API_VERSION}/Accounts/${call.accountSid}/Calls/${call.callSid}`;
  const ended = call.endWallTimeMs !== undefined;
  return {
    sid: call.callSid,
    date_created: rfc2822(call.startWallTimeMs),
    date_updated: rfc2822(call.endWallTimeMs ?? call.startWallTimeMs),
    parent_call_sid: null,
    account_sid: call.accountSid,
    to: call.to,
    to_formatted: call.to,
    from: call.from,
    from_formatted: call.from,
    phone_number_sid: null,
    status: call.status,
    start_time: rfc2822(call.startWallTimeMs),
    end_time: call.endWallTimeMs === undefined ? null : rfc2822(call.endWallTimeMs),
    duration: ended ? String(call.durationSeconds) : null,
    // Twilio knows the price some time after the end; here it is there at once.
    price: ended ? (-PRICE_A_MINUTE * Math.ceil(call.durationSeconds / 60)).toFixed(5) : null,
    price_unit: 'USD',
    direction: call.direction,
    answered_by: call.answeredBy ?? null,
    api_version: API_VERSION,
    forwarded_from: null,
    group_sid: null,
    caller_name: null,
    queue_time: '0',
    trunk_sid: null,
    uri: `${uri}.json`,
    subresource_uris: { recordings: `${uri}/Recordings.json`, streams: `${uri}/Streams.json` },
  };
}

function rfc2822(wallTimeMs: number): string {
  return new Date(wallTimeMs).toUTCString().replace('GMT', '+0000');
}
