import type { Server } from 'node:http';
import type { Clock, Logger, Phone } from '@phone-agents/core';
import { createRedactingLogger, silentLogger, systemClock } from '@phone-agents/core';
import type { UpgradeHandler } from './media-upgrades.ts';
import { handleMediaUpgrades } from './media-upgrades.ts';
import { normalizeMountPath } from './mount-path.ts';
import type { RequestHandler } from './webhook-handler.ts';
import { createWebhookHandler } from './webhook-handler.ts';

/** The largest webhook body that is read: several times what a provider sends. */
export const DEFAULT_MAX_BODY_BYTES = 65_536;
/** The largest media message that is read: 8 s of mu-law in base64. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 65_536;

/** What {@link mountPhone} needs of an Express 5 app. */
export interface PhoneApp {
  use(path: string, handler: RequestHandler): unknown;
}

/** What `servePhone` and `mountPhone` have in common. */
export interface PhoneServingOptions {
  /**
   * Where the phone's paths begin on this server; default `/`. A proxy that adds or strips a prefix
   * is none of its concern: the address as the provider sees it is the phone's `publicUrl`.
   */
  readonly path?: string | undefined;
  /** Larger webhook bodies are answered with 413; default 65,536. */
  readonly maxBodyBytes?: number | undefined;
  /** A socket that sends a larger message is closed with 1009; default 65,536. */
  readonly maxPayloadBytes?: number | undefined;
  readonly logger?: Logger | undefined;
  /** Measures how long a socket may take to close; default the machine's clock. */
  readonly clock?: Clock | undefined;
}

/** Where a phone is mounted: your app and your server. */
export interface MountPhoneOptions extends PhoneServingOptions {
  /** Your Express app. Mount the phone before body parsers: signatures cover the bytes as they came. */
  readonly app: PhoneApp;
  /** The HTTP (or HTTPS) server that serves `app`; media sockets come by its `upgrade` event. */
  readonly server: Server;
}

/** A phone on your own server. */
export interface MountedPhone {
  /**
   * Takes no more media sockets and closes the open ones; resolves when they are closed. Calls that
   * still live lose their media then, so drain the phone first. Repeatable.
   */
  close(): Promise<void>;
}

/**
 * Mounts a phone on your Express app and your server.
 *
 * Only paths below `{path}/{provider}/` are taken, webhooks and upgrades alike; all others are left
 * to you. An upgrade to another path is left to the server's other `upgrade` listeners, and answered
 * with 404 where there are none.
 *
 * @throws RangeError for a `path` that is no plain path, or a limit that is no positive number.
 */
export function mountPhone(phone: Phone, options: MountPhoneOptions): MountedPhone {
  return mountOn(phone, options, false);
}

/** As {@link mountPhone}; where the server is ours, no upgrade is left to others. */
export function mountOn(
  phone: Phone,
  options: MountPhoneOptions,
  ownsServer: boolean,
  otherUpgrades?: UpgradeHandler,
): MountedPhone {
  const { clock = systemClock } = options;
  const logger = createRedactingLogger(options.logger ?? silentLogger);
  const mountPath = normalizeMountPath(options.path ?? '/');
  const maxBodyBytes = positive('maxBodyBytes', options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES);
  const maxPayloadBytes = positive(
    'maxPayloadBytes',
    options.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES,
  );
  options.app.use(
    mountPath === '' ? '/' : mountPath,
    createWebhookHandler(phone, { logger, maxBodyBytes }),
  );
  return handleMediaUpgrades(phone, options.server, {
    mountPath,
    maxPayloadBytes,
    logger,
    clock,
    ownsServer,
    otherUpgrades,
  });
}

function positive(name: string, value: number): number {
  if (!Number.isInteger(value) || value <= 0) {
    throw new RangeError(`${name} must be a positive whole number, not ${value}.`);
  }
  return value;
}
