import type { ByteOrder, PhoneCall, PhoneMediaStream, TelephonyProvider } from '@phone-agents/core';
import { createPhone } from '@phone-agents/core';
import { ToneEar, ToneGenerator } from '@phone-agents/core/testing';
import { servePhone } from '@phone-agents/express';
import type { TelnyxCodec } from '../telnyx-media-stream.ts';
import { createTelnyxProvider } from '../telnyx-provider.ts';
import type { TelnyxProviderSettings } from '../telnyx-settings.ts';
import type { TelnyxWebhook } from '../telnyx-webhook.ts';
import { parseTelnyxWebhook } from '../telnyx-webhook.ts';
import { delegateProvider } from './delegate-provider.ts';
import type { SampleRecorder } from './sample-recorder.ts';

/** Tones that telephone networks carry, and that are no multiples of each other. */
const CALLER_HZ = 700;
const CALLED_HZ = 1_130;
const FRAME_MS = 20;

export interface LiveCheckOptions {
  readonly settings: TelnyxProviderSettings;
  /** Number that calls, and number that is called: both lead to the same Call Control application. */
  readonly from: string;
  readonly to: string;
  /** Where Telnyx reaches `port`; default the server's own address. */
  readonly publicUrl?: string | undefined;
  readonly port: number;
  /** How long the whole call may take. */
  readonly patienceMs: number;
  readonly recorder: SampleRecorder;
  /** Told where the server listens, before the call is placed. */
  readonly onServer?: ((url: string) => void) | undefined;
}

/** What came of one call between the two numbers. */
export interface LiveCallResult {
  readonly callerHeardCalled: boolean;
  readonly calledHeardCaller: boolean;
  /** What Telnyx said of the audio that it sent, at the end that called and at the other. */
  readonly inboundEncodings: readonly string[];
}

/** One end of the call: says a tone, and listens for the other's. */
class End {
  heard = false;
  inboundEncoding = '';
  readonly #says: number;
  readonly #listensFor: number;
  readonly #onHeard: () => void;

  constructor(says: number, listensFor: number, onHeard: () => void) {
    this.#says = says;
    this.#listensFor = listensFor;
    this.#onHeard = onHeard;
  }

  async handleMedia(media: PhoneMediaStream, call: PhoneCall): Promise<void> {
    this.inboundEncoding = media.start?.inboundFormat.encoding ?? '';
    const ear = new ToneEar();
    media.onAudio((frame) => {
      ear.hear(frame);
      if (this.heard || !ear.hears(this.#listensFor)) return;
      this.heard = true;
      this.#onHeard();
    });
    const tone = new ToneGenerator(this.#says, media.outboundFormat.sampleRate);
    const frame = new Int16Array(media.outboundFrameSamples);
    const speaking = setInterval(() => media.sendAudio(tone.fill(frame)), FRAME_MS);
    await call.ended;
    clearInterval(speaking);
  }
}

/** How audio goes at the two ends of the call. */
export interface LiveCallCodecs {
  /** At the end that calls. */
  readonly caller: TelnyxCodec;
  readonly called: TelnyxCodec;
  readonly l16ByteOrder?: ByteOrder | undefined;
}

/** Places one call between the two numbers, waits until they hear each other, and hangs up. */
export async function callBetween(
  options: LiveCheckOptions,
  codecs: LiveCallCodecs,
): Promise<LiveCallResult> {
  const { settings, from, to, publicUrl, port, recorder } = options;
  const { l16ByteOrder } = codecs;
  let bothHear = (): void => undefined;
  const hearing = new Promise<void>((resolve) => (bothHear = resolve));
  const onHeard = (): void => {
    if (caller.heard && called.heard) bothHear();
  };
  const caller = new End(CALLER_HZ, CALLED_HZ, onHeard);
  const called = new End(CALLED_HZ, CALLER_HZ, onHeard);
  const calls = new Map<string, PhoneCall>();
  const provider = splitByDirection(
    createTelnyxProvider({ ...settings, codec: codecs.called, l16ByteOrder }),
    createTelnyxProvider({ ...settings, codec: codecs.caller, l16ByteOrder }),
    (callId) => calls.get(callId)?.direction === 'inbound',
  );
  const phone = createPhone({ provider: recorder.watch(provider), publicUrl, answer: called });
  phone.on('call-created', ({ call }) => calls.set(call.id, call));
  const server = await servePhone(phone, { port });
  let patience: ReturnType<typeof setTimeout> | undefined;
  const givingUp = new Promise<void>((resolve) => {
    patience = setTimeout(() => resolve(), options.patienceMs);
  });
  try {
    const url = `http://127.0.0.1:${server.port}`;
    if (publicUrl === undefined) phone.usePublicUrl(url);
    options.onServer?.(url);
    const call = await phone.dial({ from, to, agent: caller });
    await Promise.race([hearing, givingUp, call.ended]);
    await call.hangUp();
    // The reports of the end belong to the samples.
    await Promise.race([recorder.recorded('webhook-call.hangup'), givingUp]);
    return {
      callerHeardCalled: caller.heard,
      calledHeardCaller: called.heard,
      inboundEncodings: [caller.inboundEncoding, called.inboundEncoding],
    };
  } finally {
    clearTimeout(patience);
    await phone.close();
    await server.close();
  }
}

/**
 * Finds out in which byte order Telnyx has L16, by a call with L16 at one end only: with it at both, two
 * wrongs might make a right.
 *
 * @returns undefined where the ends hear each other in neither order.
 */
export async function settleByteOrder(options: LiveCheckOptions): Promise<ByteOrder | undefined> {
  for (const l16ByteOrder of ['little-endian', 'big-endian'] as const) {
    const result = await callBetween(options, { caller: 'L16', called: 'PCMU', l16ByteOrder });
    if (result.callerHeardCalled && result.calledHeardCaller) return l16ByteOrder;
  }
  return undefined;
}

/** One provider of two: calls that come in are the first one's, calls that we place the second one's. */
function splitByDirection(
  inbound: TelephonyProvider,
  outbound: TelephonyProvider,
  isInbound: (callId: string) => boolean,
): TelephonyProvider {
  const incoming = new Set<string>();
  const of = (call: PhoneCall): TelephonyProvider =>
    call.direction === 'inbound' ? inbound : outbound;
  return delegateProvider(outbound, {
    handleWebhook(request, host) {
      const { callControlId = '', direction } = tryToParse(request.rawBody);
      if (direction === 'incoming') incoming.add(callControlId);
      const provider = incoming.has(callControlId) ? inbound : outbound;
      return provider.handleWebhook(request, host);
    },
    createMediaStream: (socket, options) =>
      (isInbound(options.callId) ? inbound : outbound).createMediaStream(socket, options),
    hangUp: (call, host) => of(call).hangUp(call, host),
    announceAndHangUp: (call, text, host) => of(call).announceAndHangUp(call, text, host),
  });
}

function tryToParse(rawBody: Uint8Array): Partial<TelnyxWebhook> {
  try {
    return parseTelnyxWebhook(rawBody);
  } catch {
    return {};
  }
}
