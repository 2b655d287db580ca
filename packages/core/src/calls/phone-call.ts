import type { CallDisposer } from './call-belongings.ts';
import { CallBelongings } from './call-belongings.ts';
import type { Clock } from '../clock/clock.ts';
import { CallEndedError, CommandUnsupportedError } from '../errors.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import { Emitter } from '../events/emitter.ts';
import type { Logger } from '../logging/logger.ts';
import type {
  CallControl,
  HangUpOptions,
  HoldOptions,
  LocalRecordingOptions,
  StartRecordingOptions,
  TransferOptions,
  TransferResult,
} from './call-control.ts';
import type { CallEnd, CallEndReason } from './call-end.ts';
import type { PhoneCallEvents } from './call-events.ts';
import type { CallLookup } from './call-lookup.ts';
import type { CallAnswered, CallOutcome } from './call-outcome.ts';
import { outcomeOfEnd } from './call-outcome.ts';
import type { MachineDetected } from './machine-detection.ts';

/** Who rang whom: `inbound` calls come to us, `outbound` calls were dialled by us. */
export type CallDirection = 'inbound' | 'outbound';

/** Where a call stands. It only moves forward, but for `streaming` and `reconnecting`. */
export type CallState = 'created' | 'ringing' | 'answered' | 'streaming' | 'reconnecting' | 'ended';

/** What a provider tells of a call; plugins add their own shapes, told apart by `provider`. */
export interface CallDetails {
  /** The provider's name, as in `PhoneCall.provider`. */
  readonly provider: string;
}

/** The facts that a call begins with. */
export interface PhoneCallOptions<Details extends CallDetails = CallDetails> {
  readonly id: string;
  readonly provider: string;
  readonly providerCallId?: string | undefined;
  readonly direction: CallDirection;
  /** The caller: E.164, a SIP address, or a word such as `anonymous`. */
  readonly from: string;
  /** The called number. */
  readonly to: string;
  readonly details: Details;
  /** Whether the provider is to tell a person from a machine: `answered` waits for it then. Default false. */
  readonly detectsMachines?: boolean | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How the call ended, as given to {@link PhoneCall.end}. */
export interface CallEndOptions {
  readonly providerCause?: string | undefined;
  /** From answer to end as the provider counted it, in ms; used where it differs by more than a second. */
  readonly durationMs?: number | undefined;
  readonly error?: unknown;
}

const ORDER: readonly CallState[] = ['created', 'ringing', 'answered', 'streaming', 'ended'];

/**
 * One phone call: its numbers, its state, its one end, and all that it owns.
 *
 * `end` may be called by anybody, any number of times: the first call decides the reason, sets the
 * state at once and disposes of everything that {@link own} registered. `answered` and `ended`
 * always resolve; they never reject.
 */
export class PhoneCall<Details extends CallDetails = CallDetails> {
  /** Our own id, unguessable, safe to log. */
  readonly id: string;
  /** Name of the telephony provider that carries the call. */
  readonly provider: string;
  readonly direction: CallDirection;
  /** The caller's number. Personal data: keep it out of logs. */
  readonly from: string;
  /** The called number. Personal data: keep it out of logs. */
  readonly to: string;
  /** What the provider said of the call. */
  readonly details: Details;
  /** Wall-clock time at which we learnt of the call, in ms since 1970. */
  readonly createdAtMs: number;
  /**
   * Resolves when the call was answered, or ended without: with machine detection, when it is known by
   * whom. Never rejects.
   */
  readonly answered: Promise<CallAnswered>;
  /** Resolves when the call has ended and everything that it owned is disposed of. */
  readonly ended: Promise<CallEnd>;

  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: Emitter<PhoneCallEvents>;
  readonly #abort = new AbortController();
  readonly #belongings: CallBelongings;
  readonly #detectsMachines: boolean;
  #resolveAnswered!: (answered: CallAnswered) => void;
  #resolveEnded!: (end: CallEnd) => void;
  #providerCallId: string | undefined;
  #state: CallState = 'created';
  #answeredAt: number | undefined;
  #answered: CallAnswered | undefined;
  #machine: MachineDetected | undefined;
  #control: CallControl | undefined;
  #end: CallEnd | undefined;

