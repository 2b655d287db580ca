import type { TransferOptions, TransferResult } from '../calls/call-control.ts';
import { outcomeOfEnd } from '../calls/call-outcome.ts';
import type { PhoneCall } from '../calls/phone-call.ts';
import { delay } from '../clock/clock.ts';
import type { EdgeParticipant } from '../edge/edge.ts';
import { CallStateError, CommandUnsupportedError, DestinationUnknownError } from '../errors.ts';
import type { ProviderHost } from '../provider/telephony-provider.ts';
import type { CallConnection } from './call-connection.ts';
import type { DialOptions } from './dial-options.ts';
import { isE164 } from './dial-options.ts';
import type { PhoneSettings } from './phone-options.ts';

const DEFAULT_RING_MS = 30_000;
const DEFAULT_DECISION_MS = 60_000;
const ACCEPT_KEY = '1';
const REFUSE_KEY = '2';

/** What a transfer needs of the phone. */
export interface TransferDesk {
  /** @throws DialRefusedError where a number may not be called now */
  admitOutbound(to: string): void;
  /** Places the call to the target. @throws DialRefusedError */
  dial(options: DialOptions): Promise<PhoneCall>;
  /** The media of a call that this phone conducts. */
  connectionOf(call: PhoneCall): CallConnection | undefined;
}

export interface CallTransferOptions {
  readonly call: PhoneCall;
  readonly connection: CallConnection;
  readonly host: ProviderHost;
  readonly settings: PhoneSettings;
  readonly desk: TransferDesk;
}

/** How the target's side of a warm transfer came out. */
type Decision = 'accepted' | 'target-ended' | 'refused' | 'caller-hung-up';

/** Hands one call over to named destinations, cold or warm. */
export class CallTransfer {
  readonly #options: CallTransferOptions;
  #isUnderWay = false;

  constructor(options: CallTransferOptions) {
    this.#options = options;
  }

  async run(destination: string, options: TransferOptions): Promise<TransferResult> {
    const { call, settings } = this.#options;
    const { destinations } = settings;
    const to = Object.hasOwn(destinations, destination) ? destinations[destination] : undefined;
    if (to === undefined) throw new DestinationUnknownError(Object.keys(destinations));
    if (!call.wasAnswered) throw new CallStateError('The call is not answered yet.');
    if (this.#isUnderWay) throw new CallStateError('The call is being transferred already.');
    this.#isUnderWay = true;
    try {
      const isWarm = options.announcement !== undefined || options.agent !== undefined;
      return await (isWarm ? this.#warm(to, options) : this.#cold(to, options));
    } finally {
      this.#isUnderWay = false;
    }
  }

  async #cold(
    to: string,
    { timeoutMs = DEFAULT_RING_MS }: TransferOptions,
  ): Promise<TransferResult> {
    const { call, connection, desk, host, settings } = this.#options;
    const { outbound, provider } = settings;
    if (!provider.transfer) throw unsupported(call);
    desk.admitOutbound(to);
    connection.expectInterruption(undefined);
    const maxDurationMs = outbound.maxCallDurationMs;
    try {
      await provider.transfer({ call, to, ringTimeoutMs: timeoutMs, maxDurationMs }, host);
    } catch (error) {
      await this.#restoreMedia();
      throw error;
    }
    void call.end('transferred');
    return { outcome: 'transferred' };
  }

  async #warm(to: string, options: TransferOptions): Promise<TransferResult> {
    const { call, connection, desk, settings } = this.#options;
    if (!settings.provider.connectCalls) throw unsupported(call);
    if (!connection.bridge) {
      throw new CallStateError('Only a call that an agent talks in is transferred warmly.');
    }
    const target = await desk.dial({
      to,
      from: ownNumber(call),
      agent: this.#briefing(options),
      timeoutMs: options.timeoutMs ?? DEFAULT_RING_MS,
    });
    const wasHeld = connection.bridge.isHeld;
    if (!wasHeld && !call.endInfo) await call.hold();
    const decision = await this.#decide(target, options);
    const isConnected = decision === 'accepted' && (await this.#connect(target));
    if (isConnected) {
      void target.end('transferred');
      void call.end('transferred');
      return { outcome: 'transferred', target };
    }
    // For the promise of it the target may be told something; this must not wait for that.
    void target.end('hung-up');
    if (call.endInfo) return { outcome: 'caller-hung-up', target };
    if (!wasHeld) await call.resume().catch(() => {});
    return outcomeOf(target, decision);
  }

  #briefing({ agent, announcement = '' }: TransferOptions): EdgeParticipant {
    const briefing = agent ?? this.#options.connection.participant?.createBriefing?.(announcement);
    if (briefing) return briefing;
    throw new CommandUnsupportedError(
      'The agent of this call announces no transfers; give the `agent` that talks to the target.',
    );
  }

