import type { AudioEncoding, AudioFormat, ClockTimer, SampleRate } from '@phone-agents/core';
import type { SimulatedCallEnd, SimulatedPhone } from '@phone-agents/core/testing';
import { pickUp, ring } from '../called-phones.ts';
import type { CarrierWarning } from '../carrier-call.ts';
import { JoinedLines } from '../line/joined-lines.ts';
import { LineCall } from '../line-call.ts';
import { CallEvents } from './call-events.ts';
import { createCallIdentity, type CallIdentity } from './call-identity.ts';
import {
  answeredCall,
  endedCall,
  incomingCall,
  NORMAL,
  outgoingLeg,
  type CommonPayload,
  type HangUpCause,
} from './call-payloads.ts';
import { CallRecordings } from './call-recordings.ts';
import { CallSpeech } from './call-speech.ts';
import { CallStreams } from './call-streams.ts';
import type { DialRequest, RecordingRequest } from './dial-request.ts';
import { forward, type Forwarding } from './forwarding.ts';
import { isoTime } from './iso-time.ts';
import { detectionEvent, UNANSWERED } from './outbound-facts.ts';
import type { StreamRequest } from './stream-request.ts';
import type { TelnyxCallContext, TelnyxCallPlan } from './telnyx-call-plan.ts';
import type { TelnyxCallState, TelnyxSimulatedCall } from './telnyx-simulated-call.ts';
import type { TelnyxWebhookRecord } from './webhook-client.ts';

/** Who hangs up, and how that is told. */
type End = SimulatedCallEnd & { readonly hangUp: HangUpCause };

const CANCELED: Omit<HangUpCause, 'source'> = { cause: 'originator_cancel', sip: '487' };

/** Rate of a leg with this codec, in Hz. */
export function rateOf(codec: AudioEncoding): SampleRate {
  return codec === 'L16' ? 16_000 : 8_000;
}

/** One call at the simulated Telnyx, from a phone to the server or the other way round: its state, its end, and what commands do to it. */
export class TelnyxCall extends LineCall implements TelnyxSimulatedCall {
  readonly #context: TelnyxCallContext;
  readonly #plan: TelnyxCallPlan;
  readonly #identity: CallIdentity = createCallIdentity();
  readonly #format: AudioFormat;
  readonly #events: CallEvents;
  readonly #recordings: CallRecordings;
  readonly #streams: CallStreams;
  readonly #speech: CallSpeech;
  readonly #startTime: string;
  readonly #over = new AbortController();
  #state: TelnyxCallState = 'parked';
  #clientState: string | null = null;
  #isForwarded = false;
  #ringTimer: ClockTimer | undefined;
  #limitTimer: ClockTimer | undefined;

