import { delay, type Clock, type ClockTimer } from '@phone-agents/core';
import type { SimulatedCallEnd, SimulatedPhone } from '@phone-agents/core/testing';
import { pickUp, ring, type Detected, type RingEnd } from '../called-phones.ts';
import type { CarrierCallProgress, CarrierWarning } from '../carrier-call.ts';
import type { DialOutcome } from '../dial-outcome.ts';
import type { CarrierFaults } from '../faults.ts';
import type { FrameTicker } from '../line/frame-ticker.ts';
import { LineCall } from '../line-call.ts';
import { CallRecordings } from './call-recordings.ts';
import type { CallFacts, TwilioCallStatus } from './call-fields.ts';
import { CallRequests, type StatusCallbackEvent } from './call-requests.ts';
import { CallStreams } from './call-streams.ts';
import type { Conferences } from './conference.ts';
import type { CreateCallRequest, MachineDetection } from './create-call.ts';
import type { ServerAddress } from './server-address.ts';
import { TwilioProblem } from './twilio-problem.ts';
import type { TwilioSimulatedCall } from './twilio-simulated-call.ts';
import { parseTwiml } from './twiml.ts';
import { TwimlPlayer, type TwimlDocument } from './twiml-player.ts';
import type { WebhookClient, WebhookRecord } from './webhook-client.ts';

const SAMPLE_RATE = 8000;

/** What a {@link TwilioCall} gets from its carrier. */
export interface TwilioCallContext {
  readonly clock: Clock;
  readonly ticker: FrameTicker;
  readonly client: WebhookClient;
  readonly authToken: string;
  readonly accountSid: string;
  readonly address: ServerAddress;
  readonly faults: CarrierFaults;
  readonly statusCallbacks: readonly StatusCallbackEvent[];
  readonly sayCharactersPerSecond: number;
  readonly renderAnnouncement: ((text: string) => Int16Array | Promise<Int16Array>) | undefined;
  readonly dialOutcome: (number: string) => DialOutcome;
  readonly conferences: Conferences;
  /** Where its recordings would be found. */
  readonly recordingsUrl: string;
  readonly onListenerError: (error: unknown) => void;
  readonly onEnded: (call: TwilioCall) => void;
}

/** What is special about one call. */
export interface TwilioCallPlan {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  readonly fields: Readonly<Record<string, string>>;
  /** The server's request to place the call, and the phone that it calls; absent where the phone calls. */
  readonly outbound?:
    { readonly request: CreateCallRequest; readonly phone: SimulatedPhone } | undefined;
  readonly seed: number;
  readonly record: boolean;
  readonly onProgress: ((progress: CarrierCallProgress) => void) | undefined;
}

/** From the request to the first ring. */
const SET_UP_MS = 50;

const UNANSWERED = {
  busy: { end: { by: 'rejected', detail: 'busy' }, status: 'busy', sipCode: '486' },
  reject: { end: { by: 'rejected', detail: 'rejected' }, status: 'busy', sipCode: '603' },
  fail: { end: { by: 'failed', detail: 'not reachable' }, status: 'failed', sipCode: '404' },
  'no-answer': { end: { by: 'unanswered' }, status: 'no-answer', sipCode: '480' },
} as const satisfies Record<
  Exclude<RingEnd, 'answer' | 'machine'>,
  { readonly end: SimulatedCallEnd; readonly status: TwilioCallStatus; readonly sipCode: string }
>;

type DocumentSource = (signal: AbortSignal) => Promise<TwimlDocument>;

/** One call at the simulated Twilio, from a phone to the server or the other way round: its state, its end, and the instructions it follows. */
export class TwilioCall extends LineCall implements TwilioSimulatedCall {
  readonly #context: TwilioCallContext;
  readonly #plan: TwilioCallPlan;
  readonly #requests: CallRequests;
  readonly #streams: CallStreams;
  readonly #player: TwimlPlayer;
  /** Those that Twilio makes. */
  readonly recordings: CallRecordings;
  /** Aborted when other instructions take over, or the call ends. */
  #program = new AbortController();
  readonly #over = new AbortController();
  #status: TwilioCallStatus = 'ringing';
  #sipCode: string | undefined;
  #answeredBy: string | undefined;
  #durationTimer: ClockTimer | undefined;

