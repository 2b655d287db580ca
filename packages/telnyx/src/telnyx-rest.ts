import { createHash } from 'node:crypto';
import type Telnyx from 'telnyx';
import { createTelnyxClient } from './telnyx-client.ts';
import type { RequestFailure } from './telnyx-request-error.ts';
import { describeFailure, requestError } from './telnyx-request-error.ts';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';
import type { TelnyxCodec } from './telnyx-media-stream.ts';
import { outboundFormat } from './telnyx-media-stream.ts';

type Actions = Telnyx['calls']['actions'];
type AnswerParams = NonNullable<Parameters<Actions['answer']>[1]>;
type SpeakParams = Parameters<Actions['speak']>[1];

/** Telnyx speaks no longer text. */
const SPEECH_LIMIT = 3_000;
const DEFAULT_VOICE = 'AWS.Polly.Joanna';
const DEFAULT_FORWARD_TIMEOUT_MS = 30_000;

/** Where a forwarded call goes, and what it shows there. */
export interface TelnyxTransfer {
  readonly to: string;
  /** The number that is shown; default: the called number of the call. */
  readonly from?: string | undefined;
  /** The called number of the call, where `from` is its caller's: Telnyx then lets that be shown. */
  readonly diversion?: string | undefined;
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

  /** Connects the call with another number. @throws ProviderRequestError, ConfigurationError */
  async transfer(callControlId: string, transfer: TelnyxTransfer): Promise<void> {
    const { to, from, diversion, targetLegClientState } = transfer;
    const timeoutMs = this.#settings.forwardTimeoutMs ?? DEFAULT_FORWARD_TIMEOUT_MS;
    await this.#command(callControlId, 'transfer', to, 'forward the call', (actions, command_id) =>
      actions.transfer(callControlId, {
        to,
        ...(from === undefined ? {} : { from }),
        ...(diversion === undefined ? {} : { diversion }),
        timeout_secs: Math.round(timeoutMs / 1000),
        target_leg_client_state: targetLegClientState,
        command_id,
      }),
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

/** Whether a command failed because the call is over, or was never known. */
export function isGone(error: unknown): boolean {
  const { status, providerCode } = (error ?? {}) as RequestFailure & { providerCode?: unknown };
  return status === 404 || providerCode === '90018' || providerCode === '90015';
}

/** A UUID that is the same for the same command. */
function commandId(callControlId: string, name: string, subject: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([callControlId, name, subject]))
    .digest();
  // Marked as a UUID of one's own making (RFC 9562, version 8).
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
