import { NetworkRoute, parseWebAddress } from '../network-route.ts';

const VOICE_PATH = '/twilio/voice';
const STATUS_PATH = '/twilio/status';

/** Where a number's calls go; the simulator's counterpart of the number's page in Twilio's console. */
export interface TwilioNumberSettings {
  /**
   * The server: its base address (`http://127.0.0.1:8000`, to which `/twilio/voice` is added) or the
   * voice webhook itself. Twilio's overrides may stand behind a `#`.
   */
  readonly webhookUrl: string;
  /** Default: `/twilio/status` where the voice webhook is `/twilio/voice`, else none. */
  readonly statusCallbackUrl?: string | undefined;
  /** Asked when the voice webhook fails; default none. */
  readonly fallbackUrl?: string | undefined;
  /**
   * The address that the server believes it has, when that is not the one in `webhookUrl`: requests
   * are signed for it, and addresses that begin with it are looked for at `webhookUrl`'s host.
   */
  readonly publicUrl?: string | undefined;
}

/** The addresses of one number, as the server believes them, and the way to them on this network. */
export class ServerAddress {
  readonly voiceUrl: string;
  readonly statusCallbackUrl: string | undefined;
  readonly fallbackUrl: string | undefined;
  readonly #route: NetworkRoute;

  /** @throws ConfigurationError where an address cannot be used. */
  constructor(settings: TwilioNumberSettings) {
    const webhook = parseWebAddress('webhookUrl', settings.webhookUrl);
    this.#route = new NetworkRoute(webhook.origin, settings.publicUrl);
    const { believed } = this.#route;
    const isBase = webhook.pathname === '/' && webhook.search === '';
    const path = isBase ? VOICE_PATH : webhook.pathname;
    this.voiceUrl = believed.http(path + webhook.search + webhook.hash);
    this.statusCallbackUrl =
      settings.statusCallbackUrl === undefined
        ? path === VOICE_PATH
          ? believed.http(STATUS_PATH)
          : undefined
        : this.#toBelieved('statusCallbackUrl', settings.statusCallbackUrl);
    this.fallbackUrl =
      settings.fallbackUrl === undefined
        ? undefined
        : this.#toBelieved('fallbackUrl', settings.fallbackUrl);
  }

  /** Where a URL that the server gave is found on this network. */
  toNetwork(url: string): string {
    return this.#route.toNetwork(url);
  }

  #toBelieved(setting: string, url: string): string {
    return this.#route.toBelieved(parseWebAddress(setting, url).href);
  }
}
