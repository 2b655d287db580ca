/** How the phone at a number behaves to which a call is forwarded. */
export interface DialOutcome {
  readonly status: 'completed' | 'busy' | 'no-answer' | 'failed';
  /** How long both talked; default 0. Only for `completed`. */
  readonly durationMs?: number | undefined;
}
