import type { CallEnd } from '../calls/call-end.ts';
import type { CallRecording } from '../calls/call-control.ts';
import type { PhoneCall } from '../calls/phone-call.ts';

/** What a phone tells, by the name of the event. */
export interface PhoneEvents {
  'call-created': { readonly call: PhoneCall };
  'call-ended': { readonly call: PhoneCall; readonly end: CallEnd };
  /** A recording is finished, often after the end of its call, which `callId` names where it is known. */
  'recording-finished': {
    readonly callId: string | undefined;
    readonly providerCallId: string | undefined;
    readonly recording: CallRecording;
  };
}
