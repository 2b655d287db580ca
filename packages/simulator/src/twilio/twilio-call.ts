import { writeFile } from 'node:fs/promises';
import type { AudioFrame, Clock } from '@phone-agents/core';
import type { SimulatedCallEnd } from '@phone-agents/core/testing';
import type {
  CarrierCallEvent,
  CarrierCallProgress,
  CarrierCallTimes,
  CarrierWarning,
} from '../carrier-call.ts';
import type { CarrierFaults } from '../faults.ts';
import type { FrameTicker } from '../line/frame-ticker.ts';
import { PhoneLine } from '../line/phone-line.ts';
import type { HeardSpan } from '../line/playback-buffer.ts';
import type { CallFacts, TwilioCallStatus } from './call-fields.ts';
import { CallRequests, type StatusCallbackEvent } from './call-requests.ts';
import { CallStreams } from './call-streams.ts';
import type { ServerAddress } from './server-address.ts';
import { TwilioProblem } from './twilio-problem.ts';
import type { TwilioSimulatedCall } from './twilio-simulated-call.ts';
import { parseTwiml } from './twiml.ts';
import { TwimlPlayer, type DialOutcome, type TwimlDocument } from './twiml-player.ts';
import type { WebhookClient, WebhookRecord } from './webhook-client.ts';

const SAMPLE_RATE = 8000;
const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
const MAX_WARNINGS = 500;

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
  readonly onListenerError: (error: unknown) => void;
  readonly onEnded: (call: TwilioCall) => void;
}

/** What is special about one call. */
export interface TwilioCallPlan {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly record: boolean;
  readonly onProgress: ((progress: CarrierCallProgress) => void) | undefined;
}

type DocumentSource = (signal: AbortSignal) => Promise<TwimlDocument>;

/** One inbound call at the simulated Twilio: its state, its end, and the instructions it follows. */
export class TwilioCall implements TwilioSimulatedCall {
  readonly connected: Promise<boolean>;
  readonly ended: Promise<SimulatedCallEnd>;
  readonly sampleRate = SAMPLE_RATE;
  readonly #context: TwilioCallContext;
  readonly #plan: TwilioCallPlan;
  readonly #line: PhoneLine;
  readonly #requests: CallRequests;
  readonly #streams: CallStreams;
  readonly #player: TwimlPlayer;
  readonly #announcements: string[] = [];
  readonly #warnings: CarrierWarning[] = [];
  readonly #listeners = new Set<(progress: CarrierCallProgress) => void>();
  readonly #placedMs: number;
  /** Aborted when other instructions take over, or the call ends. */
  #program = new AbortController();
  #status: TwilioCallStatus = 'ringing';
  #answeredMs: number | undefined;
  #mediaOpenedMs: number | undefined;
  #endedMs: number | undefined;
  #resolveConnected!: (connected: boolean) => void;
  #resolveEnded!: (end: SimulatedCallEnd) => void;

