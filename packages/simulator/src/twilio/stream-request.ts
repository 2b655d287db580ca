import { isLoopback } from '../network-route.ts';
import { TwilioProblem } from './twilio-problem.ts';
import type { TwimlElement } from './twiml.ts';

const MAX_PARAMETER_LENGTH = 500;

/** What a `<Stream>` asks for. */
export interface StreamRequest {
  /** Absolute, as the server believes it; what is signed. */
  readonly url: string;
  readonly name: string | undefined;
  readonly statusCallback: string | undefined;
  readonly statusCallbackMethod: 'GET' | 'POST';
  readonly parameters: Readonly<Record<string, string>>;
  /** A query was there; Twilio ignores it. */
  readonly droppedQuery: boolean;
}

/** Where a `<Stream>` wants its status callbacks, even when nothing else of it can be used. */
export function streamStatusCallback(
  element: TwimlElement,
  documentUrl: string,
): string | undefined {
  const url = element.attributes['statusCallback'];
  if (url === undefined || !URL.canParse(url, documentUrl)) return undefined;
  return /^https?:/i.test(url) ? url : new URL(url, documentUrl).href;
}

/**
 * Reads a `<Stream>` of a `<Connect>`.
 *
 * @throws TwilioProblem 31922 for a scheme other than `wss` (`ws` on this machine is allowed here),
 *   31923 for a URL that is none, 31941 for a track that a bidirectional stream cannot have, 12200 for
 *   a parameter that is too long.
 */
export function readStreamRequest(element: TwimlElement, documentUrl: string): StreamRequest {
  const { attributes } = element;
  const track = attributes['track'] ?? 'inbound_track';
  if (track !== 'inbound_track') {
    throw new TwilioProblem(31941, `A bidirectional stream cannot have the track "${track}".`);
  }
  const absolute = toAbsolute(attributes['url'] ?? '', documentUrl);
  const url = absolute.replace(/[?#].*$/, '');
  const parameters: Record<string, string> = {};
  for (const child of element.children) {
    if (child.name !== 'Parameter') continue;
    const { name = '', value = '' } = child.attributes;
    if (name.length + value.length > MAX_PARAMETER_LENGTH) {
      throw new TwilioProblem(
        12200,
        `The parameter "${name.slice(0, 40)}" is longer than ${MAX_PARAMETER_LENGTH} characters.`,
      );
    }
    parameters[name] = value;
  }
  return {
    url,
    name: attributes['name'],
    statusCallback: streamStatusCallback(element, documentUrl),
    statusCallbackMethod: attributes['statusCallbackMethod'] === 'GET' ? 'GET' : 'POST',
    parameters,
    droppedQuery: absolute !== url,
  };
}

function toAbsolute(text: string, documentUrl: string): string {
  const isAbsolute = /^[a-z][a-z\d+.-]*:/i.test(text);
  if (text === '' || !URL.canParse(text, documentUrl)) {
    throw new TwilioProblem(31923, 'The URL of a <Stream> is missing or malformed.');
  }
  const url = new URL(text, documentUrl);
  if (!isAbsolute) return url.href.replace(/^http/, 'ws');
  if (url.protocol !== 'wss:' && !(url.protocol === 'ws:' && isLoopback(url))) {
    throw new TwilioProblem(31922, `A <Stream> needs a wss:// URL, not ${url.protocol}//.`);
  }
  return text;
}
