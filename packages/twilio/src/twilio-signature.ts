import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A webhook's fields by name; a name that came several times has all its values. */
export type TwilioParameters = Readonly<Record<string, string | readonly string[]>>;

/** What {@link verifyTwilioSignature} looks at. */
export interface TwilioSignatureRequest {
  /** The account's auth token (an API key never signs); several while it is being rotated. */
  readonly authToken: string | readonly string[];
  /** Header `X-Twilio-Signature`. */
  readonly signature: string | undefined;
  /**
   * The whole address as Twilio knows it, query included exactly as it came: build it from your
   * public address, not from the `Host` header. For the media WebSocket it begins with `wss://`.
   */
  readonly url: string;
  /** All fields of a form body, known or not, decoded and otherwise untouched. None for GET, JSON and upgrades. */
  readonly params?: TwilioParameters | undefined;
  /**
   * The body's bytes as they came. With a JSON body they are compared with the `bodySHA256` of the
   * query; a body that neither `params` nor that covers is refused.
   */
  readonly rawBody?: Uint8Array | string | undefined;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  'http:': ':80',
  'ws:': ':80',
  'https:': ':443',
  'wss:': ':443',
};

// Scheme, credentials (never signed), host, port, and the rest up to a fragment (never signed).
const ADDRESS =
  /^((?:http|ws)s?:)\/\/(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#@:[\]]+)(:\d+)?([/?][^#]*)?(?:#|$)/i;
const BODY_HASH = /[?&]bodySHA256=([\da-f]{64})(?:&|$)/i;

/**
 * Tells whether a request was signed by Twilio: HMAC-SHA1 over the address and the form fields,
 * after "Webhooks Security: Validating Signatures from Twilio".
 *
 * Form and GET webhooks, JSON bodies and WebSocket upgrades are known by `params`, `bodySHA256` and
 * the scheme. The port is tried as given, left out, and as the scheme's default, for Twilio signs
 * either form; an upgrade also with a slash at its end. Compares in constant time; never throws,
 * whatever came.
 */
export function verifyTwilioSignature(request: TwilioSignatureRequest): boolean {
  const { authToken, signature, url, params, rawBody } = request;
  if (typeof signature !== 'string' || typeof url !== 'string') return false;
  const tokens: readonly unknown[] = Array.isArray(authToken) ? authToken : [authToken];
  const fields = joinParameters(params);
  if (fields === undefined) return false;
  if (fields === '' && !bodyIsCovered(url, rawBody)) return false;
  const addresses = spellings(url);
  const given = Buffer.from(signature, 'latin1');
  let accepted = false;
  for (const token of tokens) {
    // Anybody can sign with an empty key.
    if (typeof token !== 'string' || token === '') continue;
    for (const address of addresses) {
      const expected = createHmac('sha1', token)
        .update(address + fields, 'utf8')
        .digest('base64');
      const bytes = Buffer.from(expected, 'latin1');
      if (given.length === bytes.length && timingSafeEqual(given, bytes)) accepted = true;
    }
  }
  return accepted;
}

/** Name and value of each field by ascending name, values of one name distinct and sorted. */
function joinParameters(params: unknown): string | undefined {
  if (params === undefined || params === null) return '';
  if (typeof params !== 'object') return undefined;
  let text = '';
  for (const name of Object.keys(params).sort()) {
    const value = (params as Record<string, unknown>)[name];
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!values.every((item) => typeof item === 'string')) return undefined;
    for (const item of [...new Set(values)].sort()) text += name + item;
  }
  return text;
}

/** Without form fields only the address is signed, so a body must be bound to it by its hash. */
function bodyIsCovered(url: string, rawBody: unknown): boolean {
  const expected = BODY_HASH.exec(url.split('#', 1)[0]!)?.[1];
  if (rawBody === undefined || rawBody === null) return expected === undefined;
  if (typeof rawBody !== 'string' && !(rawBody instanceof Uint8Array)) return false;
  if (expected === undefined) return rawBody.length === 0;
  const actual = createHash('sha256').update(rawBody).digest();
  return timingSafeEqual(actual, Buffer.from(expected, 'hex'));
}

/** The forms in which Twilio may have signed the address. */
function spellings(url: string): string[] {
  const match = ADDRESS.exec(url);
  if (!match) return [];
  const [, scheme, host, port, rest = ''] = match as unknown as [
    string,
    string,
    string,
    string?,
    string?,
  ];
  const base = `${scheme}//${host}`;
  const alternative = port === undefined ? (DEFAULT_PORTS[scheme.toLowerCase()] ?? '') : '';
  const addresses = [base + (port ?? '') + rest, base + alternative + rest];
  const isUpgrade = /^wss?:$/i.test(scheme);
  return isUpgrade ? [...addresses, ...addresses.map((address) => `${address}/`)] : addresses;
}
