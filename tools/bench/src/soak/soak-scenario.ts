import type { EdgeParticipant, Phone, Telemetry } from '@phone-agents/core';
import type { TwilioCarrier } from '@phone-agents/simulator';

/** The phone under test, and the carrier that calls it. */
export interface SoakLine {
  readonly carrier: TwilioCarrier;
  readonly phone: Phone;
}

/** What answers the calls of a soak, and what its callers do. */
export interface SoakScenario {
  readonly answer: EdgeParticipant;
  readonly telemetry?: Telemetry | undefined;
  /** Destinations of transfers, by name. */
  readonly destinations?: Readonly<Record<string, string>> | undefined;
  /** Classes of which nothing may be left when calls have ended, besides the phone's own. */
  kinds?(): readonly (new () => object)[];
  /** One call from the first ring to its end, with all that the carrier tells of it; calls go through all ways to end by their `index`. */
  oneCall(line: SoakLine, index: number): Promise<void>;
}
