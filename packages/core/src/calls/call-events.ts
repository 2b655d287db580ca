import type { CallRecording } from './call-control.ts';
import type { CallEnd } from './call-end.ts';
import type { MachineDetected } from './machine-detection.ts';
import type { CallState } from './phone-call.ts';

/** A key that was pressed on the phone. */
export interface DigitReceived {
  /** One of `0` to `9`, `*`, `#`, `A` to `D`. */
  readonly digit: string;
}

/** A call went on to another state. */
export interface CallStateChanged {
  readonly from: CallState;
  readonly to: CallState;
}

/** What a call tells, by the name of the event. */
export interface PhoneCallEvents {
  'state-changed': CallStateChanged;
  /** The called party's phone rings. */
  'call-ringing': Record<never, never>;
  /** The phone was picked up, by whomever; `answered` tells by whom where that was asked for. */
  'call-answered': Record<never, never>;
  /** What the provider says of who has picked up. */
  'machine-detected': MachineDetected;
  'digit-received': DigitReceived;
  /** The caller hears the hold sound, and nobody hears the caller. */
  'call-held': Record<never, never>;
  'call-resumed': Record<never, never>;
  /** Whom this call was transferred to, warmly, takes it or does not. */
  'transfer-answered': TransferAnswered;
  /** A recording is finished; one that the provider finishes after the end is told by the phone only. */
  'recording-finished': CallRecording;
  'call-ended': CallEnd;
}

/** What the target of a warm transfer decided. */
export interface TransferAnswered {
  readonly accepted: boolean;
}
