import { PhoneAgentError } from '@phone-agents/core';

let first: PhoneAgentError | undefined;

/**
 * Says that a part is not written yet. Delete this file with its last use.
 *
 * @throws PhoneAgentError with code `not_written_yet`.
 */
export function unfinished(part: string, todo: string): never {
  throw noteUnfinished(part, todo);
}

/** As {@link unfinished}, where nothing may be thrown: on the way of the audio. */
export function noteUnfinished(part: string, todo: string): PhoneAgentError {
  const error = new PhoneAgentError('not_written_yet', `Not written yet: ${part}. ${todo}`);
  first ??= error;
  return error;
}

/** The first unfinished part that was reached, for the conformance test. */
export function reachedUnfinished(): PhoneAgentError | undefined {
  return first;
}

/** Another case begins. */
export function forgetUnfinished(): void {
  first = undefined;
}
