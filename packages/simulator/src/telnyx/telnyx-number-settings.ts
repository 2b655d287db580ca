import { ConfigurationError } from '@phone-agents/core';
import { NetworkRoute, parseWebAddress } from '../network-route.ts';

const EVENTS_PATH = '/telnyx/events';

/** Where calls go; the simulator's counterpart of a Call Control application in the Telnyx portal. */
export interface TelnyxNumberSettings {
  /**
   * The server: its base address (`http://127.0.0.1:8000`, to which `/telnyx/events` is added) or the
   * webhook itself.
   */
  readonly webhookUrl: string;
  /** Told when the webhook fails; default none. */
  readonly failoverUrl?: string | undefined;
  /**
   * The address that the server believes it has, when that is not the one in `webhookUrl`: addresses
   * that begin with it are looked for at `webhookUrl`'s host.
   */
  readonly publicUrl?: string | undefined;
}

/** The settings as they are used. */
export interface ResolvedNumberSettings {
  readonly route: NetworkRoute;
  /** As the server believes them. */
  readonly webhookUrl: string;
  readonly failoverUrl: string | null;
}

/** @throws ConfigurationError where an address cannot be used. */
export function resolveNumberSettings(settings: TelnyxNumberSettings): ResolvedNumberSettings {
  const webhook = parseWebAddress('webhookUrl', settings.webhookUrl);
  const route = new NetworkRoute(webhook.origin, settings.publicUrl);
  const isBase = webhook.pathname === '/' && webhook.search === '';
  const path = isBase ? EVENTS_PATH : webhook.pathname;
  const { failoverUrl } = settings;
  return {
    route,
    webhookUrl: route.believed.http(path + webhook.search),
    failoverUrl:
      failoverUrl === undefined
        ? null
        : route.toBelieved(parseWebAddress('failoverUrl', failoverUrl).href),
  };
}

/** The error of a carrier that has nowhere to take a call to. */
export function noServerError(problem: string): ConfigurationError {
  return new ConfigurationError([{ setting: 'webhookUrl', problem }]);
}