  constructor(context: TwilioCallContext, plan: TwilioCallPlan) {
    const { clock, ticker, onListenerError } = context;
    const { callSid, seed } = plan;
    this.#context = context;
    this.#plan = plan;
    this.#placedMs = clock.now();
    if (plan.onProgress) this.#listeners.add(plan.onProgress);
    this.connected = new Promise((resolve) => (this.#resolveConnected = resolve));
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    const onWarning = (warning: CarrierWarning): void => this.#warn(warning);
    this.#line = new PhoneLine({
      clock,
      ticker,
      sampleRate: SAMPLE_RATE,
      record: plan.record,
      onListenerError,
    });
    this.#requests = new CallRequests({
      ...context,
      seed,
      ownFields: plan.fields,
      facts: () => this.#facts,
      onWarning,
    });
    this.#streams = new CallStreams({
      ...context,
      callSid,
      seed,
      line: this.#line,
      onOpen: () => this.#mediaOpened(),
      onClose: (detail) => this.#tell({ event: 'media-closed', detail }),
      onWarning,
      notify: (url, method, fields) => this.#requests.notify('stream-status', url, method, fields),
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

  get times(): CarrierCallTimes {
    return {
      placedMs: this.#placedMs,
      answeredMs: this.#answeredMs,
      mediaOpenedMs: this.#mediaOpenedMs,
      endedMs: this.#endedMs,
    };
  }

  get durationSeconds(): number {
    if (this.#answeredMs === undefined) return 0;
    return Math.round(((this.#endedMs ?? this.#context.clock.now()) - this.#answeredMs) / 1000);
  }

  get announcements(): readonly string[] {
    return this.#announcements;
  }

  get warnings(): readonly CarrierWarning[] {
    return this.#warnings;
  }

  get webhooks(): readonly WebhookRecord[] {
    return this.#requests.records;
  }

  get playedMs(): number {
    return this.#line.playback.playedSamples(this.#context.clock.now()) / SAMPLES_PER_MS;
  }

  get bufferedMs(): number {
    return this.#line.playback.bufferedSamples(this.#context.clock.now()) / SAMPLES_PER_MS;
  }

  get heardSpans(): readonly HeardSpan[] {
    return this.#line.playback.spans;
  }

  get settled(): Promise<void> {
    return this.ended.then(async () => {
      await this.#requests.idle;
      await this.#streams.idle;
    });
  }

  heardAtMs(sample: number): number | undefined {
    return this.#line.playback.heardAtMs(sample);
  }

  speak(samples: Int16Array): Promise<void> {
    return this.#line.speak(samples);
  }

  press(digits: string): void {
    this.#line.press(digits);
  }

  onHeard(listener: (frame: AudioFrame) => void): () => void {
    return this.#line.onHeard(listener);
  }

  onProgress(listener: (progress: CarrierCallProgress) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  hangUp(): void {
    this.#end({ by: 'caller' }, this.#answeredMs === undefined ? 'no-answer' : 'completed');
  }

  dropMedia(): void {
    this.#streams.drop();
  }

  recording(): Uint8Array {
    return this.#line.recording() ?? new Uint8Array(0);
  }

  async saveRecording(path: string): Promise<void> {
    await writeFile(path, this.recording());
  }

  /** The phone rings. */
  begin(): void {
    this.#tell({ event: 'ringing' });
    this.#requests.reportStatus('initiated');
    this.#requests.reportStatus('ringing');
    this.#follow((signal) => this.#requests.fetchVoice(signal));
  }

  /** Ended by REST. */
  hangUpByServer(status: 'completed' | 'canceled'): void {
    this.#end({ by: 'server', detail: 'Hung up by REST.' }, status);
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
    return { accountSid: this.#context.accountSid, callSid, status: this.#status, from, to };
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
      this.#warn({ code: problem.code, message: problem.message });
      if (fallbackUrl === undefined) {
        const detail = `${problem.code}: ${problem.message}`;
        this.#end(
          { by: 'failed', detail },
          this.#answeredMs === undefined ? 'failed' : 'completed',
        );
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
      line: this.#line,
      sayCharactersPerSecond,
      dialOutcome,
      isAnswered: () => this.#answeredMs !== undefined,
      answer: () => this.#answer(),
      announce: async (text) => {
        this.#announcements.push(text);
        this.#tell({ event: 'announced', text });
        return renderAnnouncement?.(text);
      },
      forwarding: (to) => this.#tell({ event: 'forwarding', to }),
      fetch: (...request) => this.#requests.fetchNext(...request),
      runStream: (...request) => this.#streams.run(...request),
    });
  }

  #answer(): void {
    if (this.#answeredMs !== undefined || this.#endedMs !== undefined) return;
    this.#answeredMs = this.#context.clock.now();
    this.#status = 'in-progress';
    this.#line.open();
    this.#tell({ event: 'answered' });
    this.#requests.reportStatus('answered');
  }

  #mediaOpened(): void {
    this.#mediaOpenedMs ??= this.#context.clock.now();
    this.#resolveConnected(true);
    this.#tell({ event: 'media-opened' });
  }

  #end(end: SimulatedCallEnd, status: TwilioCallStatus): void {
    if (this.#endedMs !== undefined) return;
    this.#endedMs = this.#context.clock.now();
    this.#status = status;
    this.#program.abort();
    this.#line.close();
    this.#requests.reportStatus('completed', this.durationSeconds);
    this.#resolveConnected(false);
    this.#tell({ event: 'ended', end });
    this.#listeners.clear();
    this.#resolveEnded(end);
    this.#context.onEnded(this);
  }

  #warn(warning: CarrierWarning): void {
    if (this.#warnings.length >= MAX_WARNINGS) return;
    this.#warnings.push(warning);
    this.#tell({ event: 'warned', warning });
  }

  #tell(event: CarrierCallEvent): void {
    const progress: CarrierCallProgress = { ...event, atMs: this.#context.clock.now() };
    for (const listener of this.#listeners) {
      try {
        listener(progress);
      } catch (error) {
        this.#context.onListenerError(error);
      }
    }
  }
}
