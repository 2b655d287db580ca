/** A function that undoes a subscription. Repeatable. */
export type Unsubscribe = () => void;

/**
 * Typed events without surprises: a listener that throws stops neither the others nor the sender,
 * and a subscription is undone by the function that `on` returns.
 */
export class Emitter<Events extends Record<keyof Events, unknown>> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();
  readonly #onListenerError: (error: unknown) => void;

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Unsubscribe {
    let listeners = this.#listeners.get(name);
    if (!listeners) this.#listeners.set(name, (listeners = new Set()));
    // Its own function each time, so that a listener that is there twice is undone once.
    const entry = (event: Events[Name]): void => listener(event);
    listeners.add(entry);
    return () => listeners.delete(entry);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const listeners = this.#listeners.get(name);
    if (!listeners) return;
    // What is subscribed during the event does not hear it; what is unsubscribed hears it no more.
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue;
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  /** Forgets all listeners. */
  clear(): void {
    for (const listeners of this.#listeners.values()) listeners.clear();
    this.#listeners.clear();
  }

  /** How many listeners there are, of all events. */
  get size(): number {
    let size = 0;
    for (const listeners of this.#listeners.values()) size += listeners.size;
    return size;
  }
}
