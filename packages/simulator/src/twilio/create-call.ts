import type { StatusCallbackEvent } from './call-requests.ts';
import { TwilioProblem } from './twilio-problem.ts';
import { parseTwiml } from './twiml.ts';
import type { TwimlElement } from './twiml.ts';

const MAX_TWIML_CHARACTERS = 4_000;
const EVENTS = ['initiated', 'ringing', 'answered', 'completed'] as const;
const ADDRESS = /^(\+[1-9]\d{6,14}|client:.+|sip:.+)$/;

/** Where something is reported to. */
export interface Callback {
  readonly url: string;
  readonly method: 'GET' | 'POST';
}

/** How Twilio is to find out who has picked up. */
export interface MachineDetection {
  /** Whether the end of a machine's greeting is waited for. */
  readonly untilMessageEnd: boolean;
  readonly callback: Callback | undefined;
}

/** A request to place a call (Twilio docs, "Create a Call resource"). */
export interface CreateCallRequest {
  readonly to: string;
  readonly from: string;
  readonly instructions: { readonly twiml: readonly TwimlElement[] } | Callback;
  readonly ringMs: number;
  readonly maxDurationMs: number | undefined;
  readonly statusCallback: Callback | undefined;
  readonly statusEvents: readonly StatusCallbackEvent[];
  readonly machineDetection: MachineDetection | undefined;
  readonly recording: RecordingRequest | undefined;
}

/** How a call is recorded. */
export interface RecordingRequest {
  readonly channels: 1 | 2;
  readonly callback: Callback | undefined;
}

/** Reads the request. @throws TwilioProblem with Twilio's code */
export function readCreateCall(form: URLSearchParams): CreateCallRequest {
  const to = form.get('To') ?? '';
  const from = form.get('From') ?? '';
  if (!ADDRESS.test(to)) throw new TwilioProblem(21211, 'Invalid To phone number');
  if (!ADDRESS.test(from)) throw new TwilioProblem(21212, 'Invalid From phone number');
  return {
    to,
    from,
    instructions: readInstructions(form),
    ringMs: seconds(form, 'Timeout', 60, 600) * 1000,
    maxDurationMs: form.has('TimeLimit') ? seconds(form, 'TimeLimit', 0, 86_400) * 1000 : undefined,
    statusCallback: readCallback(form, 'StatusCallback'),
    statusEvents: readEvents(form),
    machineDetection: readMachineDetection(form),
    recording: form.get('Record') === 'true' ? readRecording(form) : undefined,
  };
}

/** Reads how to record, from a request to place a call or to record one. */
export function readRecording(form: URLSearchParams): RecordingRequest {
  return {
    channels: form.get('RecordingChannels') === 'dual' ? 2 : 1,
    callback: readCallback(form, 'RecordingStatusCallback'),
  };
}

function readInstructions(form: URLSearchParams): CreateCallRequest['instructions'] {
  // An address wins over inline instructions.
  const url = readCallback(form, 'Url', 'Method');
  if (url) return url;
  const twiml = form.get('Twiml');
  if (twiml === null) throw new TwilioProblem(21205, 'Url parameter is required.');
  if (twiml.length > MAX_TWIML_CHARACTERS) {
    throw new TwilioProblem(20001, `Twiml is longer than ${MAX_TWIML_CHARACTERS} characters`);
  }
  return { twiml: parseTwiml(twiml) };
}

function readMachineDetection(form: URLSearchParams): MachineDetection | undefined {
  const mode = form.get('MachineDetection');
  if (mode === null) return undefined;
  if (mode !== 'Enable' && mode !== 'DetectMessageEnd') {
    throw new TwilioProblem(20001, 'Invalid MachineDetection');
  }
  if (form.get('AsyncAmd') !== 'true') {
    throw new TwilioProblem(20001, 'The simulator knows asynchronous machine detection only.');
  }
  return {
    untilMessageEnd: mode === 'DetectMessageEnd',
    callback: readCallback(form, 'AsyncAmdStatusCallback'),
  };
}

function readEvents(form: URLSearchParams): StatusCallbackEvent[] {
  const named = form.getAll('StatusCallbackEvent');
  return named.length === 0 ? ['completed'] : EVENTS.filter((event) => named.includes(event));
}

function readCallback(
  form: URLSearchParams,
  name: string,
  methodName = `${name}Method`,
): Callback | undefined {
  const url = form.get(name);
  if (url === null || url === '') return undefined;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new TwilioProblem(name === 'Url' ? 21205 : 21609, `${name} is not a valid URL`);
  }
  return { url, method: form.get(methodName)?.toUpperCase() === 'GET' ? 'GET' : 'POST' };
}

function seconds(form: URLSearchParams, name: string, otherwise: number, most: number): number {
  const text = form.get(name);
  if (text === null) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  throw new TwilioProblem(20001, `Invalid ${name}`);
}