  #decide(
    target: PhoneCall,
    { decisionTimeoutMs = DEFAULT_DECISION_MS }: TransferOptions,
  ): Promise<Decision> {
    const { call, settings } = this.#options;
    return new Promise((resolve) => {
      if (call.endInfo) resolve('caller-hung-up');
      if (target.endInfo) resolve('target-ended');
      const over = AbortSignal.any([call.signal, target.signal]);
      call.signal.addEventListener('abort', () => resolve('caller-hung-up'), { once: true });
      target.on('call-ended', () => resolve('target-ended'));
      target.on('transfer-answered', ({ accepted }) => resolve(accepted ? 'accepted' : 'refused'));
      target.on('digit-received', ({ digit }) => {
        if (digit === ACCEPT_KEY) target.answerTransfer(true);
        else if (digit === REFUSE_KEY) target.answerTransfer(false);
      });
      target.on('call-answered', () => {
        void delay(settings.clock, decisionTimeoutMs, over).then(() => resolve('refused'));
      });
    });
  }

  /** Connects both at the provider; false where that failed, and the caller's media is back then. */
  async #connect(target: PhoneCall): Promise<boolean> {
    const { call, connection, desk, host, settings } = this.#options;
    const theirs = desk.connectionOf(target);
    connection.expectInterruption(undefined);
    theirs?.expectInterruption(undefined);
    try {
      const { maxCallDurationMs: maxDurationMs } = settings.outbound;
      await settings.provider.connectCalls!({ call, target, maxDurationMs }, host);
      return true;
    } catch (error) {
      settings.logger.error({ callId: call.id, error }, 'The calls could not be connected');
      settings.onError(error);
      await this.#restoreMedia();
      return false;
    }
  }

  /** What was to end the call's media stream has failed; it may have ended all the same. */
  async #restoreMedia(): Promise<void> {
    const { call, connection, host, settings } = this.#options;
    if (connection.interruptionRefused() || call.endInfo) return;
    try {
      const mediaUrl = await connection.issueMediaUrl();
      await settings.provider.resumeMedia?.(call, mediaUrl, host);
    } catch (error) {
      settings.logger.error({ callId: call.id, error }, 'The media stream could not be restored');
      settings.onError(error);
    }
  }
}

/** Our number in a call: the other side of a transfer is to see that one. */
function ownNumber(call: PhoneCall): string | undefined {
  const number = call.direction === 'inbound' ? call.to : call.from;
  return isE164(number) ? number : undefined;
}

function outcomeOf(target: PhoneCall, decision: Decision): TransferResult {
  const { endInfo, wasAnswered } = target;
  if (decision === 'accepted') return { outcome: 'failed', target };
  if (decision === 'refused' || wasAnswered || !endInfo) return { outcome: 'refused', target };
  const outcome = outcomeOfEnd(endInfo.reason);
  return {
    outcome: outcome === 'answered' || outcome === 'machine' ? 'refused' : outcome,
    providerCause: endInfo.providerCause,
    target,
  };
}

function unsupported(call: PhoneCall): CommandUnsupportedError {
  return new CommandUnsupportedError(`The plugin for ${call.provider} transfers no such calls.`);
}
