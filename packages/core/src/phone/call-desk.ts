import type { CallRecording } from '../calls/call-control.ts';
import type { CallRegistry } from '../calls/call-registry.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import type { Clock } from '../clock/clock.ts';
import {
  CommandUnsupportedError,
  ConfigurationError,
  DialRefusedError,
  PhoneAgentError,
} from '../errors.ts';
import type { Emitter } from '../events/emitter.ts';
import type { Logger } from '../logging/logger.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type {
  CallAnswer,
  CallStatusReport,
  IncomingCallReport,
  MachineReport,
  ProviderHost,
  RecordingReport,
} from '../provider/telephony-provider.ts';
import type { CallConnection } from './call-connection.ts';
import type { PhoneAnswer } from './call-decision.ts';
import { CallerRate } from './call-limits.ts';
import { applyProgress, isFinal } from './call-progress.ts';
import { CallSession } from './call-session.ts';
import type { TransferDesk } from './call-transfer.ts';
import type { DialOptions } from './dial-options.ts';
import { checkDialOptions } from './dial-options.ts';
import { Dialler } from './dialler.ts';
import { OutboundGuard } from './outbound-limits.ts';
import type { PhoneEvents } from './phone-events.ts';
import type { PhoneSettings } from './phone-options.ts';
import type { PublicUrl } from './public-url.ts';
import { RecentAnswers } from './recent-answers.ts';