  constructor(options: PhoneCallOptions<Details>) {
    this.id = options.id;
    this.provider = options.provider;
    this.direction = options.direction;
    this.from = options.from;
    this.to = options.to;
    this.details = options.details;
    this.#providerCallId = options.providerCallId;
    this.#detectsMachines = options.detectsMachines ?? false;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#belongings = new CallBelongings(options.id, options.clock, options.logger);
    this.createdAtMs = options.clock.wallTimeMs();
    this.answered = new Promise((resolve) => (this.#resolveAnswered = resolve));
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    this.#events = new Emitter((error) => this.#fault(error, 'A listener of the call failed'));
  }

  /** The provider's id of the call, once it is known. */
  get providerCallId(): string | undefined {
    return this.#providerCallId;
  }

  get state(): CallState {
    return this.#state;
  }

  /** Whether the call was answered, even if it has ended since. */
  get wasAnswered(): boolean {
    return this.#answeredAt !== undefined;
  }

  /** What became of the attempt to reach somebody, once {@link answered} has resolved. */
  get outcome(): CallOutcome | undefined {
    return this.#answered?.outcome;
  }

  /** Aborted the moment the call ends; give it to whatever should stop then. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** How the call ended; undefined while it lasts. Set before anything is disposed of. */
  get endInfo(): CallEnd | undefined {
    return this.#end;
  }

  /** Listens to the call's events; listeners are dropped when it has ended. */
  on<Name extends keyof PhoneCallEvents>(
    name: Name,
    listener: (event: PhoneCallEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }

  /**
   * Hands something to the call that must be disposed of when the call ends; at once where it has
   * ended already, so that nothing that was opened during an `await` is ever left behind.
   *
   * @returns a function that takes it back, for what was disposed of before.
   */
  own(disposer: CallDisposer): Unsubscribe {
    if (this.#end) {
      void this.#belongings.dispose(disposer, this.#end);
      return () => {};
    }
    return this.#belongings.add(disposer);
  }

  /**
   * Hangs up. Resolves when everything is disposed of; never rejects. With `afterPlayout` it waits for
   * the agent's turn: a tool that is part of that turn must not await it.
   */
  async hangUp(options: HangUpOptions = {}): Promise<CallEnd> {
    if (options.afterPlayout === true && !this.#end) await this.#control?.playedOut();
    return this.end(options.reason ?? 'hung-up');
  }

  /**
   * Puts the caller on hold: they hear a hold sound, the agent neither hears nor reaches them, and
   * their media stream stays up. Does nothing where they are on hold already.
   *
   * @throws CallEndedError, CallStateError before their audio is connected, CommandUnsupportedError
   * for a call whose audio a handler of yours takes
   */
  hold(options: HoldOptions = {}): Promise<void> {
    return this.#command((control) => control.hold(options));
  }

  /** Takes the caller off hold. @throws as {@link PhoneCall.hold} */
  resume(): Promise<void> {
    return this.#command((control) => control.resume());
  }

  /**
   * Sends key tones to the other side: `0` to `9`, `*`, `#`, `A` to `D`, and `w` for half a second's
   * pause, as in `12ww3#`. Resolves when the provider has taken them over. Some providers interrupt
   * the call's audio for it, and what is being said is lost then.
   *
   * @throws RangeError for anything else than keys, CallEndedError, CallStateError,
   * CommandUnsupportedError, ProviderRequestError
   */
  sendDigits(digits: string): Promise<void> {
    return this.#command((control) => control.sendDigits(digits));
  }

  /**
   * Hands the caller over to a destination that the phone's `destinations` name, cold or warm. One
   * transfer at a time.
   *
   * @throws DestinationUnknownError, DialRefusedError where a limit forbids it, CallEndedError,
   * CallStateError, CommandUnsupportedError, ProviderRequestError (cold: it was refused)
   */
  transfer(destination: string, options: TransferOptions = {}): Promise<TransferResult> {
    return this.#command((control) => control.transfer(destination, options));
  }

  /** For whom a warm transfer calls, or the agent that talks to them: takes the caller, or does not. */
  answerTransfer(accepted: boolean): void {
    if (!this.#end) this.#events.emit('transfer-answered', { accepted });
  }

  /**
   * Has the provider record the call from now on. The recording is told of by `recording-finished`.
   *
   * @throws CallEndedError, CallStateError, CommandUnsupportedError, ProviderRequestError
   */
  startRecording(options: StartRecordingOptions = {}): Promise<void> {
    return this.#command((control) => control.startRecording(options));
  }

  /** Ends the provider's recording. @throws as {@link PhoneCall.startRecording} */
  stopRecording(): Promise<void> {
    return this.#command((control) => control.stopRecording());
  }

  /**
   * Records both directions here, until the end of the call or {@link stopLocalRecording}.
   *
   * @throws CallEndedError, CallStateError where it is being recorded already, or what opening the
   * file throws
   */
  startLocalRecording(options: LocalRecordingOptions): Promise<void> {
    return this.#command((control) => control.startLocalRecording(options));
  }

  /** Ends the local recording; its file is whole then. Does nothing where there is none. */
  stopLocalRecording(): Promise<void> {
    return this.#command((control) => control.stopLocalRecording());
  }

  /**
   * Asks the provider for its record of the call, during the call or after it: progress, final
   * duration, cost. What the provider does not know (yet) is absent.
   *
   * @throws CommandUnsupportedError, CallStateError while the provider's id is unknown,
   * ProviderRequestError
   */
  async lookUp(): Promise<CallLookup> {
    return this.#requireControl().lookUp();
  }

  /** Ends the call for `reason`; only the first reason counts. Never rejects. */
  end(reason: CallEndReason, options: CallEndOptions = {}): Promise<CallEnd> {
    if (this.#end) return this.ended;
    const counted = options.durationMs;
    const seen =
      this.#answeredAt === undefined ? 0 : Math.round(this.#clock.now() - this.#answeredAt);
    // Providers count whole seconds; but where reports were lost or late, only they know.
    const durationMs = counted !== undefined && Math.abs(counted - seen) > 1000 ? counted : seen;
    const end: CallEnd = {
      reason,
      providerCause: options.providerCause,
      error: options.error,
      durationMs,
      endedAtMs: this.#clock.wallTimeMs(),
    };
    this.#end = end;
    this.#setState('ended');
    this.#settleAnswer({
      // With machine detection, somebody may have answered and hung up before its verdict.
      outcome: this.#answeredAt === undefined ? outcomeOfEnd(reason) : 'answered',
      providerCause: options.providerCause,
    });
    this.#abort.abort(new CallEndedError(`The call has ended: ${reason}.`));
    this.#events.emit('call-ended', end);
    void this.#disposeAll(end);
    return this.ended;
  }

  /** For providers: the provider's id of the call. Set once. */
  bindProviderCall(providerCallId: string): void {
    this.#providerCallId ??= providerCallId;
  }

  /** For providers and phones: moves the call forward. A step back, or after the end, does nothing. */
  advance(state: Exclude<CallState, 'created' | 'ended'>): void {
    if (this.#end) return;
    if (state === 'reconnecting') {
      if (this.#state !== 'streaming') return;
    } else if (
      this.#state !== 'reconnecting' &&
      ORDER.indexOf(state) <= ORDER.indexOf(this.#state)
    ) {
      return;
    } else if (this.#state === 'reconnecting' && state !== 'streaming') {
      return;
    }
    const isPickedUp = state !== 'ringing' && this.#answeredAt === undefined;
    if (isPickedUp) this.#answeredAt = this.#clock.now();
    this.#setState(state);
    if (this.#end) return;
    if (state === 'ringing') this.#events.emit('call-ringing', {});
    if (!isPickedUp) return;
    if (!this.#detectsMachines) this.#settleAnswer({ outcome: 'answered' });
    this.#events.emit('call-answered', {});
  }

  /**
   * For providers: what is known of who has picked up. Reports may come twice and in any order: one
   * that adds nothing to those before it is dropped.
   */
  machineDetected(detected: MachineDetected): void {
    if (this.#end) return;
    const before = this.#machine;
    const answeredBy =
      before === undefined || before.answeredBy === 'unknown'
        ? detected.answeredBy
        : before.answeredBy;
    const ends = detected.greetingEnded && before?.greetingEnded !== true;
    if (before && answeredBy === before.answeredBy && !ends) return;
    const greetingEnded = ends || before?.greetingEnded === true;
    const known = { answeredBy, greetingEnded, beep: detected.beep ?? before?.beep };
    this.#machine = known;
    // Whoever was recognised has picked up, even where the report of that comes later.
    this.advance('answered');
    const isMachine = answeredBy === 'machine' || answeredBy === 'fax';
    this.#settleAnswer({ outcome: isMachine ? 'machine' : 'answered' });
    this.#events.emit('machine-detected', known);
  }

  /** For phones: what the verbs of this call do from now on. */
  useControl(control: CallControl): void {
    this.#control = control;
  }

  /** For phones: tells the call's listeners of something that was done to it. */
  announce<Name extends 'call-held' | 'call-resumed' | 'recording-finished'>(
    name: Name,
    event: PhoneCallEvents[Name],
  ): void {
    if (!this.#end) this.#events.emit(name, event);
  }

  /** For providers: a key was pressed on the phone. */
  receiveDigit(digit: string): void {
    if (!this.#end) this.#events.emit('digit-received', { digit });
  }

  async #command<Result>(run: (control: CallControl) => Promise<Result>): Promise<Result> {
    if (this.#end) throw new CallEndedError();
    return run(this.#requireControl());
  }

  #requireControl(): CallControl {
    if (this.#control) return this.#control;
    throw new CommandUnsupportedError('No phone conducts this call; use `createPhone`.');
  }

  #settleAnswer(answered: CallAnswered): void {
    if (this.#answered) return;
    this.#answered = answered;
    this.#resolveAnswered(answered);
  }

  #setState(to: CallState): void {
    const from = this.#state;
    this.#state = to;
    this.#events.emit('state-changed', { from, to });
  }

  async #disposeAll(end: CallEnd): Promise<void> {
    await this.#belongings.disposeAll(end);
    this.#resolveEnded(end);
    this.#events.clear();
  }

  #fault(error: unknown, message: string): void {
    this.#logger.error({ callId: this.id, error }, message);
  }
}
