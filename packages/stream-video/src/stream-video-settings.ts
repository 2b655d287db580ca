import type { Clock, ConfigurationProblem, Logger } from '@phone-agents/core';
import { isHttpUrl, settingReader } from '@phone-agents/core';

/** Where Stream's coordinator is. */
const DEFAULT_BASE_URL = 'https://video.stream-io-api.com';

/** Settings of the Stream edge. What is absent is read from the environment when it is first needed. */
export interface StreamVideoEdgeOptions {
  /** The app's key, from the Stream dashboard. Default: `STREAM_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** The app's secret: it signs all tokens, and never leaves this server. Default: `STREAM_API_SECRET`. */
  readonly apiSecret?: string | undefined;
  /**
   * Where Stream's coordinator is, for a stand-in or a proxy of it. Default: `STREAM_BASE_URL`, else
   * Stream's.
   */
  readonly baseUrl?: string | undefined;
  /**
   * Where the SDK asks which of Stream's places is near. Default: Stream's own; with another `baseUrl`
   * that address followed by `/hint`.
   */
  readonly locationHintUrl?: string | undefined;
  /** Type of the calls that are made; it decides on their settings and roles. Default: `default`. */
  readonly callType?: string | undefined;
  /** The user in whose name calls are made. Default: `phone-agents`. */
  readonly creatorId?: string | undefined;
  /** How long a participant's token holds, in ms; a new one is made when it is needed. Default: an hour. */
  readonly tokenValidityMs?: number | undefined;
  /** How long one request to the coordinator may take, in ms; default 5,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** How long a lost connection is tried to be restored, in ms; default 15,000. */
  readonly reconnectTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  /** Where absent settings are read; default: this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The settings as they stand now; empty texts count as absent. */
export interface ResolvedStreamVideoSettings {
  readonly apiKey: string | undefined;
  readonly apiSecret: string | undefined;
  readonly baseUrl: string;
  readonly locationHintUrl: string | undefined;
}

/** Reads the settings and the environment; done when they are needed, so that nothing is read on creation. */
export function resolveStreamVideoSettings(
  options: StreamVideoEdgeOptions,
): ResolvedStreamVideoSettings {
  const read = settingReader(options.environment);
  const ownBaseUrl = read(options.baseUrl, 'STREAM_BASE_URL');
  const baseUrl = (ownBaseUrl ?? DEFAULT_BASE_URL).replace(/\/+$/, '');
  return {
    apiKey: read(options.apiKey, 'STREAM_API_KEY'),
    apiSecret: read(options.apiSecret, 'STREAM_API_SECRET'),
    baseUrl,
    locationHintUrl:
      options.locationHintUrl ?? (ownBaseUrl === undefined ? undefined : `${baseUrl}/hint`),
  };
}

/** What is missing or wrong, without quoting any value. */
export function streamVideoSettingsProblems(
  settings: ResolvedStreamVideoSettings,
): readonly ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  if (settings.apiKey === undefined) {
    problems.push({
      setting: 'STREAM_API_KEY',
      problem: 'is missing; copy the key of your app from the Stream dashboard',
    });
  }
  if (settings.apiSecret === undefined) {
    problems.push({
      setting: 'STREAM_API_SECRET',
      problem: 'is missing; copy the secret of your app from the Stream dashboard',
    });
  }
  if (!isHttpUrl(settings.baseUrl)) {
    problems.push({ setting: 'STREAM_BASE_URL', problem: 'must be an http or https address' });
  }
  return problems;
}

/** Whether `baseUrl` is on this machine. */
export function isLoopbackUrl(baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
