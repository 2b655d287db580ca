import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/**
 * Whether a request names this machine. A name of the internet that was made to point here (DNS
 * rebinding) does not, so that no page of another site reads ours.
 */
export function isLoopbackHost(headers: IncomingHttpHeaders): boolean {
  return LOOPBACK_HOST.test(headers.host ?? '');
}

/**
 * Whether a WebSocket is opened by a page from the very address it is opened to. Browsers always send
 * the origin; a program that sends none could place calls anyway.
 */
export function isSameLoopbackOrigin(headers: IncomingHttpHeaders): boolean {
  const { host, origin } = headers;
  if (!isLoopbackHost(headers)) return false;
  return origin === undefined || origin.toLowerCase() === `http://${host?.toLowerCase()}`;
}
