/** What the provider's machine detection says; both providers' events in one form. */
export interface MachineDetected {
  readonly answeredBy: 'human' | 'machine' | 'fax' | 'unknown';
  /** Whether a machine's greeting is over, so that a message may be left now. */
  readonly greetingEnded: boolean;
  /** Whether the greeting ended with a beep, where that is known. */
  readonly beep?: boolean | undefined;
}
