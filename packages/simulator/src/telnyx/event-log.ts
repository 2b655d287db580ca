/** An event as Telnyx's records keep it (SDK types of telnyx 7.24, `CallEventListResponse`). */
export interface LoggedEvent {
  readonly name: string;
  readonly eventTimestamp: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const MAX_EVENTS = 10_000;

/** Everything that was to be told of calls, whether it arrived or not. */
export class EventLog {
  readonly #events: LoggedEvent[] = [];

  add(event: LoggedEvent): void {
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
  }

  /** Those that fit `filter`, as REST tells them, oldest first. */
  list(filter: Readonly<Record<string, string>>): Readonly<Record<string, unknown>>[] {
    const fits = ({ payload }: LoggedEvent): boolean =>
      Object.entries(filter).every(([name, value]) => {
        const field = FIELDS[name];
        return field === undefined || payload[field] === value;
      });
    return this.#events.filter(fits).map(({ eventTimestamp, name, payload }) => ({
      record_type: 'call_event',
      type: 'webhook',
      name,
      event_timestamp: eventTimestamp,
      call_leg_id: payload['call_leg_id'],
      call_session_id: payload['call_session_id'],
      metadata: { event: { event_type: name, payload } },
    }));
  }
}

const FIELDS: Readonly<Record<string, string>> = {
  leg_id: 'call_leg_id',
  application_session_id: 'call_session_id',
  connection_id: 'connection_id',
  to: 'to',
  from: 'from',
};
