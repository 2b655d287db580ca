import type { AudioFormat } from '@phone-agents/core';
import type { RecordingRequest } from './dial-request.ts';

/** Why a leg is over, in Telnyx's words. */
export interface HangUpCause {
  readonly cause: string;
  readonly source: 'caller' | 'callee' | 'unknown';
  /** SIP status, as text. */
  readonly sip: string;
}

export const NORMAL: Omit<HangUpCause, 'source'> = { cause: 'normal_clearing', sip: '200' };

/** Fields that nearly all events of a call have. */
export interface CommonPayload {
  readonly call_control_id: string;
  readonly call_leg_id: string;
  readonly call_session_id: string;
  readonly client_state: string | null;
  readonly connection_id: string;
  readonly from: string;
  readonly to: string;
}

type Payload = Readonly<Record<string, unknown>>;

const NO_HEADERS = { custom_headers: [], sip_headers: [], tags: [] } as const;

/** A call has come in: it is parked until a command is given. */
export function incomingCall(
  common: CommonPayload,
  startTime: string,
  format: AudioFormat,
  ownFields: Payload,
): Payload {
  return {
    ...common,
    direction: 'incoming',
    state: 'parked',
    start_time: startTime,
    caller_id_name: common.from,
    call_screening_result: null,
    connection_codecs: 'PCMU,PCMA,G722,OPUS',
    offered_codecs: format.encoding,
    shaken_stir_attestation: null,
    shaken_stir_validated: null,
    ...NO_HEADERS,
    calling_party_type: 'pstn',
    ...ownFields,
  };
}

export function answeredCall(
  common: CommonPayload,
  startTime: string,
  format: AudioFormat,
  stream: Payload,
): Payload {
  return {
    ...common,
    state: 'answered',
    start_time: startTime,
    codec: format.encoding,
    sampling_rate: format.sampleRate,
    ...stream,
    ...NO_HEADERS,
  };
}

/** @param talkedMs How long the call was answered; undefined where it never was. */
export function endedCall(
  common: CommonPayload,
  times: { readonly startTime: string; readonly endTime: string },
  { cause, source, sip }: HangUpCause,
  talkedMs: number | undefined,
): Payload {
  return {
    ...common,
    state: 'hangup',
    start_time: times.startTime,
    end_time: times.endTime,
    hangup_cause: cause,
    hangup_source: source,
    sip_hangup_cause: sip,
    call_quality_stats: talkedMs === undefined ? null : qualityOf(Math.round(talkedMs / 20)),
    ...NO_HEADERS,
  };
}

/** A leg that the carrier dials for a transfer. */
export function outgoingLeg(common: CommonPayload, startTime: string): Payload {
  return { ...common, direction: 'outgoing', state: 'bridging', start_time: startTime };
}

/** A recording is there; the event names no leg by its control id (SDK types of telnyx 7.24). */
export function savedRecording(
  { call_control_id: _, ...common }: CommonPayload,
  { channels, format }: RecordingRequest,
  startedAt: string,
  endedAt: string,
): Payload {
  const url = `https://recordings.example.test/${common.call_leg_id}.${format}`;
  return {
    ...common,
    channels,
    recording_started_at: startedAt,
    recording_ended_at: endedAt,
    recording_urls: { [format]: url },
    public_recording_urls: {},
  };
}

function qualityOf(packets: number): Payload {
  return {
    inbound: {
      mos: '4.50',
      jitter_max_variance: '0.00',
      jitter_packet_count: '0',
      packet_count: String(packets),
      skip_packet_count: '0',
    },
    outbound: { packet_count: String(packets), skip_packet_count: '0' },
  };
}
