import type { ConfigurationProblem } from '@phone-agents/core';
import { settingReader } from '@phone-agents/core';

/** Settings of the Acme plugin. What is absent is read from the environment when it is first needed. */
export interface AcmeProviderSettings {
  /** Opens the REST interface. Default: `ACME_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** Signs webhooks. Default: `ACME_WEBHOOK_SECRET`. */
  readonly webhookSecret?: string | undefined;
  /** Address of the REST interface, for a stand-in of Acme. Default: `ACME_API_BASE_URL`, else Acme's. */
  readonly apiBaseUrl?: string | undefined;
  /** Where absent settings are read; default: this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The settings as they stand now; empty texts count as absent. */
export interface ResolvedAcmeSettings {
  readonly apiKey: string | undefined;
  readonly webhookSecret: string | undefined;
  readonly apiBaseUrl: string;
}

const ACME_API = 'https://api.acme.example';

/** Reads what is absent from the environment. */
export function resolveAcmeSettings(settings: AcmeProviderSettings): ResolvedAcmeSettings {
  const read = settingReader(settings.environment);
  return {
    apiKey: read(settings.apiKey, 'ACME_API_KEY'),
    webhookSecret: read(settings.webhookSecret, 'ACME_WEBHOOK_SECRET'),
    apiBaseUrl: read(settings.apiBaseUrl, 'ACME_API_BASE_URL') ?? ACME_API,
  };
}

/** What is missing, in words that say where to find it. */
export function acmeSettingsProblems(settings: ResolvedAcmeSettings): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  if (settings.apiKey === undefined) {
    problems.push({ setting: 'ACME_API_KEY', problem: 'is missing; copy it from the console' });
  }
  if (settings.webhookSecret === undefined) {
    problems.push({
      setting: 'ACME_WEBHOOK_SECRET',
      problem: 'is missing; copy it from the console',
    });
  }
  return problems;
}