  constructor(context: TelnyxCallContext, plan: TelnyxCallPlan) {
    const { clock, ticker, faults, l16ByteOrder, onListenerError } = context;
    const { codec, seed, target, record, onProgress } = plan;
    super({
      clock,
      ticker,
      sampleRate: rateOf(codec),
      record,
      onListenerError,
      onProgress,
      onDigit: (digit) => this.#tellServer('call.dtmf.received', { digit }),
    });
    this.#context = context;
    this.#plan = plan;
    this.#format = { encoding: codec, sampleRate: this.sampleRate, byteOrder: l16ByteOrder };
    this.#startTime = this.#now();
    const onWarning = (warning: CarrierWarning): void => this.warn(warning);
    const { client, eventLog: log } = context;
    this.#events = new CallEvents({ clock, client, target, faults, seed, onWarning, log });
    this.#recordings = new CallRecordings(this.#events, () => this.#now());
    this.#clientState = plan.outbound?.request.clientState ?? null;
    this.#streams = new CallStreams({
      ...context,
      seed,
      line: this.line,
      format: this.#format,
      facts: () => ({
        userId: context.userId,
        callControlId: this.providerCallId,
        callSessionId: this.callSessionId,
        from: plan.from,
        to: plan.to,
        clientState: this.#clientState,
      }),
      onOpen: () => this.mediaOpened(),
      onClose: (detail) => this.tell({ event: 'media-closed', detail }),
      onWarning,
      tell: (eventType, fields) => this.#tellServer(eventType, fields),
    });
    this.#speech = new CallSpeech({
      ...context,
      line: this.line,
      sampleRate: this.sampleRate,
      onText: (text) => this.announced(text),
      tell: (eventType, fields) => this.#tellServer(eventType, fields),
    });
  }

  get providerCallId(): string {
    return this.#identity.callControlId;
  }

  get callLegId(): string {
    return this.#identity.callLegId;
  }

  get callSessionId(): string {
    return this.#identity.callSessionId;
  }

  get from(): string {
    return this.#plan.from;
  }

  get to(): string {
    return this.#plan.to;
  }

  /** The application that it belongs to. */
  get connectionId(): string {
    return this.#plan.connectionId;
  }

  get codec(): AudioEncoding {
    return this.#plan.codec;
  }

  get state(): TelnyxCallState {
    return this.#state;
  }

  get clientState(): string | null {
    return this.#clientState;
  }

  get webhooks(): readonly TelnyxWebhookRecord[] {
    return this.#events.records;
  }

  /** When the call came in and, where that is so, ended. */
  get startTime(): string {
    return this.#startTime;
  }

  /** Whether it has a media stream, and `streamId`, where it is given, names that. */
  hasStream(streamId?: string): boolean {
    return this.#streams.has(streamId);
  }

  get settled(): Promise<void> {
    return this.ended.then(() => this.#events.idle);
  }

  hangUp(): void {
    const isOutbound = this.#plan.outbound !== undefined;
    if (isOutbound && !this.isAnswered) {
      const hangUp = { cause: 'call_rejected', sip: '603', source: 'callee' } as const;
      this.#end({ by: 'caller', hangUp });
      return;
    }
    const cause = this.isAnswered ? NORMAL : CANCELED;
    this.#end({ by: 'caller', hangUp: { ...cause, source: 'caller' } });
  }

  dropMedia(): void {
    this.#streams.drop();
  }

  /** The phone rings, and the server is told: its own, or the one that it calls. */
  begin(): void {
    const { clock, ringTimeoutMs } = this.#context;
    const { fields, outbound } = this.#plan;
    if (outbound) {
      void this.#ring(outbound.request, outbound.phone);
      return;
    }
    this.tell({ event: 'ringing' });
    void this.#events
      .announceCall(incomingCall(this.#common, this.#startTime, this.#format, fields))
      .then((problem) => {
        if (problem === undefined || this.isAnswered) return;
        this.#fail(`The webhook call.initiated was not taken: ${problem}.`);
      });
    this.#ringTimer = clock.setTimeout(
      () => this.#fail('Nobody answered or rejected the call in time.'),
      ringTimeoutMs,
    );
  }

  /** A command attached it; later events have it. */
  attachClientState(clientState: string): void {
    this.#clientState = clientState;
  }

  /** The server takes the call. */
  answerByServer(stream: StreamRequest | undefined): void {
    if (this.isAnswered || this.isEnded) return;
    this.#answer(
      stream === undefined ? {} : { stream_url: stream.url, stream_track: stream.track },
    );
    if (stream) this.#streams.start(stream);
  }

  rejectByServer(reason: 'busy' | 'rejected'): void {
    const [cause, sip] = reason === 'busy' ? ['user_busy', '486'] : ['call_rejected', '603'];
    this.#end({ by: 'rejected', detail: reason, hangUp: { cause, sip, source: 'callee' } });
  }

  hangUpByServer(): void {
    const isOutbound = this.#plan.outbound !== undefined;
    const cause = isOutbound && !this.isAnswered ? CANCELED : NORMAL;
    const hangUp: HangUpCause = { ...cause, source: isOutbound ? 'caller' : 'callee' };
    this.#end({ by: 'server', detail: 'Hung up by REST.', hangUp });
  }

  startStream(request: StreamRequest): void {
    if (!this.isEnded) this.#streams.start(request);
  }

  stopStream(): void {
    this.#streams.stop();
  }

  /** Reads a text to the caller, after all that it is reading already. */
  say(text: string): void {
    this.#speech.say(text);
  }

  /** Connects the caller with another phone; where that does not answer, the call stays as it was. */
  async forward(forwarding: Forwarding): Promise<void> {
    if (this.isEnded || this.#isForwarded) return;
    this.#isForwarded = true;
    const { to } = forwarding;
    this.tell({ event: 'forwarding', to });
    const talked = await forward({
      ...forwarding,
      clock: this.clock,
      events: this.#events,
      caller: this.#common,
      format: this.#format,
      outcome: this.#context.dialOutcome(to),
      signal: this.#over.signal,
      onAnswered: () => {
        if (!this.isAnswered) this.#answer({});
      },
    });
    this.#isForwarded = talked;
    if (!talked) return;
    this.#end({ by: 'forwarded', detail: to, hangUp: { ...NORMAL, source: 'callee' } });
  }

  /** From now on the two phones hear each other; when one hangs up, so does the carrier on the other. */
  bridgeWith(other: TelnyxCall): void {
    const lines = new JoinedLines();
    this.#joinBridge(lines, other);
    other.#joinBridge(lines, this);
  }

  /** The server sends keys to the phone. */
  sendDigits(digits: string): void {
    void this.hearDigits(digits);
  }

  /** Begins a recording that the carrier makes. */
  startRecording(request: RecordingRequest): void {
    this.#recordings.start(request);
  }

  stopRecording(): void {
    this.#recordings.stop(this.#common);
  }

  /** Resolves after the end, when no request and no socket of it is left. */
  async released(): Promise<void> {
    await this.settled;
    await this.#streams.released();
  }

  /** The carrier is closed: the network is let go at once. */
  abandon(): void {
    this.#events.close();
    this.#streams.destroy();
    this.#end({
      by: 'caller',
      detail: 'The carrier was closed.',
      hangUp: { ...NORMAL, source: 'unknown' },
    });
  }

  async #ring(request: DialRequest, phone: SimulatedPhone): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#over;
    this.#state = 'bridging';
    this.tell({ event: 'ringing' });
    this.#events.tell('call.initiated', outgoingLeg(this.#common, this.#startTime));
    const end = await ring(phone, request.ringMs, clock, signal);
    if (end === undefined) return;
    if (end === 'answer' || end === 'machine') this.#pickUp(request, phone);
    else {
      const { cause, end: how, sip } = UNANSWERED[end];
      this.#end({ ...how, hangUp: { cause, sip, source: 'callee' } });
    }
  }

  #pickUp({ detection, limitMs, recording, stream }: DialRequest, phone: SimulatedPhone): void {
    const { clock } = this.#context;
    this.#answer(
      stream === undefined ? {} : { stream_url: stream.url, stream_track: stream.track },
    );
    if (stream) this.#streams.start(stream);
    if (recording) this.startRecording(recording);
    if (limitMs !== undefined) {
      const hangUp = { cause: 'time_limit', sip: '200', source: 'unknown' } as const;
      const end: End = { by: 'server', detail: 'The call reached its time limit.', hangUp };
      this.#limitTimer = clock.setTimeout(() => this.#end(end), limitMs);
    }
    void pickUp(phone, {
      clock,
      signal: this.#over.signal,
      sampleRate: this.sampleRate,
      speak: (samples) => this.speak(samples),
      onDetected: (detected) => {
        const event = detectionEvent(detected, detection);
        if (event) this.#tellServer(event.name, { result: event.result });
      },
    });
  }

  get #common(): CommonPayload {
    const { connectionId, from, to } = this.#plan;
    return {
      call_control_id: this.providerCallId,
      call_leg_id: this.callLegId,
      call_session_id: this.callSessionId,
      client_state: this.#clientState,
      connection_id: connectionId,
      from,
      to,
    };
  }

  #answer(stream: Readonly<Record<string, unknown>>): void {
    this.#ringTimer?.cancel();
    this.#state = 'answered';
    this.answered();
    this.#events.tell(
      'call.answered',
      answeredCall(this.#common, this.#startTime, this.#format, stream),
    );
  }

  #joinBridge(lines: JoinedLines, peer: TelnyxCall): void {
    this.#streams.stop();
    lines.add(this.line);
    this.#tellServer('call.bridged', {});
    void this.ended.then(() => lines.remove(this.line));
    void peer.ended.then(() => {
      const hangUp: HangUpCause = { ...NORMAL, source: 'unknown' };
      this.#end({ by: 'server', detail: 'The bridged leg hung up.', hangUp });
    });
  }

  #fail(detail: string): void {
    this.#end({
      by: 'failed',
      detail,
      hangUp: { cause: 'timeout', source: 'unknown', sip: '480' },
    });
  }

  #end({ hangUp, ...end }: End): void {
    if (this.isEnded) return;
    const { answeredMs } = this.times;
    const talkedMs = answeredMs === undefined ? undefined : this.clock.now() - answeredMs;
    this.#streams.stop();
    this.stopRecording();
    this.putDown();
    this.#over.abort();
    this.#ringTimer?.cancel();
    this.#limitTimer?.cancel();
    this.#state = 'hangup';
    this.#speech.end();
    const times = { startTime: this.#startTime, endTime: this.#now() };
    this.#events.tell('call.hangup', endedCall(this.#common, times, hangUp, talkedMs), true);
    this.finished(end);
    this.#context.onEnded(this);
  }

  #tellServer(eventType: string, fields: Readonly<Record<string, unknown>>): void {
    this.#events.tell(eventType, { ...this.#common, ...fields });
  }

  #now(): string {
    return isoTime(this.clock.wallTimeMs());
  }
}
