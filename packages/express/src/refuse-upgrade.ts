import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@phone-agents/core';

/** Time that a refused client has to take its answer and close. */
const LINGER_MS = 2_000;

/** Answers an upgrade with plain HTTP and closes the connection; safe on a socket that is dead already. */
export function refuseUpgrade(socket: Duplex, status: number, clock: Clock): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const text = `${STATUS_CODES[status] ?? 'Error'}\n`;
  // Whatever the client sends on is read and thrown away, so that it gets to see our answer.
  socket.resume();
  const timer = clock.setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => timer.cancel());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n` +
      'connection: close\r\n' +
      'content-type: text/plain; charset=utf-8\r\n' +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
