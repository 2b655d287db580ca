import { TwilioProblem } from './twilio-problem.ts';
import { parseTwiml } from './twiml.ts';
import type { TwimlDocument } from './twiml-player.ts';
import type { WebhookAnswer } from './webhook-client.ts';

const XML_TYPES = new Set(['text/xml', 'application/xml', 'text/html']);

/**
 * Reads what a webhook answered, by its content type: TwiML, a plain text that is read aloud, or sound
 * that is played. An empty answer is an empty document.
 *
 * @throws TwilioProblem 12100 for broken XML, 12300 for another content type.
 */
export function readDocument(answer: WebhookAnswer): TwimlDocument {
  const { url, body } = answer;
  if (body === '') return { verbs: [], url };
  const type = answer.contentType.split(';')[0]!.trim().toLowerCase();
  if (XML_TYPES.has(type) || (type === 'text/plain' && /^<(\?xml|Response)/.test(body))) {
    return { verbs: parseTwiml(body), url };
  }
  if (type === 'text/plain') return { verbs: [verb('Say', body.trim())], url };
  if (type.startsWith('audio/')) return { verbs: [verb('Play', url)], url };
  throw new TwilioProblem(
    12300,
    `The content type "${type.slice(0, 60)}" is not understood; use text/xml.`,
  );
}

function verb(name: string, text: string): TwimlDocument['verbs'][number] {
  return { name, attributes: {}, text, children: [] };
}
