import type { PhoneCall, ProviderHost, WebhookRequest, WebhookResponse } from '@phone-agents/core';
import {
  ConfigurationError,
  WebhookVerificationError,
  headerValue,
  textResponse,
} from '@phone-agents/core';
import { callOfState } from './client-state.ts';
import { hangupCause, hangupProgress } from './hangup-report.ts';
import type { LiveStreams } from './live-streams.ts';
import { RecentMap } from './recent-map.ts';
import type { TelnyxCallControl } from './telnyx-call-control.ts';
import { telnyxCallDetails } from './telnyx-call.ts';
import { MACHINE_EVENTS, machineDetected } from './telnyx-dialling.ts';
import { TelnyxWebhookFormatError } from './telnyx-error.ts';
import type { TelnyxRest } from './telnyx-rest.ts';
import type { TelnyxProviderSettings } from './telnyx-settings.ts';
import { resolveTelnyxSettings, telnyxSettingsProblems } from './telnyx-settings.ts';
import { verifyTelnyxWebhook } from './telnyx-signature.ts';
import type { TelnyxWebhook } from './telnyx-webhook.ts';
import { parseTelnyxWebhook, text } from './telnyx-webhook.ts';

/** Where Telnyx sends everything. */
export const EVENTS_PATH = '/telnyx/events';
/** A stream also stops because its call is over: time for Telnyx to say so. */
const STOP_GRACE_MS = 2_000;

const ACKNOWLEDGED: WebhookResponse = { status: 200, headers: {}, body: '' };

/** What handlers of events get: an event that is about a leg. */
type LegWebhook = TelnyxWebhook & { readonly callControlId: string };
type EventHandler = (webhook: LegWebhook, host: ProviderHost) => Promise<void>;

/** Verifies Telnyx's webhooks, acknowledges them at once, and then tells the phone what they say. */
export class TelnyxWebhookHandler {
  readonly #settings: TelnyxProviderSettings;
  readonly #rest: TelnyxRest;
  readonly #control: TelnyxCallControl;
  readonly #streams: LiveStreams;
  readonly #seen = new RecentMap<true>();
  readonly #events: ReadonlyMap<string, EventHandler>;

