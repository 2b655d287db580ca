import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { systemClock } from '../clock/clock.ts';
import { CallEndedError, CallNotFoundError, MediaAdmissionError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { silentLogger } from '../logging/logger.ts';
import type { CallEndReason } from './call-end.ts';
import type { CallStore, TokenStatus } from './call-store.ts';
import { MemoryCallStore } from './memory-call-store.ts';
import type { CallDetails, CallDirection } from './phone-call.ts';
import { PhoneCall } from './phone-call.ts';

/** A media token that nobody used opens nothing after this time. */
export const MEDIA_TOKEN_TTL_MS = 120_000;

/** What a registry stands on; all have defaults. */
export interface CallRegistryOptions {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  /** Where calls are remembered; default: this process's memory. */
  readonly store?: CallStore | undefined;
  /** Source of ids and tokens; default: the system's secure random bytes. */
  readonly randomBytes?: ((size: number) => Uint8Array) | undefined;
}

/** A call to register, with what prepares for it. */
export interface CreateCallOptions<Prepared> {
  readonly provider: string;
  readonly providerCallId?: string | undefined;
  readonly direction: CallDirection;
  readonly from: string;
  readonly to: string;
  readonly details?: CallDetails | undefined;
  /** Whether the provider is to tell a person from a machine; default false. */
  readonly detectsMachines?: boolean | undefined;
  /**
   * Warms up what will answer the call, while it rings. Started at once, and once only; a rejection
   * ends the call as `prepare-failed`.
   */
  readonly prepare?: ((call: PhoneCall) => Promise<Prepared>) | undefined;
}

/** A registered call, new or found. */
export interface CreatedCall<Prepared> {
  readonly call: PhoneCall;
  /** False where the provider reported a call that was here already. */
  readonly created: boolean;
  /** What `prepare` gave; the same for every report of the call. */
  readonly prepared: Promise<Prepared>;
}

/** How long a media token holds. */
export interface MediaTokenOptions {
  /** How long after its socket has closed the token opens again, for the same call; default 0: never. */
  readonly reopenWithinMs?: number | undefined;
  /** How long it may wait to be used, in ms; default 120,000. */
  readonly expiresInMs?: number | undefined;
}

function hash(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

const REFUSALS: Readonly<Record<Exclude<TokenStatus, 'valid'>, readonly [401 | 404, string]>> = {
  'unknown-call': [404, 'There is no such call.'],
  'call-ended': [404, 'The call has ended.'],
  'wrong-token': [401, 'The media token is wrong.'],
  expired: [401, 'The media token has expired.'],
  used: [401, 'The media token was used already.'],
  'other-call': [401, 'The media token belongs to another call.'],
};

function demandValid(status: TokenStatus): void {
  if (status !== 'valid') throw new MediaAdmissionError(...REFUSALS[status]);
}

/** The calls of this process, over a {@link CallStore}. */
export class CallRegistry {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #store: CallStore;
  readonly #randomBytes: (size: number) => Uint8Array;
  readonly #calls = new Map<string, PhoneCall>();
  readonly #byProviderCallId = new Map<string, PhoneCall>();
  readonly #prepared = new WeakMap<PhoneCall, Promise<unknown>>();

  constructor(options: CallRegistryOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#store = options.store ?? new MemoryCallStore();
    this.#randomBytes = options.randomBytes ?? randomBytes;
  }

  /**
   * Registers a call, or finds it where the provider has reported it before.
   *
   * @throws CallEndedError for a call that has lately ended: a late webhook cannot revive it.
   * @throws CallNotFoundError where another process has the call.
   */
  async create<Prepared = void>(
    options: CreateCallOptions<Prepared>,
  ): Promise<CreatedCall<Prepared>> {
    const id = Buffer.from(this.#randomBytes(16)).toString('hex');
    const { record, created } = await this.#store.createIfAbsent({
      id,
      provider: options.provider,
      providerCallId: options.providerCallId,
      direction: options.direction,
      createdAtMs: this.#clock.wallTimeMs(),
    });
    if (!created) return this.#existing<Prepared>(record.id, record.endReason);
    const call = new PhoneCall({
      id,
      provider: options.provider,
      providerCallId: options.providerCallId,
      direction: options.direction,
      from: options.from,
      to: options.to,
      details: options.details ?? { provider: options.provider },
      detectsMachines: options.detectsMachines,
      clock: this.#clock,
      logger: this.#logger,
    });
    this.#add(call);
    const prepared = this.#prepare(call, options.prepare);
    // Who does not wait for it learns of its failure by the end of the call.
    prepared.catch(() => {});
    this.#prepared.set(call, prepared);
    return { call, created: true, prepared };
  }

  /** The live call with our id. */
  get(id: string): PhoneCall | undefined {
    return this.#calls.get(id);
  }

  /** @throws CallNotFoundError */
  require(id: string): PhoneCall {
    const call = this.#calls.get(id);
    if (!call) throw new CallNotFoundError();
    return call;
  }

  /** The live call with the provider's id. */
  findByProviderCallId(provider: string, providerCallId: string): PhoneCall | undefined {
    return this.#byProviderCallId.get(`${provider} ${providerCallId}`);
  }

  /** All live calls, oldest first. */
  listActive(): PhoneCall[] {
    return [...this.#calls.values()];
  }

  /** Number of live calls. */
  get activeCount(): number {
    return this.#calls.size;
  }

  /** Makes known the provider's id of a call that we dialled; only the first counts. */
  async bindProviderCall(call: PhoneCall, providerCallId: string): Promise<void> {
    call.bindProviderCall(providerCallId);
    if (call.providerCallId !== providerCallId) return;
    if (!call.endInfo) this.#byProviderCallId.set(`${call.provider} ${providerCallId}`, call);
    await this.#store.bindProviderCall(call.id, providerCallId);
  }

  /** A fresh secret (256 bits, URL-safe) that opens one media socket of this call. */
  async issueMediaToken(call: PhoneCall, options: MediaTokenOptions = {}): Promise<string> {
    const token = Buffer.from(this.#randomBytes(32)).toString('base64url');
    await this.#store.addMediaToken({
      callId: call.id,
      tokenHash: hash(token),
      expiresAtMs: this.#clock.wallTimeMs() + (options.expiresInMs ?? MEDIA_TOKEN_TTL_MS),
      reopenWithinMs: options.reopenWithinMs ?? 0,
    });
    return token;
  }

  /**
   * Checks a media token before the upgrade, without using it.
   *
   * @throws MediaAdmissionError (401 wrong, used or expired; 404 no such call here)
   */
  async validate(callId: string, token: string): Promise<PhoneCall> {
    const status = await this.#store.checkMediaToken(callId, hash(token), this.#clock.wallTimeMs());
    demandValid(status);
    const call = this.#calls.get(callId);
    if (!call) throw new MediaAdmissionError(404, 'There is no such call in this process.');
    return call;
  }

  /**
   * Uses a media token for the provider's call that its stream's `start` names: succeeds once.
   *
   * @throws MediaAdmissionError
   */
  async admit(callId: string, token: string, providerCallId: string): Promise<void> {
    const nowMs = this.#clock.wallTimeMs();
    demandValid(await this.#store.admit({ callId, tokenHash: hash(token), providerCallId, nowMs }));
    const call = this.#calls.get(callId);
    if (call && call.providerCallId === undefined) {
      await this.bindProviderCall(call, providerCallId);
    }
  }

  /** The socket that `token` opened has closed. */
  async releaseMediaToken(callId: string, token: string): Promise<void> {
    await this.#store.releaseMediaToken(callId, hash(token), this.#clock.wallTimeMs());
  }

  /** Ends a call, as {@link PhoneCall.end}; an unknown id does nothing. */
  async end(id: string, reason: CallEndReason): Promise<void> {
    await this.#calls.get(id)?.end(reason);
  }

  #existing<Prepared>(id: string, endReason: CallEndReason | undefined): CreatedCall<Prepared> {
    if (endReason !== undefined) throw new CallEndedError();
    const call = this.#calls.get(id);
    if (!call) throw new CallNotFoundError('The call lives in another process.');
    const prepared = this.#prepared.get(call) as Promise<Prepared>;
    return { call, created: false, prepared };
  }

  #add(call: PhoneCall): void {
    this.#calls.set(call.id, call);
    if (call.providerCallId !== undefined) {
      this.#byProviderCallId.set(`${call.provider} ${call.providerCallId}`, call);
    }
    call.on('call-ended', (end) => {
      this.#calls.delete(call.id);
      if (call.providerCallId !== undefined) {
        this.#byProviderCallId.delete(`${call.provider} ${call.providerCallId}`);
      }
      this.#store.end(call.id, end.reason, end.endedAtMs).catch((error: unknown) => {
        this.#logger.error({ callId: call.id, error }, 'The call store failed to end a call');
      });
    });
  }

  async #prepare<Prepared>(
    call: PhoneCall,
    prepare: ((call: PhoneCall) => Promise<Prepared>) | undefined,
  ): Promise<Prepared> {
    if (!prepare) return undefined as Prepared;
    try {
      return await prepare(call);
    } catch (error) {
      void call.end('prepare-failed', { error });
      throw error;
    }
  }
}
