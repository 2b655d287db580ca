/** What a {@link GracefulShutdown} stops. */
export interface Stoppable {
  /** Refuses new calls; resolves when live ones have finished, or their time is over. */
  drain(): Promise<void>;
  /** Ends everything now. */
  close(): Promise<void>;
}

export interface ShutdownOptions {
  /** Told of each step, in a sentence. */
  readonly tell: (sentence: string) => void;
  /** Where the signals come from; default this process. */
  readonly signals?: SignalSource | undefined;
}

/** The part of `process` that sends signals. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

/**
 * Waits for SIGTERM or SIGINT, then drains and closes `app`; a second signal ends live calls at once.
 * Resolves when all is closed.
 */
export async function stopOnSignal(app: Stoppable, options: ShutdownOptions): Promise<void> {
  const signals = options.signals ?? process;
  let count = 0;
  let onFirst = (): void => {};
  let onSecond = (): void => {};
  const first = new Promise<void>((resolve) => (onFirst = resolve));
  const second = new Promise<void>((resolve) => (onSecond = resolve));
  const listener = (): void => (++count === 1 ? onFirst() : onSecond());
  signals.on('SIGTERM', listener);
  signals.on('SIGINT', listener);
  try {
    await first;
    options.tell(
      'Stopping: no new calls are taken, live ones may finish. Once more to end them now.',
    );
    await Promise.race([app.drain(), second]);
    if (count > 1) options.tell('Ending live calls now.');
    await app.close();
  } finally {
    signals.off('SIGTERM', listener);
    signals.off('SIGINT', listener);
  }
}
