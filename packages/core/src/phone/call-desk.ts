import type { CallRegistry } from '../calls/call-registry.ts';
import type { CallEndReason } from '../calls/call-end.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import type { Clock } from '../clock/clock.ts';
import { PhoneAgentError } from '../errors.ts';
import type { Emitter } from '../events/emitter.ts';
import type { Logger } from '../logging/logger.ts';
import type { MediaSocket } from '../media/media-socket.ts';
import type {
  CallAnswer,
  CallProgress,
  CallStatusReport,
  IncomingCallReport,
  ProviderHost,
} from '../provider/telephony-provider.ts';
import { CallerRate } from './call-limits.ts';
import { CallSession } from './call-session.ts';
import type { PhoneEvents } from './phone.ts';
import type { PhoneSettings } from './phone-options.ts';
import type { PublicUrl } from './public-url.ts';
import { RecentAnswers } from './recent-answers.ts';

const FINAL: Readonly<Partial<Record<CallProgress, CallEndReason>>> = {
  completed: 'remote-hung-up',
  busy: 'busy',
  'no-answer': 'no-answer',
  canceled: 'canceled',
  failed: 'failed',
};

/** Where a provider's reports come in: finds or opens the call's session and says what to do next. */
export class CallDesk implements ProviderHost {
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
    const call = this.#find(report.providerCallId)?.call;
    const reason = FINAL[report.progress];
    // Reports overtake one another: a call that is over already is not begun when it is reported.
    if (!call && reason) this.#recent.set(report.providerCallId, { action: 'hang-up' });
    if (!call || call.endInfo) return;
    if (reason) await call.end(reason, { providerCause: report.providerCause });
    else if (report.progress === 'ringing') call.advance('ringing');
    else if (report.progress === 'answered') call.advance('answered');
  }

  digitReceived(providerCallId: string, digit: string): Promise<void> {
    this.#find(providerCallId)?.call.receiveDigit(digit);
    return Promise.resolve();
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
        prepare: refused ? undefined : (created) => this.#open(created).prepared,
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

  #open(call: PhoneCall): CallSession {
    const session = new CallSession(call, this.#settings, this, this.calls);
    this.#sessions.set(call, session);
    this.logger.info({ callId: call.id, direction: call.direction }, 'A call has come in');
    this.#settings.telemetry.count('phone.calls.created', 1, { direction: call.direction });
    this.#events.emit('call-created', { call });
    void this.#closeWhenEnded(session);
    return session;
  }

  async #closeWhenEnded(session: CallSession): Promise<void> {
    const { call } = session;
    const end = await call.ended;
    const answer = await session.answerNow();
    if (call.providerCallId !== undefined) this.#recent.set(call.providerCallId, answer);
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

  #recentAnswer(providerCallId: string): CallAnswer {
    return this.#recent.get(providerCallId) ?? { action: 'hang-up' };
  }
}
