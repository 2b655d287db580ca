import { restError, textOf, type Fields, type RestAnswer } from './rest-answer.ts';
import { readStreamRequest, type StreamRequest } from './stream-request.ts';

const E164 = /^\+[1-9]\d{4,14}$/;
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;
const DETECTIONS = [
  'premium',
  'detect',
  'detect_beep',
  'detect_words',
  'greeting_end',
  'disabled',
] as const;

/** A request to place a call (Telnyx docs, "Dial"). */
export interface DialRequest {
  readonly to: string;
  readonly from: string;
  readonly connectionId: string;
  readonly clientState: string | null;
  readonly commandId: string | undefined;
  readonly ringMs: number;
  readonly limitMs: number | undefined;
  readonly detection: Exclude<(typeof DETECTIONS)[number], 'disabled'> | undefined;
  readonly stream: StreamRequest | undefined;
  readonly recording: RecordingRequest | undefined;
}

/** How a call is recorded. */
export interface RecordingRequest {
  readonly channels: 'single' | 'dual';
  readonly format: 'wav' | 'mp3';
}

/** Reads a request to place a call, or says why it cannot be. */
export function readDial(body: Fields): { readonly request: DialRequest } | { error: RestAnswer } {
  const to = textOf(body, 'to');
  const from = textOf(body, 'from');
  const connectionId = textOf(body, 'connection_id');
  for (const [name, value] of Object.entries({ connection_id: connectionId, to, from })) {
    if (value === undefined) return failed('10004', `The '${name}' parameter is required.`, name);
  }
  if (!E164.test(to!)) return failed('10016', "The 'to' parameter must be E.164.", 'to');
  if (!E164.test(from!)) return failed('10016', "The 'from' parameter must be E.164.", 'from');
  const clientState = textOf(body, 'client_state') ?? null;
  if (clientState !== null && !BASE64.test(clientState)) {
    return failed('90017', "The 'client_state' parameter must be base64.", 'client_state');
  }
  const ringSeconds = numberOf(body, 'timeout_secs', 30);
  if (!(ringSeconds >= 5 && ringSeconds <= 600)) {
    return failed('90028', "The 'timeout_secs' parameter must be from 5 to 600.", 'timeout_secs');
  }
  const limitSeconds = numberOf(body, 'time_limit_secs', 14_400);
  if (!(limitSeconds >= 60 && limitSeconds <= 14_400)) {
    const detail = "The 'time_limit_secs' parameter must be from 60 to 14400.";
    return failed('90029', detail, 'time_limit_secs');
  }
  const detection = (textOf(body, 'answering_machine_detection') ??
    'disabled') as (typeof DETECTIONS)[number];
  if (!DETECTIONS.includes(detection)) {
    const detail = `The 'answering_machine_detection' parameter must be one of ${DETECTIONS.join(', ')}.`;
    return failed('10032', detail, 'answering_machine_detection');
  }
  const stream = readStreamRequest('dial', body);
  if (stream && 'error' in stream) return stream;
  return {
    request: {
      to: to!,
      from: from!,
      connectionId: connectionId!,
      clientState,
      commandId: textOf(body, 'command_id'),
      ringMs: ringSeconds * 1000,
      limitMs: 'time_limit_secs' in body ? limitSeconds * 1000 : undefined,
      detection: detection === 'disabled' ? undefined : detection,
      stream: stream?.request,
      recording:
        body['record'] === 'record-from-answer'
          ? {
              channels: body['record_channels'] === 'single' ? 'single' : 'dual',
              format: body['record_format'] === 'wav' ? 'wav' : 'mp3',
            }
          : undefined,
    },
  };
}

function numberOf(body: Fields, name: string, otherwise: number): number {
  const value = body[name];
  return value === undefined ? otherwise : typeof value === 'number' ? value : Number.NaN;
}

function failed(code: string, detail: string, field: string): { readonly error: RestAnswer } {
  return { error: restError(422, code, detail, { pointer: `/${field}` }) };
}
