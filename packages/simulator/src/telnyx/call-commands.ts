import type { Clock } from '@phone-agents/core';
import {
  NOT_FOUND,
  restError,
  restOk,
  textOf,
  type Fields,
  type RestAnswer,
} from './rest-answer.ts';
import { readStreamRequest } from './stream-request.ts';
import type { TelnyxCall } from './telnyx-call.ts';

/** A command with an id that was given before is ignored for so long. */
const COMMAND_ID_MS = 60_000;
const MAX_SPEECH_CHARACTERS = 3_000;
const E164 = /^\+[1-9]\d{4,14}$/;
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;

/** The calls that commands may name. */
export interface CallDirectory {
  live(callControlId: string): TelnyxCall | undefined;
  hasEnded(callControlId: string): boolean;
}

type Command = (call: TelnyxCall, body: Fields, calls: CallDirectory) => RestAnswer;

/**
 * Commands for calls. Each is checked against the call as it is now, and answered; its effect comes
 * afterwards, and webhooks tell of it. Which HTTP status comes with a code is known for 90018 only;
 * this stand-in gives 422 for all that a call's state forbids.
 */
export class CallCommands {
  readonly #clock: Clock;
  readonly #calls: CallDirectory;
  /** For each call its command ids, and until when each counts. */
  readonly #commandIds = new Map<string, Map<string, number>>();

  constructor(clock: Clock, calls: CallDirectory) {
    this.#clock = clock;
    this.#calls = calls;
  }

