import type {
  MediaSocket,
  MediaUpgradeRequest,
  PhoneCall,
  PhoneMediaStreamOptions,
  ProviderHost,
  TelephonyProvider,
} from '@phone-agents/core';
import { MediaAdmissionError, createAudioCodec, headerValue } from '@phone-agents/core';
import { LiveStreams } from './live-streams.ts';
import { TelnyxCallControl, mediaToken } from './telnyx-call-control.ts';
import { TelnyxDialling } from './telnyx-dialling.ts';
import { TelnyxLegCommands } from './telnyx-leg-commands.ts';
import { TelnyxMediaStream, isSameSecret, outboundFormat } from './telnyx-media-stream.ts';
import { TelnyxRest } from './telnyx-rest.ts';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';
import { resolveTelnyxSettings, telnyxSettingsProblems } from './telnyx-settings.ts';
import { EVENTS_PATH, TelnyxWebhookHandler } from './telnyx-webhook-handler.ts';

const STREAM_AUTH_HEADER = 'x-telnyx-streaming-auth-token';
const CODECS: readonly unknown[] = ['PCMU', 'PCMA', 'L16'];

/**
 * The Telnyx plugin of a phone: Call Control webhooks, media streaming and REST.
 *
 * @example
 * const phone = createPhone({ provider: createTelnyxProvider(), edge, answer, publicUrl });
 *
 * @throws RangeError for a time or a rate out of range, or a codec that is none of the three.
 * @throws AudioFormatError for a byte order that is none. What else is wrong in the settings is told
 *   by `checkSettings`, all at once.
 */
export function createTelnyxProvider(settings: TelnyxProviderSettings = {}): TelephonyProvider {
  const { callsPerSecond, codec, l16ByteOrder, forwardTimeoutMs, requestTimeoutMs } = settings;
  if (codec !== undefined && !CODECS.includes(codec)) {
    throw new RangeError("codec must be 'PCMU', 'PCMA' or 'L16'.");
  }
  createAudioCodec(outboundFormat('L16', l16ByteOrder));
  if (forwardTimeoutMs !== undefined && !(forwardTimeoutMs >= 5_000 && forwardTimeoutMs <= 600_000))
    throw new RangeError('forwardTimeoutMs must be from 5,000 to 600,000.');
  if (callsPerSecond !== undefined && !(callsPerSecond > 0))
    throw new RangeError('callsPerSecond must be above zero.');
  if (requestTimeoutMs !== undefined && !(requestTimeoutMs > 0))
    throw new RangeError('requestTimeoutMs must be above zero.');
  return new TelnyxProvider(settings);
}

class TelnyxProvider implements TelephonyProvider {
  readonly name = 'telnyx';
  readonly webhooks = [
    { path: EVENTS_PATH, purpose: 'All events (Call Control application, webhook URL, API v2)' },
  ];
  /** Telnyx opens a stream whose socket was lost again by itself, at the same address. */
  readonly mediaRedialWithinMs = 10_000;
  readonly callsPerSecond: number | undefined;
  readonly handleWebhook: TelephonyProvider['handleWebhook'];
  readonly dial: NonNullable<TelephonyProvider['dial']>;
  readonly findDialled: NonNullable<TelephonyProvider['findDialled']>;
  readonly lookUp: NonNullable<TelephonyProvider['lookUp']>;
  readonly sendDigits: NonNullable<TelephonyProvider['sendDigits']>;
  readonly transfer: NonNullable<TelephonyProvider['transfer']>;
  readonly connectCalls: NonNullable<TelephonyProvider['connectCalls']>;
  readonly resumeMedia: NonNullable<TelephonyProvider['resumeMedia']>;
  readonly startRecording: NonNullable<TelephonyProvider['startRecording']>;
  readonly stopRecording: NonNullable<TelephonyProvider['stopRecording']>;
  readonly #settings: TelnyxProviderSettings;
  readonly #rest: TelnyxRest;
  readonly #control: TelnyxCallControl;
  readonly #streams = new LiveStreams();

  constructor(settings: TelnyxProviderSettings) {
    this.#settings = settings;
    this.callsPerSecond = settings.callsPerSecond;
    const rest = new TelnyxRest(settings);
    this.#rest = rest;
    const dialling = new TelnyxDialling(rest);
    this.dial = (request) => dialling.dial(request);
    this.findDialled = (call) => dialling.findDialled(call);
    this.lookUp = (call) => dialling.lookUp(call);
    this.#control = new TelnyxCallControl(settings, rest);
    const legs = new TelnyxLegCommands(settings, rest, this.#control);
    this.sendDigits = (request) => legs.sendDigits(request);
    this.transfer = (request, host) => legs.transfer(request, host);
    this.connectCalls = (request, host) => legs.connectCalls(request, host);
    this.resumeMedia = (call, mediaUrl) => legs.resumeMedia(call, mediaUrl);
    this.startRecording = (call, options) => legs.startRecording(call, options);
    this.stopRecording = (call) => legs.stopRecording(call);
    const handler = new TelnyxWebhookHandler(settings, rest, this.#control, this.#streams);
    this.handleWebhook = (request, host) => handler.handle(request, host);
  }

  get phoneNumber(): string | undefined {
    return resolveTelnyxSettings(this.#settings).phoneNumber;
  }

  checkSettings(): ReturnType<TelephonyProvider['checkSettings']> {
    return telnyxSettingsProblems(resolveTelnyxSettings(this.#settings));
  }

  prepare(): Promise<void> {
    return this.#rest.prepare();
  }

  /** Telnyx does not sign the upgrade: the token in the path is the proof, and the header says it again. */
  verifyMediaUpgrade(request: MediaUpgradeRequest): void {
    const header = headerValue(request.headers, STREAM_AUTH_HEADER);
    if (header === undefined) {
      if (this.#settings.requireStreamAuthHeader !== true) return;
      throw new MediaAdmissionError(
        401,
        `The media WebSocket has no ${STREAM_AUTH_HEADER} header, which requireStreamAuthHeader demands.`,
      );
    }
    const expected = mediaToken(`wss://host${request.path}`);
    if (expected === undefined || !isSameSecret(header, expected)) {
      throw new MediaAdmissionError(
        401,
        `The media WebSocket's ${STREAM_AUTH_HEADER} header is another than the token in its path.`,
      );
    }
  }

  createMediaStream(socket: MediaSocket, options: PhoneMediaStreamOptions): TelnyxMediaStream {
    const { codec, l16ByteOrder } = this.#settings;
    const stream = new TelnyxMediaStream(socket, { ...options, codec, l16ByteOrder });
    this.#streams.add(stream, options.clock);
    return stream;
  }

  async hangUp(call: PhoneCall): Promise<void> {
    // Without an id Telnyx has never told of the call, and has nothing to hang up.
    if (call.providerCallId !== undefined) await this.#control.hangUp(call.providerCallId);
  }

  async announceAndHangUp(call: PhoneCall, text: string, host: ProviderHost): Promise<void> {
    if (call.providerCallId === undefined) return;
    await this.#control.announce(call.providerCallId, text, host);
  }
}
