import { randomBytes } from 'node:crypto';
import type { Clock } from '@phone-agents/core';
import type { CallRequests } from './call-requests.ts';
import type { RecordingRequest } from './create-call.ts';
import type { FormFields } from './twilio-signature.ts';

interface Recording {
  readonly sid: string;
  readonly request: RecordingRequest;
  readonly startedMs: number;
}

/** What a recording needs of its call. */
export interface CallRecordingsOptions {
  readonly clock: Clock;
  readonly requests: CallRequests;
  readonly accountSid: string;
  readonly callSid: string;
  /** Address of recordings, without the name. */
  readonly baseUrl: string;
}

/** The recordings that the carrier makes of one call, one at a time; their sound itself is not served. */
export class CallRecordings {
  readonly #options: CallRecordingsOptions;
  #current: Recording | undefined;

  constructor(options: CallRecordingsOptions) {
    this.#options = options;
  }

  /** Begins one, and ends the one before. Returns its SID. */
  start(request: RecordingRequest): string {
    this.stop();
    const sid = `RE${randomBytes(16).toString('hex')}`;
    this.#current = { sid, request, startedMs: this.#options.clock.now() };
    return sid;
  }

  /** Ends the one that runs, or that with this SID, and tells the server. False where there is none. */
  stop(sid?: string): boolean {
    const recording = this.#current;
    if (!recording || (sid !== undefined && sid !== recording.sid)) return false;
    this.#current = undefined;
    const { accountSid, baseUrl, callSid, clock, requests } = this.#options;
    const seconds = Math.round((clock.now() - recording.startedMs) / 1000);
    const fields: FormFields = [
      ['AccountSid', accountSid],
      ['CallSid', callSid],
      ['RecordingSid', recording.sid],
      ['RecordingUrl', `${baseUrl}/${recording.sid}`],
      ['RecordingStatus', 'completed'],
      ['RecordingDuration', String(seconds)],
      ['RecordingChannels', String(recording.request.channels)],
      ['RecordingSource', 'StartCallRecordingAPI'],
    ];
    requests.report('recording', recording.request.callback, fields);
    return true;
  }
}
