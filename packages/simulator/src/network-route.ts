import { ConfigurationError, parsePublicUrl, type PublicUrl } from '@phone-agents/core';

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Where a server is found on this network, when it believes to have another address: behind a tunnel
 * in earnest, straight on this machine here.
 */
export class NetworkRoute {
  /** The address that the server believes it has. */
  readonly believed: PublicUrl;
  readonly #actual: PublicUrl;

  /**
   * @param origin Scheme, host and port at which the server is found.
   * @param publicUrl The address that it believes it has; default: the same.
   * @throws ConfigurationError where an address cannot be used.
   */
  constructor(origin: string, publicUrl?: string) {
    this.#actual = parsePublicUrl(origin);
    this.believed = publicUrl === undefined ? this.#actual : parsePublicUrl(publicUrl);
  }

  /** Where a URL that the server gave is found on this network. */
  toNetwork(url: string): string {
    for (const [believed, actual] of [
      [this.believed.base, this.#actual.base],
      [this.believed.websocket(''), this.#actual.websocket('')],
    ] as const) {
      if (startsAt(url, believed)) return actual + url.slice(believed.length);
    }
    return url;
  }

  /** A URL of this network as the server believes it. */
  toBelieved(url: string): string {
    return startsAt(url, this.#actual.base)
      ? this.believed.base + url.slice(this.#actual.base.length)
      : url;
  }
}

/** Whether a URL names this machine. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK_HOSTS.has(url.hostname);
}

/**
 * Reads a setting that is a web address.
 *
 * @throws ConfigurationError
 */
export function parseWebAddress(setting: string, value: string): URL {
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

function startsAt(url: string, base: string): boolean {
  return url.startsWith(base) && /^([/?#]|$)/.test(url.slice(base.length));
}
