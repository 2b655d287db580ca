import { randomUUID } from 'node:crypto';
import { ConfigurationError, ProviderRequestError } from '@phone-agents/core';
import type Telnyx from 'telnyx';
import { commandId } from './command-id.ts';
import type { TelnyxEventRecord } from './event-record.ts';
import { eventPayload } from './event-record.ts';
import { createTelnyxClient } from './telnyx-client.ts';
import type { RequestFailure } from './telnyx-request-error.ts';
import { describeFailure, requestError } from './telnyx-request-error.ts';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';
import { resolveTelnyxSettings } from './telnyx-settings.ts';
import { text } from './telnyx-webhook.ts';
import type { TelnyxCodec } from './telnyx-media-stream.ts';
import { outboundFormat } from './telnyx-media-stream.ts';

type Actions = Telnyx['calls']['actions'];
type AnswerParams = NonNullable<Parameters<Actions['answer']>[1]>;
type SpeakParams = Parameters<Actions['speak']>[1];

/** Telnyx speaks no longer text. */
const SPEECH_LIMIT = 3_000;
const DEFAULT_VOICE = 'AWS.Polly.Joanna';
const DEFAULT_FORWARD_TIMEOUT_MS = 30_000;
/** What Telnyx takes for `timeout_secs` and `time_limit_secs` (Telnyx docs, "Dial"). */
export const RING_SECONDS = { least: 5, most: 600 } as const;
export const DURATION_SECONDS = { least: 60, most: 14_400 } as const;
/** Calls or events among which one is looked for. */
const LISTED = 100;

/** A call to place. */
export interface TelnyxDial {
  /** Our id of the call. */
  readonly callId: string;
  readonly to: string;
  readonly from: string;
  readonly clientState: string;
  readonly mediaUrl: string;
  readonly mediaToken: string | undefined;
  readonly ringSeconds: number;
  readonly limitSeconds: number | undefined;
  readonly detectsMachines: boolean;
  readonly record: boolean;
}

/** What Telnyx says of a call now. */
export interface TelnyxCallStatus {
  readonly callLegId: string;
  readonly isAlive: boolean;
  /** Seconds, from the answer on. */
  readonly durationSeconds: number | undefined;
}

/** Where a forwarded call goes, and what it shows there. */
export interface TelnyxTransfer {
  readonly to: string;
  /** The number that is shown; default: the called number of the call. */
  readonly from?: string | undefined;
  /** The called number of the call, where `from` is its caller's: Telnyx then lets that be shown. */
  readonly diversion?: string | undefined;
  /** How long it rings there, in ms; default the setting's. */
  readonly timeoutMs?: number | undefined;
  readonly maxDurationMs?: number | undefined;
  /** Comes back with the events of the other leg. */
  readonly targetLegClientState: string;
}

/**
 * Commands for calls, by the official SDK, which is loaded with the first of them.
 *
 * Telnyx ignores a command that it has had already with the same `command_id`, and the SDK repeats
 * what got no answer; so each command has an id that follows from the call, the action and its
 * subject, and nothing is carried out twice.
 */
export class TelnyxRest {
  readonly #settings: TelnyxProviderSettings;
  #client: Promise<Telnyx> | undefined;

  constructor(settings: TelnyxProviderSettings) {
    this.#settings = settings;
  }