  handle(callControlId: string, action: string, body: Fields): RestAnswer {
    const command = Object.hasOwn(COMMANDS, action) ? COMMANDS[action] : undefined;
    if (!command) return NOT_FOUND;
    const call = this.#calls.live(callControlId);
    if (!call && !this.#calls.hasEnded(callControlId)) {
      return restError(422, '90015', 'The call_control_id provided was not valid.');
    }
    const commandId = textOf(body, 'command_id');
    if (commandId !== undefined && this.#isRepeated(callControlId, commandId)) return restOk();
    if (!call) {
      const detail = 'This call is no longer active and cannot receive commands.';
      return restError(422, '90018', detail);
    }
    const clientState = textOf(body, 'client_state');
    if (clientState !== undefined && !BASE64.test(clientState)) {
      const detail = "The 'client_state' parameter must be base64.";
      return restError(422, '90017', detail, { pointer: '/client_state' });
    }
    const answer = command(call, body, this.#calls);
    if (answer.status !== 200) return answer;
    if (clientState !== undefined) call.attachClientState(clientState);
    if (commandId !== undefined) this.#remember(callControlId, commandId);
    return answer;
  }

  /** The call is forgotten, and its command ids with it. */
  forget(callControlId: string): void {
    this.#commandIds.delete(callControlId);
  }

  #isRepeated(callControlId: string, commandId: string): boolean {
    const untilMs = this.#commandIds.get(callControlId)?.get(commandId);
    return untilMs !== undefined && this.#clock.now() < untilMs;
  }

  #remember(callControlId: string, commandId: string): void {
    let known = this.#commandIds.get(callControlId);
    if (!known) this.#commandIds.set(callControlId, (known = new Map<string, number>()));
    known.set(commandId, this.#clock.now() + COMMAND_ID_MS);
  }
}

const COMMANDS: Readonly<Record<string, Command>> = {
  answer(call, body) {
    if (call.state !== 'parked') return badRequest('The call was answered before.');
    const stream = readStreamRequest('answer', body);
    if (stream && 'error' in stream) return stream.error;
    return restOk(() => call.answerByServer(stream?.request));
  },

  reject(call, body) {
    const cause = textOf(body, 'cause');
    if (cause === undefined) return missing('cause');
    if (cause !== 'CALL_REJECTED' && cause !== 'USER_BUSY') {
      const detail = "The 'cause' parameter must be CALL_REJECTED or USER_BUSY.";
      return restError(422, '10032', detail, { pointer: '/cause' });
    }
    if (call.state !== 'parked') return badRequest('The call was answered before.');
    return restOk(() => call.rejectByServer(cause === 'USER_BUSY' ? 'busy' : 'rejected'));
  },

  hangup: (call) => restOk(() => call.hangUpByServer()),

  speak(call, body) {
    const payload = textOf(body, 'payload');
    if (payload === undefined) return missing('payload');
    if (textOf(body, 'voice') === undefined) return missing('voice');
    if (payload.length > MAX_SPEECH_CHARACTERS) {
      const detail = `The 'payload' parameter has at most ${MAX_SPEECH_CHARACTERS} characters.`;
      return restError(422, '10015', detail, { pointer: '/payload' });
    }
    if (call.state !== 'answered') return notAnswered();
    const text = body['payload_type'] === 'ssml' ? payload.replace(/<[^>]*>/g, '') : payload;
    return restOk(() => call.say(text));
  },

  streaming_start(call, body) {
    const stream = readStreamRequest('streaming_start', body);
    if (!stream) return missing('stream_url');
    if ('error' in stream) return stream.error;
    if (call.state !== 'answered') return notAnswered();
    if (call.hasStream()) {
      return restError(422, '90045', 'Only one stream at a time: this call has one.');
    }
    return restOk(() => call.startStream(stream.request));
  },

  streaming_stop(call, body) {
    if (call.state !== 'answered') return notAnswered();
    if (!call.hasStream(textOf(body, 'stream_id'))) {
      return restError(422, '90048', 'There is no such stream on this call.');
    }
    return restOk(() => call.stopStream());
  },

  transfer(call, body) {
    const to = textOf(body, 'to');
    if (to === undefined) return missing('to');
    const from = textOf(body, 'from') ?? call.to;
    for (const [name, number] of [
      ['to', to],
      ['from', from],
    ] as const) {
      if (E164.test(number) || (name === 'to' && /^sips?:/i.test(number))) continue;
      const detail = `The '${name}' parameter must be E.164.`;
      return restError(422, '10016', detail, { pointer: `/${name}` });
    }
    const targetClientState = textOf(body, 'target_leg_client_state') ?? null;
    return restOk(() => void call.forward({ to, from, targetClientState }));
  },

  bridge(call, body, calls) {
    // The SDK's `call_control_id_to_bridge_with` goes by this name over the wire (telnyx 7.24).
    const otherId = textOf(body, 'call_control_id');
    if (otherId === undefined) return missing('call_control_id');
    const other = calls.live(otherId);
    if (!other) return restError(422, '90015', 'The call to bridge with is not there.');
    if (call.state !== 'answered' || other.state !== 'answered') return notAnswered();
    return restOk(() => call.bridgeWith(other));
  },

  send_dtmf(call, body) {
    const digits = textOf(body, 'digits');
    if (digits === undefined) return missing('digits');
    if (!/^[\dA-D*#wW]+$/.test(digits)) {
      const detail = "The 'digits' parameter has characters that are no keys.";
      return restError(422, '10015', detail, { pointer: '/digits' });
    }
    if (call.state !== 'answered') return notAnswered();
    return restOk(() => call.sendDigits(digits));
  },

  record_start(call, body) {
    const { channels, format } = body;
    if (channels !== 'single' && channels !== 'dual') return missing('channels');
    if (format !== 'wav' && format !== 'mp3') return missing('format');
    if (call.state !== 'answered') return notAnswered();
    return restOk(() => call.startRecording({ channels, format }));
  },

  record_stop(call) {
    if (call.state !== 'answered') return notAnswered();
    return restOk(() => void call.stopRecording());
  },
};

function missing(name: string): RestAnswer {
  return restError(422, '10004', `The '${name}' parameter is required.`, { pointer: `/${name}` });
}

function badRequest(detail: string): RestAnswer {
  return restError(422, '10015', detail);
}

function notAnswered(): RestAnswer {
  return restError(422, '90034', 'This command can be given once the call has been answered.');
}