  constructor(
    settings: TelnyxProviderSettings,
    rest: TelnyxRest,
    control: TelnyxCallControl,
    streams: LiveStreams,
  ) {
    this.#settings = settings;
    this.#rest = rest;
    this.#control = control;
    this.#streams = streams;
    this.#events = new Map<string, EventHandler>([
      ['call.initiated', (webhook, host) => this.#initiated(webhook, host)],
      ['call.answered', (webhook, host) => this.#answered(webhook, host)],
      ['call.hangup', (webhook, host) => this.#hungUp(webhook, host)],
      ...MACHINE_EVENTS.map((name): [string, EventHandler] => [
        name,
        (webhook, host) => this.#machine(webhook, host),
      ]),
      ['call.dtmf.received', (webhook, host) => this.#digit(webhook, host)],
      ['call.speak.ended', ({ callControlId }) => this.#control.spoken(callControlId)],
      ['streaming.stopped', (webhook, host) => this.#streamStopped(webhook, host)],
      ['streaming.failed', (webhook, host) => this.#streamFailed(webhook, host)],
    ]);
  }

  /** @throws WebhookVerificationError, ConfigurationError */
  async handle(request: WebhookRequest, host: ProviderHost): Promise<WebhookResponse> {
    if (request.path !== EVENTS_PATH) return textResponse(404, 'Not found');
    if (request.method !== 'POST') {
      return textResponse(405, 'Use POST', { allow: 'POST' });
    }
    this.#verify(request, host);
    let webhook: TelnyxWebhook;
    try {
      webhook = parseTelnyxWebhook(request.rawBody);
    } catch (error) {
      if (!(error instanceof TelnyxWebhookFormatError)) throw error;
      host.logger.warn({ path: request.path, error }, 'A signed webhook cannot be read');
      return textResponse(400, error.message);
    }
    const { id } = webhook;
    if (this.#seen.has(id)) return ACKNOWLEDGED;
    this.#seen.set(id, true, host.clock.now());
    // Telnyx waits for two seconds only, and for nothing that the work would tell it: first the answer.
    setImmediate(() => void this.#work(webhook, host));
    return ACKNOWLEDGED;
  }

  #verify(request: WebhookRequest, host: ProviderHost): void {
    const settings = resolveTelnyxSettings(this.#settings);
    const problems = telnyxSettingsProblems(settings).filter(
      ({ setting }) => setting === 'TELNYX_PUBLIC_KEY',
    );
    if (problems.length > 0) throw new ConfigurationError(problems);
    const signature = headerValue(request.headers, 'telnyx-signature-ed25519');
    const timestamp = headerValue(request.headers, 'telnyx-timestamp');
    if (signature === undefined || timestamp === undefined) {
      throw new WebhookVerificationError(
        'The webhook has no telnyx-signature-ed25519 or no telnyx-timestamp header.',
      );
    }
    const accepted = verifyTelnyxWebhook({
      publicKey: settings.publicKey ?? '',
      signature,
      timestamp,
      rawBody: request.rawBody,
      now: host.clock.wallTimeMs() / 1000,
    });
    if (accepted) return;
    throw new WebhookVerificationError(
      "The webhook's signature is not Telnyx's, or older than five minutes: check that TELNYX_PUBLIC_KEY is the key of the same account, that this machine's clock is right, and that nothing changes the body on its way.",
    );
  }

  async #work(webhook: TelnyxWebhook, host: ProviderHost): Promise<void> {
    const { eventType, callControlId, id: eventId } = webhook;
    const find = (): PhoneCall | undefined =>
      callControlId === undefined
        ? undefined
        : host.calls.findByProviderCallId('telnyx', callControlId);
    const fields = { callId: find()?.id, eventType, eventId };
    try {
      host.logger.debug(fields, 'Telnyx reports an event');
      if (eventType === 'call.recording.saved') await this.#recordingSaved(webhook, host);
      else if (callControlId !== undefined) {
        await this.#events.get(eventType)?.({ ...webhook, callControlId }, host);
      }
    } catch (error) {
      host.logger.error({ ...fields, error }, 'What Telnyx reported could not be acted on');
      await find()?.end('internal-error', { error });
    }
  }

  async #initiated(webhook: LegWebhook, host: ProviderHost): Promise<void> {
    const { callControlId, from, to } = webhook;
    // Our own legs are reported too; those are not for us to answer.
    if (webhook.direction !== 'incoming') {
      const callId = callOfState(webhook.clientState);
      // Telnyx has no event of its own for the ringing.
      if (callId !== undefined) {
        await host.callStatus({ providerCallId: callControlId, callId, progress: 'ringing' });
      }
      return;
    }
    if (this.#control.isOver(callControlId)) return;
    // Where no server has prepared the phone: it rings meanwhile.
    void this.#rest.prepare();
    const answer = await host.incomingCall({
      providerCallId: callControlId,
      from: from ?? 'unknown',
      to: to ?? 'unknown',
      details: telnyxCallDetails(callControlId, webhook),
    });
    await this.#control.take(answer, { callControlId, from, to }, host);
  }

  async #answered({ callControlId, clientState }: LegWebhook, host: ProviderHost): Promise<void> {
    const callId = callOfState(clientState);
    await host.callStatus({ providerCallId: callControlId, callId, progress: 'answered' });
    await this.#control.answered(callControlId);
  }

  async #machine(webhook: LegWebhook, host: ProviderHost): Promise<void> {
    const { callControlId: providerCallId, clientState } = webhook;
    const callId = callOfState(clientState);
    await host.machineDetected({ providerCallId, callId, ...machineDetected(webhook) });
  }

  /** Its webhook may name no leg, and comes when the call is long over: our id is in the state. */
  async #recordingSaved(
    { callControlId, clientState, id, payload }: TelnyxWebhook,
    host: ProviderHost,
  ) {
    const urls = payload['recording_urls'] as { wav?: unknown; mp3?: unknown } | null | undefined;
    const startedAtMs = Date.parse(text(payload['recording_started_at']) ?? '');
    const durationMs = Date.parse(text(payload['recording_ended_at']) ?? '') - startedAtMs;
    await host.recordingFinished({
      providerCallId: callControlId,
      callId: callOfState(clientState),
      id: text(payload['recording_id']) ?? id,
      url: text(urls?.wav) ?? text(urls?.mp3),
      durationMs: Number.isNaN(durationMs) ? undefined : durationMs,
      status: 'completed',
    });
  }

  async #hungUp(webhook: LegWebhook, host: ProviderHost): Promise<void> {
    const { callControlId, clientState, payload } = webhook;
    const callId = callOfState(clientState);
    const call =
      host.calls.findByProviderCallId('telnyx', callControlId) ??
      (callId === undefined ? undefined : host.calls.get(callId));
    const direction = callId === undefined ? 'inbound' : 'outbound';
    const progress = hangupProgress(
      payload,
      call?.wasAnswered ?? false,
      call?.direction ?? direction,
    );
    // Both at once: ending a call takes as long as what it owns takes to close.
    await Promise.all([
      this.#control.hungUp(callControlId, clientState, host.clock.now()),
      host.callStatus({
        providerCallId: callControlId,
        callId,
        progress,
        providerCause: hangupCause(payload),
      }),
    ]);
  }

  async #digit(webhook: LegWebhook, host: ProviderHost): Promise<void> {
    const { callControlId, payload, occurredAtMs } = webhook;
    const { digit } = payload;
    if (typeof digit !== 'string' || !/^[\d*#A-D]$/.test(digit)) return;
    const atMs = occurredAtMs ?? host.clock.wallTimeMs();
    if (this.#streams.hasHeardDigit(callControlId, digit, atMs)) return;
    await host.digitReceived(callControlId, digit);
  }

  /** A stream that stops while its call goes on leaves a silent line: it gets a new one, or is hung up. */
  async #streamStopped({ callControlId }: LegWebhook, host: ProviderHost): Promise<void> {
    if (await this.#control.isOverWithin(callControlId, STOP_GRACE_MS, host.clock)) return;
    if (this.#isStreaming(callControlId) || this.#control.isHandedOver(callControlId)) return;
    const call = host.calls.findByProviderCallId('telnyx', callControlId);
    if (!call) await this.#control.hangUp(callControlId);
    else if (call.state === 'reconnecting') {
      const answer = await host.mediaEnded(callControlId);
      await this.#control.goOn(answer, callControlId, host);
    }
  }

  async #streamFailed(webhook: LegWebhook, host: ProviderHost): Promise<void> {
    const { callControlId, payload } = webhook;
    const failed = text(payload['stream_id']);
    if (this.#control.isHandedOver(callControlId)) return;
    const open = this.#streams.streamIdOf(callControlId);
    // A late report of a stream that another has followed since.
    if (open !== undefined && failed !== undefined && open !== failed) return;
    const reason = text(payload['failure_reason'])?.slice(0, 200);
    const call = host.calls.findByProviderCallId('telnyx', callControlId);
    host.logger.error(
      { callId: call?.id, reason },
      'Telnyx could not open or keep the media stream: check that publicUrl is reachable by wss, and what the proxy in front says',
    );
    if (!call) {
      await this.#control.hangUp(callControlId);
      return;
    }
    const hadMedia = call.state === 'streaming' || call.state === 'reconnecting';
    await call.end(hadMedia ? 'media-lost' : 'media-timeout', { providerCause: reason });
  }

  #isStreaming(callControlId: string): boolean {
    return this.#streams.streamIdOf(callControlId) !== undefined;
  }
}