  /** Answers, with the media stream where `mediaUrl` is given. @throws ProviderRequestError, ConfigurationError */
  async answer(callControlId: string, mediaUrl?: string): Promise<void> {
    const stream: AnswerParams = mediaUrl === undefined ? {} : this.#stream(mediaUrl);
    await this.#command(callControlId, 'answer', '', 'answer the call', (actions, command_id) =>
      // Without, nothing at all is sent until somebody speaks, and networks may take the call for dead.
      actions.answer(callControlId, { ...stream, send_silence_when_idle: true, command_id }),
    );
  }

  /** Opens a media stream on a call that is answered. @throws ProviderRequestError, ConfigurationError */
  async startStreaming(
    callControlId: string,
    mediaUrl: string,
    authToken: string | undefined,
  ): Promise<void> {
    const sampleRate = outboundFormat(this.#settings.codec).sampleRate;
    const action = 'start the media stream';
    await this.#command(callControlId, 'streaming_start', mediaUrl, action, (actions, command_id) =>
      actions.startStreaming(callControlId, {
        ...this.#stream(mediaUrl),
        stream_bidirectional_sampling_rate: sampleRate,
        ...(authToken === undefined ? {} : { stream_auth_token: authToken }),
        command_id,
      }),
    );
  }

  /** Declines a call that is not answered; one that is gone needs none. @throws ProviderRequestError, ConfigurationError */
  async reject(callControlId: string, reason: 'busy' | 'rejected'): Promise<void> {
    const cause = reason === 'busy' ? 'USER_BUSY' : 'CALL_REJECTED';
    await this.#unlessGone(
      this.#command(callControlId, 'reject', '', 'decline the call', (actions, command_id) =>
        actions.reject(callControlId, { cause, command_id }),
      ),
    );
  }

  /** Hangs up; a call that is gone counts as hung up. @throws ProviderRequestError, ConfigurationError */
  async hangUp(callControlId: string): Promise<void> {
    await this.#unlessGone(
      this.#command(callControlId, 'hangup', '', 'hang up', (actions, command_id) =>
        actions.hangup(callControlId, { command_id }),
      ),
    );
  }

  /** Says a text to the caller, its first 3,000 characters. @throws ProviderRequestError, ConfigurationError */
  async speak(callControlId: string, text: string): Promise<void> {
    const { announcementVoice: voice = DEFAULT_VOICE, announcementLanguage } = this.#settings;
    // Telnyx takes more languages than the SDK's types list.
    const language = announcementLanguage as SpeakParams['language'];
    await this.#command(callControlId, 'speak', text, 'announce', (actions, command_id) =>
      actions.speak(callControlId, {
        payload: text.slice(0, SPEECH_LIMIT),
        payload_type: 'text',
        voice,
        ...(language === undefined ? {} : { language }),
        command_id,
      }),
    );
  }

  /**
   * Places a call, and resolves with its id. Not repeated where no answer comes: it may have been placed.
   *
   * @throws ProviderRequestError, ConfigurationError
   */
  async dial(dial: TelnyxDial): Promise<string> {
    const connectionId = this.#requireConnectionId();
    const { sampleRate } = outboundFormat(this.#settings.codec);
    const { data } = await this.#request('place the call', (client) =>
      client.calls.dial(
        {
          connection_id: connectionId,
          to: dial.to,
          from: dial.from,
          client_state: dial.clientState,
          command_id: commandId(dial.callId, 'dial', ''),
          ...this.#stream(dial.mediaUrl),
          stream_bidirectional_sampling_rate: sampleRate,
          ...(dial.mediaToken === undefined ? {} : { stream_auth_token: dial.mediaToken }),
          send_silence_when_idle: true,
          timeout_secs: dial.ringSeconds,
          ...(dial.limitSeconds === undefined ? {} : { time_limit_secs: dial.limitSeconds }),
          ...(dial.detectsMachines ? { answering_machine_detection: 'premium' } : {}),
          ...(dial.record
            ? { record: 'record-from-answer', record_channels: 'dual', record_format: 'wav' }
            : {}),
        },
        { maxRetries: 0 },
      ),
    );
    if (data?.call_control_id === undefined) {
      throw new ProviderRequestError('Telnyx placed the call, but did not tell its id.');
    }
    return data.call_control_id;
  }

  /** @throws ProviderRequestError, ConfigurationError */
  async status(callControlId: string): Promise<TelnyxCallStatus> {
    const { data } = await this.#request('tell of the call', (client) =>
      client.calls.retrieveStatus(callControlId),
    );
    if (!data) throw new ProviderRequestError('Telnyx told nothing of the call.');
    const { call_duration: durationSeconds, call_leg_id: callLegId, is_alive: isAlive } = data;
    return { callLegId, isAlive, durationSeconds };
  }

  /** Calls of the application that have not ended, the first 100. @throws ProviderRequestError, ConfigurationError */
  async listActiveCalls(): Promise<{ callControlId: string; clientState: string | undefined }[]> {
    const connectionId = this.#requireConnectionId();
    const page = await this.#request('list calls', (client) =>
      client.connections.listActiveCalls(connectionId, { 'page[size]': LISTED }),
    );
    return page.data.map((call) => ({
      callControlId: call.call_control_id,
      clientState: text(call.client_state),
    }));
  }

  /** Webhooks that Telnyx has sent lately, by leg or by numbers. @throws ProviderRequestError, ConfigurationError */
  async listEvents(
    by: { readonly legId: string } | { readonly to: string; readonly from: string },
  ): Promise<TelnyxEventRecord[]> {
    const filter = 'legId' in by ? { leg_id: by.legId } : by;
    const page = await this.#request('list events', (client) =>
      client.callEvents.list({ filter: { ...filter, type: 'webhook' }, 'page[size]': LISTED }),
    );
    return page.data.map(({ metadata, name }) => ({ name, payload: eventPayload(metadata) }));
  }

  /** Connects the call with another number. @throws ProviderRequestError, ConfigurationError */
  async transfer(callControlId: string, transfer: TelnyxTransfer): Promise<void> {
    const { to, from, diversion, maxDurationMs, targetLegClientState } = transfer;
    const { forwardTimeoutMs = DEFAULT_FORWARD_TIMEOUT_MS } = this.#settings;
    const { timeoutMs = forwardTimeoutMs } = transfer;
    await this.#command(callControlId, 'transfer', to, 'forward the call', (actions, command_id) =>
      actions.transfer(callControlId, {
        to,
        ...(from === undefined ? {} : { from }),
        ...(diversion === undefined ? {} : { diversion }),
        timeout_secs: within(RING_SECONDS, timeoutMs),
        ...(maxDurationMs === undefined
          ? {}
          : { time_limit_secs: within(DURATION_SECONDS, maxDurationMs) }),
        target_leg_client_state: targetLegClientState,
        command_id,
      }),
    );
  }

  /** Ends the media stream of a call. @throws ProviderRequestError, ConfigurationError */
  async stopStreaming(callControlId: string): Promise<void> {
    const action = 'stop the media stream';
    await this.#once(callControlId, 'streaming_stop', action, (actions, command_id) =>
      actions.stopStreaming(callControlId, { command_id }),
    );
  }

  /** Connects two calls with each other. @throws ProviderRequestError, ConfigurationError */
  async bridge(callControlId: string, otherId: string): Promise<void> {
    await this.#once(callControlId, 'bridge', 'connect the calls', (actions, command_id) =>
      actions.bridge(callControlId, { call_control_id_to_bridge_with: otherId, command_id }),
    );
  }

  /** Sends keys to the other side. @throws ProviderRequestError, ConfigurationError */
  async sendDigits(callControlId: string, digits: string): Promise<void> {
    await this.#once(callControlId, 'send_dtmf', 'send the keys', (actions, command_id) =>
      actions.sendDtmf(callControlId, { digits, command_id }),
    );
  }

  /** @throws ProviderRequestError, ConfigurationError */
  async startRecording(
    callControlId: string,
    channels: 'mono' | 'stereo',
    clientState: string,
  ): Promise<void> {
    await this.#once(callControlId, 'record_start', 'record the call', (actions, command_id) =>
      actions.startRecording(callControlId, {
        channels: channels === 'mono' ? 'single' : 'dual',
        format: 'wav',
        client_state: clientState,
        command_id,
      }),
    );
  }

  /** @throws ProviderRequestError, ConfigurationError */
  async stopRecording(callControlId: string): Promise<void> {
    await this.#once(callControlId, 'record_stop', 'stop the recording', (actions, command_id) =>
      actions.stopRecording(callControlId, { command_id }),
    );
  }

  /**
   * Loads the SDK ahead of the first command: that holds up the process for some 0.5 s, which callers
   * would hear if it came while others talk. What is wrong in the settings is told by the command.
   */
  async prepare(): Promise<void> {
    await this.#connect().catch(() => {});
  }

  #stream(mediaUrl: string) {
    const codec: TelnyxCodec = this.#settings.codec ?? 'PCMU';
    return {
      stream_url: mediaUrl,
      stream_track: 'inbound_track',
      stream_codec: codec,
      // The default is MP3 files, and raw audio is then ignored without a word.
      stream_bidirectional_mode: 'rtp',
      stream_bidirectional_codec: codec,
      stream_bidirectional_target_legs: 'self',
    } as const;
  }

  async #command(
    callControlId: string,
    name: string,
    subject: string,
    action: string,
    send: (actions: Actions, commandId: string) => Promise<unknown>,
  ): Promise<void> {
    const client = await this.#connect();
    try {
      await send(client.calls.actions, commandId(callControlId, name, subject));
    } catch (error) {
      throw requestError(action, describeFailure(error));
    }
  }

  /** A command that may come again and is meant then: only its repetition by the SDK is ignored. */
  #once(
    callControlId: string,
    name: string,
    action: string,
    send: (actions: Actions, commandId: string) => Promise<unknown>,
  ): Promise<void> {
    return this.#command(callControlId, name, randomUUID(), action, send);
  }

  async #request<Result>(
    action: string,
    send: (client: Telnyx) => PromiseLike<Result>,
  ): Promise<Result> {
    const client = await this.#connect();
    try {
      return await send(client);
    } catch (error) {
      throw requestError(action, describeFailure(error));
    }
  }

  #requireConnectionId(): string {
    const id = resolveTelnyxSettings(this.#settings).callControlAppId;
    if (id !== undefined) return id;
    const problem =
      'is missing; calls are placed by a Call Control application: copy its ID from the Telnyx portal';
    throw new ConfigurationError([{ setting: 'TELNYX_CALL_CONTROL_APP_ID', problem }]);
  }

  async #unlessGone(command: Promise<void>): Promise<void> {
    try {
      await command;
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  #connect(): Promise<Telnyx> {
    // A setting that was missing may be there at the next attempt.
    this.#client ??= createTelnyxClient(this.#settings).catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }
}

/** Whole seconds that Telnyx takes, for so many ms. */
export function within(
  { least, most }: { readonly least: number; readonly most: number },
  ms: number,
): number {
  return Math.min(most, Math.max(least, Math.ceil(ms / 1000)));
}

/** Whether a command failed because the call is over, or was never known. */
export function isGone(error: unknown): boolean {
  const { status, providerCode } = (error ?? {}) as RequestFailure & { providerCode?: unknown };
  return status === 404 || providerCode === '90018' || providerCode === '90015';
}
