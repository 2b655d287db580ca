import type { CallEvents } from './call-events.ts';
import { savedRecording, type CommonPayload } from './call-payloads.ts';
import type { RecordingRequest } from './dial-request.ts';

/** The recordings that the carrier makes of one call, one at a time; their sound itself is not served. */
export class CallRecordings {
  readonly #events: CallEvents;
  readonly #now: () => string;
  #current: { readonly request: RecordingRequest; readonly startedAt: string } | undefined;

  constructor(events: CallEvents, now: () => string) {
    this.#events = events;
    this.#now = now;
  }

  start(request: RecordingRequest): void {
    this.#current = { request, startedAt: this.#now() };
  }

  /** Ends the one that runs, if any, and tells the server of it. */
  stop(call: CommonPayload): void {
    const recording = this.#current;
    this.#current = undefined;
    if (!recording) return;
    const { request, startedAt } = recording;
    const saved = savedRecording(call, request, startedAt, this.#now());
    this.#events.tell('call.recording.saved', saved);
  }
}
