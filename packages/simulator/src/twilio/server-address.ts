import { ConfigurationError, parsePublicUrl, type PublicUrl } from '@phone-agents/core';

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
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
  readonly #actual: PublicUrl;
  readonly #believed: PublicUrl;

  /** @throws ConfigurationError where an address cannot be used. */
  constructor(settings: TwilioNumberSettings) {
    const webhook = parse('webhookUrl', settings.webhookUrl);
    this.#actual = parsePublicUrl(webhook.origin);
    this.#believed =
      settings.publicUrl === undefined ? this.#actual : parsePublicUrl(settings.publicUrl);
    const isBase = webhook.pathname === '/' && webhook.search === '';
    const path = isBase ? VOICE_PATH : webhook.pathname;
    this.voiceUrl = this.#believed.http(path + webhook.search + webhook.hash);
    this.statusCallbackUrl =
      settings.statusCallbackUrl === undefined
        ? path === VOICE_PATH
          ? this.#believed.http(STATUS_PATH)
          : undefined
        : this.#toBelieved(parse('statusCallbackUrl', settings.statusCallbackUrl).href);
    this.fallbackUrl =
      settings.fallbackUrl === undefined
        ? undefined
        : this.#toBelieved(parse('fallbackUrl', settings.fallbackUrl).href);
  }

  /** Where a URL that the server gave is found on this network. */
  toNetwork(url: string): string {
    const websocket = this.#believed.websocket('');
    for (const [believed, actual] of [
      [this.#believed.base, this.#actual.base],
      [websocket, this.#actual.websocket('')],
    ] as const) {
      if (startsAt(url, believed)) return actual + url.slice(believed.length);
    }
    return url;
  }

  #toBelieved(url: string): string {
    return startsAt(url, this.#actual.base)
      ? this.#believed.base + url.slice(this.#actual.base.length)
      : url;
  }
}

/** Whether a URL names this machine. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK_HOSTS.has(url.hostname);
}

function startsAt(url: string, base: string): boolean {
  return url.startsWith(base) && /^([/?#]|$)/.test(url.slice(base.length));
}

function parse(setting: string, value: string): URL {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new ConfigurationError([
      { setting, problem: 'it is not a URL; use for example http://127.0.0.1:8000' },
    ]);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ConfigurationError([
      { setting, problem: `its scheme is ${url.protocol}; use http or https` },
    ]);
  }
  return url;
}
