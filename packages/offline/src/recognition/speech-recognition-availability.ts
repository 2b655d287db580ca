import { PhoneAgentError } from '@phone-agents/core';
import { sharedRecogniserPool } from './recogniser-pool.ts';

/** Whether this machine can recognise speech, and if not, why and what to do. */
export type SpeechRecognitionAvailability =
  | { readonly available: true }
  | {
      readonly available: false;
      readonly reason: string;
      /** A command, or a sentence where this system has none. */
      readonly howToInstall: string;
    };

/** What availability is asked for. */
export interface SpeechRecognitionAvailabilityOptions {
  /** Folder of the English model, where it is not in the system's usual one. */
  readonly modelDirectory?: string | undefined;
}

/** Looks for the recogniser's library and its English model, in a worker thread. Never throws. */
export async function speechRecognitionAvailability(
  options: SpeechRecognitionAvailabilityOptions = {},
): Promise<SpeechRecognitionAvailability> {
  const lease = sharedRecogniserPool().lease();
  try {
    await lease.value.thread().probe(options.modelDirectory);
    return { available: true };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { available: false, reason, howToInstall: howToInstallRecogniser(process.platform) };
  } finally {
    await lease.release();
  }
}

/** What to do on a system to get the recogniser. */
export function howToInstallRecogniser(platform: NodeJS.Platform): string {
  return platform === 'linux'
    ? 'On Debian or Ubuntu: sudo apt-get install pocketsphinx pocketsphinx-en-us'
    : 'This system has no ready package: run in a Debian container (apt-get install pocketsphinx pocketsphinx-en-us), or use another SpeechToText.';
}

/** @throws PhoneAgentError with code `speech_unavailable`: the fault, and what to install. */
export function recogniserMissing(cause: unknown): PhoneAgentError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PhoneAgentError(
    'speech_unavailable',
    `Offline speech recognition cannot run here: ${reason}. ${howToInstallRecogniser(process.platform)}`,
    { cause },
  );
}