  constructor(context: TwilioCallContext, plan: TwilioCallPlan) {
    const { clock, ticker, onListenerError } = context;
    const { callSid, seed, record, onProgress } = plan;
    super({ clock, ticker, sampleRate: SAMPLE_RATE, record, onListenerError, onProgress });
    this.#context = context;
    this.#plan = plan;
    const onWarning = (warning: CarrierWarning): void => this.warn(warning);
    const { address, statusCallbacks } = context;
    const request = plan.outbound?.request;
    const ownCallback = address.statusCallbackUrl;
    this.#requests = new CallRequests({
      ...context,
      statusCallbacks: request?.statusEvents ?? statusCallbacks,
      statusCallback:
        request || ownCallback === undefined
          ? request?.statusCallback
          : { url: ownCallback, method: 'POST' },
      seed,
      ownFields: plan.fields,
      facts: () => this.#facts,
      onWarning,
    });
    this.#streams = new CallStreams({
      ...context,
      callSid,
      seed,
      line: this.line,
      onOpen: () => this.mediaOpened(),
      onClose: (detail) => this.tell({ event: 'media-closed', detail }),
      onWarning,
      notify: (url, method, fields) => this.#requests.notify('stream-status', url, method, fields),
    });
    this.recordings = new CallRecordings({
      ...context,
      callSid,
      requests: this.#requests,
      baseUrl: context.recordingsUrl,
    });
    this.#player = this.#createPlayer();
  }

  get providerCallId(): string {
    return this.#plan.callSid;
  }

  get from(): string {
    return this.#plan.from;
  }

  get to(): string {
    return this.#plan.to;
  }

  get status(): TwilioCallStatus {
    return this.#status;
  }

  get direction(): 'inbound' | 'outbound-api' {
    return this.#plan.outbound ? 'outbound-api' : 'inbound';
  }

  /** What the machine detection has said. */
  get answeredBy(): string | undefined {
    return this.#answeredBy;
  }

  get durationSeconds(): number {
    const { answeredMs, endedMs } = this.times;
    if (answeredMs === undefined) return 0;
    return Math.round(((endedMs ?? this.clock.now()) - answeredMs) / 1000);
  }

  get webhooks(): readonly WebhookRecord[] {
    return this.#requests.records;
  }

  get settled(): Promise<void> {
    return this.ended.then(async () => {
      await this.#requests.idle;
      await this.#streams.idle;
    });
  }

  hangUp(): void {
    this.#end({ by: 'caller' }, this.isAnswered ? 'completed' : 'no-answer');
  }

  dropMedia(): void {
    this.#streams.drop();
  }

  /** The phone rings: the server's, or the one that the server calls. */
  begin(): void {
    const { outbound } = this.#plan;
    if (outbound) {
      this.#status = 'queued';
      void this.#ring(outbound.request, outbound.phone);
      return;
    }
    this.tell({ event: 'ringing' });
    this.#requests.reportStatus('initiated');
    this.#requests.reportStatus('ringing');
    this.#follow((signal) => this.#requests.fetchVoice(signal));
  }

  /** Ended by REST. */
  hangUpByServer(status: 'completed' | 'canceled'): void {
    const isRinging = this.#plan.outbound !== undefined && !this.isAnswered;
    this.#end({ by: 'server', detail: 'Hung up by REST.' }, isRinging ? 'canceled' : status);
  }

  /**
   * New instructions by REST: what was going on ends, a stream with `stop`.
   *
   * @throws TwilioProblem where they cannot be read.
   */
  followTwiml(twiml: string): void {
    const document = { verbs: parseTwiml(twiml), url: this.#context.address.voiceUrl };
    this.#follow(() => Promise.resolve(document));
  }

  /** New instructions by REST, to be fetched. */
  followUrl(url: string, method: string | undefined): void {
    this.#follow((signal) => this.#requests.fetchNext('update', url, method, [], signal));
  }

  /** Resolves after the end, when no request and no socket of it is left. */
  async released(): Promise<void> {
    await this.settled;
    await this.#streams.released();
  }

  /** The carrier is closed: the network is let go at once. */
  abandon(): void {
    this.#requests.close();
    this.#streams.destroy();
    this.#end({ by: 'caller', detail: 'The carrier was closed.' }, 'completed');
  }

  get #facts(): CallFacts {
    const { callSid, from, to } = this.#plan;
    return {
      accountSid: this.#context.accountSid,
      callSid,
      status: this.#status,
      direction: this.direction,
      sipCode: this.#sipCode,
      from,
      to,
    };
  }

  async #ring(request: CreateCallRequest, phone: SimulatedPhone): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#over;
    this.#requests.reportStatus('initiated');
    await delay(clock, SET_UP_MS, signal);
    if (signal.aborted) return;
    this.#status = 'ringing';
    this.tell({ event: 'ringing' });
    this.#requests.reportStatus('ringing');
    const end = await ring(phone, request.ringMs, clock, signal);
    if (end === undefined) return;
    if (end === 'answer' || end === 'machine') this.#pickUp(request, phone);
    else this.#end(UNANSWERED[end].end, UNANSWERED[end].status, UNANSWERED[end].sipCode);
  }

  #pickUp(request: CreateCallRequest, phone: SimulatedPhone): void {
    const { clock } = this.#context;
    const { instructions, machineDetection, maxDurationMs, recording } = request;
    this.#answer();
    if (recording) this.recordings.start(recording);
    if (maxDurationMs !== undefined) {
      const limit = { by: 'server', detail: 'The call reached its TimeLimit.' } as const;
      this.#durationTimer = clock.setTimeout(() => this.#end(limit, 'completed'), maxDurationMs);
    }
    if ('url' in instructions) this.followUrl(instructions.url, instructions.method);
    else {
      const document = { verbs: instructions.twiml, url: this.#context.address.voiceUrl };
      this.#follow(() => Promise.resolve(document));
    }
    void pickUp(phone, {
      clock,
      signal: this.#over.signal,
      sampleRate: this.sampleRate,
      speak: (samples) => this.speak(samples),
      onDetected: (detected) => {
        if (machineDetection) this.#reportDetection(machineDetection, detected);
      },
    });
  }

  #reportDetection({ callback, untilMessageEnd }: MachineDetection, detected: Detected): void {
    if (detected === 'machine' ? untilMessageEnd : detected === 'beep' && !untilMessageEnd) return;
    this.#answeredBy = { human: 'human', machine: 'machine_start', beep: 'machine_end_beep' }[
      detected
    ];
    const { answeredMs = 0 } = this.times;
    this.#requests.report('machine-detection', callback, [
      ['CallSid', this.#plan.callSid],
      ['AccountSid', this.#context.accountSid],
      ['AnsweredBy', this.#answeredBy],
      ['MachineDetectionDuration', String(Math.round(this.clock.now() - answeredMs))],
    ]);
  }

  #follow(source: DocumentSource): void {
    this.#program.abort();
    const program = (this.#program = new AbortController());
    void this.#play(source, program.signal, this.#context.address.fallbackUrl);
  }

  async #play(
    source: DocumentSource,
    signal: AbortSignal,
    fallbackUrl: string | undefined,
  ): Promise<void> {
    try {
      const end = await this.#player.play(await source(signal), signal);
      if (signal.aborted) return;
      const refusal = end.detail === 'busy' ? 'busy' : 'no-answer';
      this.#end(end, end.by === 'rejected' ? refusal : 'completed');
    } catch (error) {
      if (signal.aborted) return;
      const problem =
        error instanceof TwilioProblem ? error : new TwilioProblem(11200, String(error));
      this.warn({ code: problem.code, message: problem.message });
      if (fallbackUrl === undefined) {
        const detail = `${problem.code}: ${problem.message}`;
        this.#end({ by: 'failed', detail }, this.isAnswered ? 'completed' : 'failed');
      } else {
        const fallback: DocumentSource = () =>
          this.#requests.fetchFallback(fallbackUrl, problem, signal);
        await this.#play(fallback, signal, undefined);
      }
    }
  }

  #createPlayer(): TwimlPlayer {
    const { clock, sayCharactersPerSecond, renderAnnouncement, dialOutcome } = this.#context;
    return new TwimlPlayer({
      clock,
      line: this.line,
      sayCharactersPerSecond,
      dialOutcome,
      hearDigits: (digits) => this.hearDigits(digits),
      joinConference: (request, signal) =>
        this.#context.conferences.join(request, this.line, signal),
      isAnswered: () => this.isAnswered,
      answer: () => this.#answer(),
      announce: async (text) => {
        this.announced(text);
        return renderAnnouncement?.(text);
      },
      forwarding: (to) => this.tell({ event: 'forwarding', to }),
      fetch: (...request) => this.#requests.fetchNext(...request),
      runStream: (...request) => this.#streams.run(...request),
    });
  }

  #answer(): void {
    if (this.isAnswered || this.isEnded) return;
    this.#status = 'in-progress';
    this.answered();
    this.#requests.reportStatus('answered');
  }

  #end(end: SimulatedCallEnd, status: TwilioCallStatus, sipCode?: string): void {
    if (!this.putDown()) return;
    this.#status = status;
    this.#sipCode = sipCode;
    this.#over.abort();
    this.#durationTimer?.cancel();
    this.recordings.stop();
    this.#program.abort();
    this.#requests.reportStatus('completed', this.durationSeconds);
    this.finished(end);
    this.#context.onEnded(this);
  }
}
