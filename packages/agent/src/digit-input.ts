import type { Clock, ClockTimer } from '@phone-agents/core';

/** What `DigitInput.collect` waits for. */
export interface CollectDigitsOptions {
  /** The most keys that are taken; default 32. */
  readonly maxDigits?: number | undefined;
  /** The key that ends the input and is not part of it; default `#`. */
  readonly terminator?: string | undefined;
  /** Time for the first key, from when the caller has heard what is being said; in ms, default 10,000. */
  readonly firstDigitTimeoutMs?: number | undefined;
  /** Time between keys, in ms; default 4,000. */
  readonly interDigitTimeoutMs?: number | undefined;
}

/** The keys that were pressed, and what ended the input. */
export interface CollectedDigits {
  readonly digits: string;
  readonly endedBy: 'terminator' | 'length' | 'timeout' | 'speech' | 'call-ended';
}

export interface DigitInputOptions {
  readonly clock: Clock;
  /** Keys that follow each other within this time are one input, in ms; 0 takes each alone. */
  readonly pauseMs: number;
  /** A first key was pressed: what is being said is not needed any more. */
  readonly onFirst: (isCollected: boolean) => void;
  /** Keys that nobody has asked for. */
  readonly onDigits: (digits: string) => void;
  /** Collecting has begun, or is over. */
  readonly onChanged: () => void;
}

interface Collection {
  readonly options: CollectDigitsOptions;
  readonly resolve: (collected: CollectedDigits) => void;
  digits: string;
}

/** The keys of the caller's phone: those that were asked for, and those that were not. */
export class DigitInput {
  readonly #options: DigitInputOptions;
  #collection: Collection | undefined;
  #digits = '';
  #timer: ClockTimer | undefined;

  constructor(options: DigitInputOptions) {
    this.#options = options;
  }

  /** Whether keys are waited for. */
  get isCollecting(): boolean {
    return this.#collection !== undefined;
  }

  /** Waits for keys; a collection that goes on already ends as a timeout. */
  collect(options: CollectDigitsOptions, heard: Promise<void>): Promise<CollectedDigits> {
    this.#end('timeout');
    this.#flush();
    return new Promise((resolve) => {
      const collection: Collection = { options, resolve, digits: '' };
      this.#collection = collection;
      this.#options.onChanged();
      void heard.then(() => {
        if (collection !== this.#collection || collection.digits !== '') return;
        this.#wait(options.firstDigitTimeoutMs ?? 10_000);
      });
    });
  }

  receive(digit: string): void {
    const collection = this.#collection;
    if (collection) this.#collect(collection, digit);
    else if (this.#options.pauseMs === 0) this.#options.onDigits(digit);
    else {
      if (this.#digits === '') this.#options.onFirst(false);
      this.#digits += digit;
      this.#setTimer(this.#options.pauseMs, () => this.#flush());
    }
  }

  /** The caller speaks instead. */
  callerSpoke(): void {
    this.#end('speech');
  }

  close(): void {
    this.#end('call-ended');
    this.#timer?.cancel();
    this.#digits = '';
  }

  #collect(collection: Collection, digit: string): void {
    const { maxDigits = 32, terminator = '#', interDigitTimeoutMs = 4_000 } = collection.options;
    if (collection.digits === '') this.#options.onFirst(true);
    if (digit === terminator) {
      this.#end('terminator');
      return;
    }
    collection.digits += digit;
    if (collection.digits.length >= maxDigits) this.#end('length');
    else this.#wait(interDigitTimeoutMs);
  }

  #wait(delayMs: number): void {
    this.#setTimer(delayMs, () => this.#end('timeout'));
  }

  #end(endedBy: CollectedDigits['endedBy']): void {
    const collection = this.#collection;
    if (!collection) return;
    this.#collection = undefined;
    this.#timer?.cancel();
    collection.resolve({ digits: collection.digits, endedBy });
    this.#options.onChanged();
  }

  #flush(): void {
    this.#timer?.cancel();
    const digits = this.#digits;
    this.#digits = '';
    if (digits !== '') this.#options.onDigits(digits);
  }

  #setTimer(delayMs: number, onDue: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimeout(onDue, delayMs);
  }
}
