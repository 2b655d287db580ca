import type { Clock } from '../clock/clock.ts';
import { CallEndedError } from '../errors.ts';
import type { Unsubscribe } from '../events/emitter.ts';
import { Emitter } from '../events/emitter.ts';
import type { Logger } from '../logging/logger.ts';
import type { CallEnd, CallEndReason } from './call-end.ts';

/** Who rang whom: `inbound` calls come to us, `outbound` calls were dialled by us. */
export type CallDirection = 'inbound' | 'outbound';

/** Where a call stands. It only moves forward, but for `streaming` and `reconnecting`. */
export type CallState = 'created' | 'ringing' | 'answered' | 'streaming' | 'reconnecting' | 'ended';

/** What a provider tells of a call; plugins add their own shapes, told apart by `provider`. */
export interface CallDetails {
  /** The provider's name, as in {@link PhoneCall.provider}. */
  readonly provider: string;
}

/** A key that was pressed on the phone. */
export interface DigitReceived {
  /** One of `0` to `9`, `*`, `#`, `A` to `D`. */
  readonly digit: string;
}

export interface CallStateChanged {
  readonly from: CallState;
  readonly to: CallState;
}

export interface PhoneCallEvents {
  'state-changed': CallStateChanged;
  'digit-received': DigitReceived;
  'call-ended': CallEnd;
}

/** What is disposed when a call ends. It is told how, has 2 s, and must not await the end itself. */
export type CallDisposer = (end: CallEnd) => void | Promise<void>;

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
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How the call ended, as given to {@link PhoneCall.end}. */
export interface CallEndOptions {
  readonly providerCause?: string | undefined;
  readonly error?: unknown;
}

/** Time that each disposer has when a call ends. */
export const DISPOSER_TIMEOUT_MS = 2_000;

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
  /** Resolves with true when the call is answered, with false when it ends without. */
  readonly answered: Promise<boolean>;
  /** Resolves when the call has ended and everything that it owned is disposed of. */
  readonly ended: Promise<CallEnd>;

  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: Emitter<PhoneCallEvents>;
  readonly #abort = new AbortController();
  readonly #disposers = new Set<CallDisposer>();
  #resolveAnswered!: (answered: boolean) => void;
  #resolveEnded!: (end: CallEnd) => void;
  #providerCallId: string | undefined;
  #state: CallState = 'created';
  #answeredAt: number | undefined;
  #end: CallEnd | undefined;

  constructor(options: PhoneCallOptions<Details>) {
    this.id = options.id;
    this.provider = options.provider;
    this.direction = options.direction;
    this.from = options.from;
    this.to = options.to;
    this.details = options.details;
    this.#providerCallId = options.providerCallId;
    this.#clock = options.clock;
    this.#logger = options.logger;
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
      void this.#dispose(disposer, this.#end);
      return () => {};
    }
    this.#disposers.add(disposer);
    return () => this.#disposers.delete(disposer);
  }

  /** Hangs up. Resolves when everything is disposed of. */
  hangUp(): Promise<CallEnd> {
    return this.end('hung-up');
  }

  /** Ends the call for `reason`; only the first reason counts. Never rejects. */
  end(reason: CallEndReason, options: CallEndOptions = {}): Promise<CallEnd> {
    if (this.#end) return this.ended;
    const durationMs =
      this.#answeredAt === undefined ? 0 : Math.round(this.#clock.now() - this.#answeredAt);
    const end: CallEnd = {
      reason,
      providerCause: options.providerCause,
      error: options.error,
      durationMs,
      endedAtMs: this.#clock.wallTimeMs(),
    };
    this.#end = end;
    this.#setState('ended');
    this.#resolveAnswered(false);
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
    if (state === 'answered' || state === 'streaming') {
      this.#answeredAt ??= this.#clock.now();
      this.#resolveAnswered(true);
    }
    this.#setState(state);
  }

  /** For providers: a key was pressed on the phone. */
  receiveDigit(digit: string): void {
    if (!this.#end) this.#events.emit('digit-received', { digit });
  }

  #setState(to: CallState): void {
    const from = this.#state;
    this.#state = to;
    this.#events.emit('state-changed', { from, to });
  }

  async #disposeAll(end: CallEnd): Promise<void> {
    const disposers = [...this.#disposers];
    this.#disposers.clear();
    await Promise.all(disposers.map((disposer) => this.#dispose(disposer, end)));
    this.#resolveEnded(end);
    this.#events.clear();
  }

  async #dispose(disposer: CallDisposer, end: CallEnd): Promise<void> {
    try {
      const pending = disposer(end);
      if (!pending) return;
      await new Promise<void>((resolve, reject) => {
        const timer = this.#clock.setTimeout(() => {
          this.#logger.warn(
            { callId: this.id },
            'Something that the call owned did not close in time',
          );
          resolve();
        }, DISPOSER_TIMEOUT_MS);
        pending.then(resolve, reject).finally(() => timer.cancel());
      });
    } catch (error) {
      this.#fault(error, 'Something that the call owned failed to close');
    }
  }

  #fault(error: unknown, message: string): void {
    this.#logger.error({ callId: this.id, error }, message);
  }
}
