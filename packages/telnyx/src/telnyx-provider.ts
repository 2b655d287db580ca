import type { MediaUpgradeRequest, TelephonyProvider } from '@phone-agents/core';
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
  const rest = new TelnyxRest(settings);
  const dialling = new TelnyxDialling(rest);
  const control = new TelnyxCallControl(settings, rest);
  const legs = new TelnyxLegCommands(settings, rest, control);
  const streams = new LiveStreams();
  const handler = new TelnyxWebhookHandler(settings, rest, control, streams);
  return {
    name: 'telnyx',
    webhooks: [
      { path: EVENTS_PATH, purpose: 'All events (Call Control application, webhook URL, API v2)' },
    ],
    // Telnyx opens a stream whose socket was lost again by itself, at the same address.
    mediaRedialWithinMs: 10_000,
    callsPerSecond,
    get phoneNumber() {
      return resolveTelnyxSettings(settings).phoneNumber;
    },
    checkSettings: () => telnyxSettingsProblems(resolveTelnyxSettings(settings)),
    prepare: () => rest.prepare(),
    handleWebhook: (request, host) => handler.handle(request, host),
    verifyMediaUpgrade: (request) => verifyMediaUpgrade(request, settings),
    createMediaStream: (socket, options) => {
      const stream = new TelnyxMediaStream(socket, { ...options, codec, l16ByteOrder });
      streams.add(stream, options.clock);
      return stream;
    },
    hangUp: async ({ providerCallId }) => {
      // Without an id Telnyx has never told of the call, and has nothing to hang up.
      if (providerCallId !== undefined) await control.hangUp(providerCallId);
    },
    announceAndHangUp: async ({ providerCallId }, text, host) => {
      if (providerCallId !== undefined) await control.announce(providerCallId, text, host);
    },
    dial: (request) => dialling.dial(request),
    findDialled: (call) => dialling.findDialled(call),
    lookUp: (call) => dialling.lookUp(call),
    sendDigits: (request) => legs.sendDigits(request),
    transfer: (request, host) => legs.transfer(request, host),
    connectCalls: (request, host) => legs.connectCalls(request, host),
    resumeMedia: (call, mediaUrl) => legs.resumeMedia(call, mediaUrl),
    startRecording: (call, options) => legs.startRecording(call, options),
    stopRecording: (call) => legs.stopRecording(call),
  };
}

/** Telnyx does not sign the upgrade: the token in the path is the proof, and the header says it again. */
function verifyMediaUpgrade(
  request: MediaUpgradeRequest,
  { requireStreamAuthHeader }: TelnyxProviderSettings,
): void {
  const header = headerValue(request.headers, STREAM_AUTH_HEADER);
  if (header === undefined) {
    if (requireStreamAuthHeader !== true) return;
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
