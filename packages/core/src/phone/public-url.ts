import { ConfigurationError } from '../errors.ts';

/** The address under which the internet reaches this server, in the two forms that are needed. */
export interface PublicUrl {
  /** `https://host/prefix`, without a slash at the end. */
  readonly base: string;
  /** `https://host/prefix` + path (and query) as a webhook address. */
  http(pathAndQuery: string): string;
  /** `wss://host/prefix` + path as a media address. */
  websocket(path: string): string;
}

const PAIRS: Readonly<Record<string, readonly [http: string, websocket: string]>> = {
  'http:': ['http:', 'ws:'],
  'ws:': ['http:', 'ws:'],
  'https:': ['https:', 'wss:'],
  'wss:': ['https:', 'wss:'],
};

function problem(text: string): ConfigurationError {
  return new ConfigurationError([{ setting: 'publicUrl', problem: text }]);
}

/**
 * Reads a public address as people write it: a bare host (`agent.example.com`, taken as https), a
 * host with port or path prefix, or a URL with `https`, `http`, `wss` or `ws`. `http` and `ws` are
 * for a simulated carrier on this machine: telephony providers demand `wss`.
 *
 * @throws ConfigurationError where it is no such address, or holds credentials, a query or a fragment.
 */
export function parsePublicUrl(value: string): PublicUrl {
  const text = value.trim();
  if (text === '') throw problem('it is empty; put the public address of this server there');
  // `new URL` would quietly drop white space, and read `https:/host` as a host named https.
  if (/\s/.test(text) || /^(https?|wss?):(?!\/\/)/i.test(text)) {
    throw problem('it is not an address; use for example https://agent.example.com');
  }
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch {
    throw problem('it is not an address; use for example https://agent.example.com');
  }
  const pair = PAIRS[url.protocol];
  if (!pair) throw problem(`its scheme is ${url.protocol}; use https`);
  if (url.username !== '' || url.password !== '') throw problem('it must not hold credentials');
  if (url.search !== '' || url.hash !== '') throw problem('it must not hold a query or a fragment');
  const rest = `//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  return {
    base: pair[0] + rest,
    http: (pathAndQuery) => pair[0] + rest + pathAndQuery,
    websocket: (path) => pair[1] + rest + path,
  };
}
