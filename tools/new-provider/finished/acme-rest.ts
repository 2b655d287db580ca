import { ProviderRequestError } from '@phone-agents/core';
import type { AcmeProviderSettings } from './acme-settings.ts';
import { resolveAcmeSettings } from './acme-settings.ts';

export class AcmeRest {
  protected readonly settings: AcmeProviderSettings;

  constructor(settings: AcmeProviderSettings) {
    this.settings = settings;
  }

  hangUp(callId: string): Promise<void> {
    return this.#command(callId, { action: 'hang-up' });
  }

  announce(callId: string, text: string): Promise<void> {
    return this.#command(callId, { action: 'say', text });
  }

  async #command(callId: string, command: object): Promise<void> {
    const { apiBaseUrl, apiKey } = resolveAcmeSettings(this.settings);
    const { ok, status } = await fetch(`${apiBaseUrl}/calls/${callId}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(command),
      signal: AbortSignal.timeout(5_000),
    });
    if (!ok && status !== 404) throw new ProviderRequestError('Acme refused.', { status });
  }
}