/** Where a provider's reports come in: finds or opens the call's session and says what to do next. */
export class CallDesk implements ProviderHost, TransferDesk {
  readonly calls: CallRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** New calls are refused. */
  isDraining = false;
  readonly #settings: PhoneSettings;
  readonly #events: Emitter<PhoneEvents>;
  readonly #publicUrl: () => PublicUrl;
  readonly #sessions = new Map<PhoneCall, CallSession>();
  readonly #recent: RecentAnswers;
  readonly #callerRate: CallerRate | undefined;
  readonly #guard: OutboundGuard;
  readonly #dialler: Dialler;
  /** Calls that were allowed and are not in the registry yet. */
  #admitted = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(
    settings: PhoneSettings,
    calls: CallRegistry,
    events: Emitter<PhoneEvents>,
    publicUrl: () => PublicUrl,
  ) {
    this.calls = calls;
    this.clock = settings.clock;
    this.logger = settings.logger;
    this.#settings = settings;
    this.#events = events;
    this.#publicUrl = publicUrl;
    this.#recent = new RecentAnswers(settings.clock);
    this.#guard = new OutboundGuard(settings.outbound, settings.clock);
    this.#dialler = new Dialler(settings, this, calls);
    const perHour = settings.limits.maxCallsPerCallerPerHour;
    if (perHour !== undefined) this.#callerRate = new CallerRate(settings.clock, perHour);
  }

  get publicUrl(): PublicUrl {
    return this.#publicUrl();
  }

  async incomingCall(report: IncomingCallReport): Promise<CallAnswer> {
    try {
      return await this.#answer(report);
    } catch (error) {
      this.logger.error({ error }, 'An incoming call could not be registered');
      this.#settings.onError(error);
      return { action: 'announce', text: this.#settings.apology };
    }
  }

  async mediaEnded(providerCallId: string): Promise<CallAnswer> {
    try {
      const session = this.#find(providerCallId);
      if (session) return await session.mediaEnded();
      return this.#recentAnswer(providerCallId);
    } catch (error) {
      this.logger.error({ error }, 'A lost media stream could not be opened anew');
      this.#settings.onError(error);
      return { action: 'announce', text: this.#settings.apology };
    }
  }

  async callStatus(report: CallStatusReport): Promise<void> {
    const call = await this.#findReported(report);
    // Reports overtake one another: a call that is over already is not begun when it is reported.
    if (!call && isFinal(report.progress)) {
      this.#recent.set(report.providerCallId, { action: 'hang-up' });
    }
    if (call && !call.endInfo) await applyProgress(call, report);
  }

  async machineDetected(report: MachineReport): Promise<void> {
    (await this.#findReported(report))?.machineDetected(report);
  }

  async recordingFinished(report: RecordingReport): Promise<void> {
    const { callId, providerCallId, ...facts } = report;
    const named = callId === undefined ? undefined : this.calls.get(callId);
    const call =
      providerCallId === undefined ? named : await this.#findReported({ providerCallId, callId });
    this.#recorded(call, callId, { by: 'provider', ...facts }, providerCallId);
  }

  digitReceived(providerCallId: string, digit: string): Promise<void> {
    this.#find(providerCallId)?.call.receiveDigit(digit);
    return Promise.resolve();
  }

  /** @throws DialRefusedError, CommandUnsupportedError, ConfigurationError, RangeError */
  async dial(options: DialOptions): Promise<PhoneCall> {
    const { provider } = this.#settings;
    checkDialOptions(options);
    if (!provider.dial) {
      throw new CommandUnsupportedError(`The plugin for ${provider.name} places no calls.`);
    }
    const agent = options.agent ?? this.#settings.answer;
    if (typeof agent === 'function') {
      throw new RangeError('`agent` must say who talks, for `answer` is a function.');
    }
    const from = options.from ?? provider.phoneNumber;
    if (from === undefined) {
      const problem = 'it is missing; give the number to call from';
      throw new ConfigurationError([{ setting: 'from', problem }]);
    }
    // What is wrong with it is told now rather than in the middle of the call.
    void this.publicUrl;
    this.admitOutbound(options.to);
    this.#admitted++;
    try {
      return await this.#dial(from, agent, options);
    } finally {
      this.#admitted--;
    }
  }

  /** A call to a number is about to be made. @throws DialRefusedError where it may not. */
  admitOutbound(to: string): void {
    if (this.isDraining) {
      throw new DialRefusedError('draining', 'The server is shutting down and places no calls.');
    }
    this.#guard.admit(to, this.calls.activeCount + this.#admitted);
  }

  connectionOf(call: PhoneCall): CallConnection | undefined {
    return this.#sessions.get(call)?.connection;
  }

  /** A media socket for `call`, opened by `token`. */
  openMedia(call: PhoneCall, socket: MediaSocket, token: string): void {
    const session = this.#sessions.get(call);
    if (session) session.openMedia(socket, token);
    else socket.close(1008, 'the call has ended');
  }

  /** Resolves when there is no call. */
  idle(): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  async #answer(report: IncomingCallReport): Promise<CallAnswer> {
    const { provider } = this.#settings;
    const known = this.#find(report.providerCallId);
    if (known) return known.answerNow();
    const earlier = this.#recent.get(report.providerCallId);
    if (earlier) return earlier;
    const refused = this.#refusal(report);
    try {
      const { call, created } = await this.calls.create({
        provider: provider.name,
        providerCallId: report.providerCallId,
        direction: 'inbound',
        from: report.from,
        to: report.to,
        details: report.details,
        prepare: refused
          ? undefined
          : (created) => this.#open(created, this.#settings.answer).prepared,
      });
      if (refused && created) return this.#refuse(call, refused);
      const session = this.#sessions.get(call);
      return session ? await session.answer() : { action: 'hang-up' };
    } catch (error) {
      if (PhoneAgentError.isInstance(error) && error.code === 'call_ended')
        return this.#recentAnswer(report.providerCallId);
      throw error;
    }
  }

  /** Why a new call is not taken, or undefined. */
  #refusal(report: IncomingCallReport): 'shutdown' | 'limit-reached' | undefined {
    if (this.isDraining) return 'shutdown';
    const { maxConcurrentCalls } = this.#settings.limits;
    if (maxConcurrentCalls !== undefined && this.calls.activeCount >= maxConcurrentCalls) {
      return 'limit-reached';
    }
    return this.#callerRate?.admit(report.from) === false ? 'limit-reached' : undefined;
  }

  #refuse(call: PhoneCall, reason: 'shutdown' | 'limit-reached'): CallAnswer {
    const answer: CallAnswer = { action: 'reject', reason: 'busy' };
    this.#recent.set(call.providerCallId!, answer);
    this.logger.warn({ callId: call.id, reason }, 'A call was refused');
    this.#settings.telemetry.count('phone.calls.refused', 1, { reason });
    void call.end(reason);
    return answer;
  }

  async #dial(
    from: string,
    agent: Exclude<PhoneAnswer, (call: PhoneCall) => unknown>,
    options: DialOptions,
  ): Promise<PhoneCall> {
    const { call } = await this.calls.create({
      provider: this.#settings.provider.name,
      direction: 'outbound',
      from,
      to: options.to,
      detectsMachines: options.onMachine !== undefined,
      prepare: (created) => this.#open(created, agent, options).prepared,
    });
    const session = this.#sessions.get(call);
    if (session) void this.#dialler.place(session, options);
    return call;
  }

  #open(call: PhoneCall, answer: PhoneAnswer, dial?: DialOptions): CallSession {
    const session = new CallSession({
      call,
      settings: this.#settings,
      host: this,
      calls: this.calls,
      answer,
      desk: this,
      onRecording: (recording) => this.#recorded(call, call.id, recording),
      dial,
    });
    this.#sessions.set(call, session);
    this.logger.info({ callId: call.id, direction: call.direction }, 'A call has begun');
    this.#settings.telemetry.count('phone.calls.created', 1, { direction: call.direction });
    this.#events.emit('call-created', { call });
    void this.#closeWhenEnded(session);
    return session;
  }

  async #closeWhenEnded(session: CallSession): Promise<void> {
    const { call } = session;
    const end = await call.ended;
    if (call.providerCallId !== undefined) {
      const inbound = call.direction === 'inbound';
      const answer = inbound ? await session.answerNow() : session.finalAnswer();
      this.#recent.set(call.providerCallId, answer);
    }
    this.#sessions.delete(call);
    const { reason, durationMs, providerCause } = end;
    this.logger.info({ callId: call.id, reason, durationMs, providerCause }, 'The call has ended');
    this.#settings.telemetry.count('phone.calls.ended', 1, { reason });
    this.#settings.telemetry.record('phone.call.duration_ms', durationMs, { reason });
    this.#events.emit('call-ended', { call, end });
    if (this.#sessions.size > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** The session of a call that lives, or is being wound up. */
  #find(providerCallId: string): CallSession | undefined {
    const call = this.calls.findByProviderCallId(this.#settings.provider.name, providerCallId);
    if (call) return this.#sessions.get(call);
    for (const session of this.#sessions.values()) {
      if (session.call.endInfo && session.call.providerCallId === providerCallId) return session;
    }
    return undefined;
  }

  /** The call that a report is about; a report that carries our id makes the provider's known. */
  async #findReported(report: {
    readonly providerCallId: string;
    readonly callId?: string | undefined;
  }): Promise<PhoneCall | undefined> {
    const { callId, providerCallId } = report;
    if (callId !== undefined) {
      const call = this.calls.get(callId) ?? this.#dialler.findUnbound(callId);
      if (call) await this.#dialler.adopt(call, providerCallId);
    }
    return this.#find(providerCallId)?.call;
  }

  #recorded(
    call: PhoneCall | undefined,
    callId: string | undefined,
    recording: CallRecording,
    providerCallId = call?.providerCallId,
  ): void {
    call?.announce('recording-finished', recording);
    this.#events.emit('recording-finished', {
      callId: call?.id ?? callId,
      providerCallId,
      recording,
    });
  }

  #recentAnswer(providerCallId: string): CallAnswer {
    return this.#recent.get(providerCallId) ?? { action: 'hang-up' };
  }
}
