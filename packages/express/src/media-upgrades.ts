import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Logger, MediaAdmission, Phone } from '@phone-agents/core';
import { MediaAdmissionError } from '@phone-agents/core';
import { WebSocketServer } from 'ws';
import { pathBelow, splitTarget } from './mount-path.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { wrapWebSocket } from './wrap-websocket.ts';

/** Time that open sockets have to close by themselves when the server closes. */
const CLOSE_TIMEOUT_MS = 2_000;
const GOING_AWAY = 1001;

export interface MediaUpgradesOptions {
  readonly mountPath: string;
  readonly maxPayloadBytes: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Whether upgrades to other paths are answered with 404 even where somebody else listens. */
  readonly ownsServer: boolean;
  /** Takes upgrades to other paths, in place of the 404. */
  readonly otherUpgrades?: UpgradeHandler | undefined;
}

/** A listener of Node's `upgrade` event. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The media sockets of one phone on one HTTP server. */
export interface MediaUpgrades {
  /** Takes no more upgrades and closes all sockets; resolves when they are closed. Repeatable. */
  close(): Promise<void>;
}

/** Listens to the server's `upgrade` event and admits the provider's media sockets to the phone. */
export function handleMediaUpgrades(
  phone: Phone,
  server: Server,
  options: MediaUpgradesOptions,
): MediaUpgrades {
  const { clock, logger, mountPath } = options;
  const webSockets = new WebSocketServer({
    noServer: true,
    // Speech in mu-law does not shrink; a compressor per call would cost memory and time.
    perMessageDeflate: false,
    maxPayload: options.maxPayloadBytes,
  });
  const waiting = new Set<Duplex>();
  let closing: Promise<void> | undefined;

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { path, query } = splitTarget(request.url ?? '/');
    const below = pathBelow(path, mountPath);
    if (below?.startsWith(`/${phone.provider.name}/`) !== true) {
      if (options.otherUpgrades) options.otherUpgrades(request, socket, head);
      // With nobody else to answer, the connection would stay open for ever.
      else if (options.ownsServer || server.listenerCount('upgrade') === 1) {
        socket.on('error', () => socket.destroy());
        refuseUpgrade(socket, 404, clock);
      }
      return;
    }
    // Node has taken its own listener off: a reset would end the process.
    socket.on('error', () => socket.destroy());
    waiting.add(socket);
    phone
      .admitMedia({ path: below, query, headers: request.headers })
      .then(
        (admission) => {
          if (closing) refuseUpgrade(socket, 503, clock);
          else if (socket.destroyed || !socket.readable) socket.destroy();
          else upgrade(request, socket, head, admission);
        },
        (error: unknown) => refuse(socket, error),
      )
      .catch((error: unknown) => {
        logger.error({ error }, 'A media socket could not be upgraded');
        socket.destroy();
      })
      .finally(() => waiting.delete(socket));
  };

  const upgrade = (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    admission: MediaAdmission,
  ): void => {
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const media = wrapWebSocket(webSocket, { clock });
      try {
        admission.accept(media);
      } catch (error) {
        logger.error({ callId: admission.call.id, error }, 'A media socket could not be taken');
        media.close(1011, 'internal error');
      }
    });
  };

  const refuse = (socket: Duplex, error: unknown): void => {
    if (MediaAdmissionError.isInstance(error) && 'status' in error) {
      logger.warn({ code: error.code }, `A media socket was refused: ${error.message}`);
      refuseUpgrade(socket, error.status === 404 ? 404 : 401, clock);
      return;
    }
    logger.error({ error }, 'A media socket could not be admitted');
    refuseUpgrade(socket, 500, clock);
  };

  const closeAll = async (): Promise<void> => {
    server.off('upgrade', onUpgrade);
    for (const socket of waiting) refuseUpgrade(socket, 503, clock);
    const clients = [...webSockets.clients];
    const closed = Promise.all(
      clients.map((client) => new Promise((resolve) => client.once('close', resolve))),
    );
    for (const client of clients) client.close(GOING_AWAY, 'server is closing');
    const timer = clock.setTimeout(() => {
      for (const client of webSockets.clients) client.terminate();
    }, CLOSE_TIMEOUT_MS);
    await closed;
    timer.cancel();
  };

  server.on('upgrade', onUpgrade);
  return { close: () => (closing ??= closeAll()) };
}
