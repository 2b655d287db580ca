import { speechRecognitionAvailability } from '@phone-agents/offline';

/** Why no speech can be recognised here, and what to do; undefined where it can. */
export async function whyNoRecognition(): Promise<string | undefined> {
  const recognition = await speechRecognitionAvailability();
  return recognition.available ? undefined : `${recognition.reason}. ${recognition.howToInstall}`;
}
