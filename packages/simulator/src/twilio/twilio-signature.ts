import { createHmac } from 'node:crypto';

/** Form fields in the order in which they are sent; a name may come more than once. */
export type FormFields = readonly (readonly [name: string, value: string])[];

/**
 * The URL as Twilio signs it: without user, password and fragment, and without a port when it is
 * `https` or `wss`; `http` keeps its port (Twilio docs, "Webhooks Security: Validating Requests").
 * Nothing else is changed, not even spelling that a URL parser would tidy up.
 */
export function signedUrl(url: string): string {
  const match = /^([a-z]+:)\/\/(?:[^/?#@]*@)?([^/?#]*)([^#]*)/i.exec(url);
  if (!match) return url;
  const [, scheme = '', host = '', rest = ''] = match;
  const secure = /^(https|wss):$/i.test(scheme);
  return `${scheme}//${secure ? host.replace(/:\d+$/, '') : host}${rest}`;
}

/**
 * The signature of a request: HMAC-SHA1 with the auth token over the URL and the sorted form fields,
 * as base64. A GET request and a WebSocket upgrade have no fields.
 *
 * @param url What {@link signedUrl} gave.
 */
export function signTwilioRequest(authToken: string, url: string, fields: FormFields = []): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of fields) {
    const known = values.get(name);
    if (known) known.add(value);
    else values.set(name, new Set([value]));
  }
  let message = url;
  for (const name of [...values.keys()].sort()) {
    for (const value of [...values.get(name)!].sort()) message += name + value;
  }
  return createHmac('sha1', authToken).update(message, 'utf8').digest('base64');
}
