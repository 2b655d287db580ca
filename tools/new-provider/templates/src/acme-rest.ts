import type { AcmeProviderSettings } from './acme-settings.ts';
import { unfinished } from './unfinished.ts';

/** Commands for live calls, over Acme's REST interface. */
export class AcmeRest {
  /** Read when it is needed: `resolveAcmeSettings(this.settings)`. */
  protected readonly settings: AcmeProviderSettings;

  constructor(settings: AcmeProviderSettings) {
    this.settings = settings;
  }

  /**
   * Hangs up. A call that is gone already counts as hung up.
   *
   * @throws ProviderRequestError
   */
  hangUp(_callId: string): Promise<void> {
    return unfinished(
      'hangUp() in src/acme-rest.ts',
      'Send the command, with a timeout; 404 means that the call is gone, which is no error.',
    );
  }

  /**
   * Says a sentence to the caller, then hangs up.
   *
   * @throws ProviderRequestError
   */
  announce(_callId: string, _text: string): Promise<void> {
    return unfinished(
      'announce() in src/acme-rest.ts',
      'Replace what the call is doing by a sentence and a hang-up behind it.',
    );
  }
}
