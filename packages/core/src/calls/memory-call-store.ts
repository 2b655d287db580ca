import { timingSafeEqual } from 'node:crypto';
import type { CallEndReason } from './call-end.ts';
import type {
  AdmitRequest,
  CallRecord,
  CallStore,
  MediaTokenRecord,
  TokenStatus,
} from './call-store.ts';

/** How long an ended call is remembered, so that a late webhook cannot revive it. */
export const TOMBSTONE_MS = 600_000;
/** How many ended calls are remembered at the most. */
export const MAX_TOMBSTONES = 10_000;

interface StoredToken extends MediaTokenRecord {
  /** The call that used it; undefined while it is unused. */
  usedBy?: string;
  /** When its socket closed; undefined while it is open. */
  releasedAtMs?: number | undefined;
}

interface ActiveCall {
  record: CallRecord;
  readonly tokens: StoredToken[];
}

interface Tombstone {
  readonly record: CallRecord;
  readonly endedAtMs: number;
}

function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The default {@link CallStore}: this process's memory, with a bounded list of ended calls. */
export class MemoryCallStore implements CallStore {
  readonly #active = new Map<string, ActiveCall>();
  readonly #ended = new Map<string, Tombstone>();
  /** `provider providerCallId` to our id, for active and ended calls. */
  readonly #ids = new Map<string, string>();

  /** Calls that have not ended. */
  get activeCount(): number {
    return this.#active.size;
  }

  /** Ended calls that are remembered. */
  get endedCount(): number {
    return this.#ended.size;
  }

  createIfAbsent(record: CallRecord): Promise<{ record: CallRecord; created: boolean }> {
    // Nothing is awaited between looking and adding: of two reports at once one must lose.
    this.#purge(record.createdAtMs);
    if (record.providerCallId !== undefined) {
      const key = this.#key(record.provider, record.providerCallId);
      const existing = this.#record(this.#ids.get(key));
      if (existing) return Promise.resolve({ record: existing, created: false });
      this.#ids.set(key, record.id);
    }
    this.#active.set(record.id, { record, tokens: [] });
    return Promise.resolve({ record, created: true });
  }

  find(
    key: { readonly id: string } | { readonly provider: string; readonly providerCallId: string },
  ): Promise<CallRecord | undefined> {
    const id = 'id' in key ? key.id : this.#ids.get(this.#key(key.provider, key.providerCallId));
    return Promise.resolve(this.#record(id));
  }

  bindProviderCall(id: string, providerCallId: string): Promise<void> {
    const call = this.#active.get(id);
    if (call && call.record.providerCallId === undefined) {
      call.record = { ...call.record, providerCallId };
      this.#ids.set(this.#key(call.record.provider, providerCallId), id);
    }
    return Promise.resolve();
  }

  addMediaToken(token: MediaTokenRecord): Promise<void> {
    this.#active.get(token.callId)?.tokens.push({ ...token });
    return Promise.resolve();
  }

  checkMediaToken(callId: string, tokenHash: string, nowMs: number): Promise<TokenStatus> {
    return Promise.resolve(this.#check(callId, tokenHash, nowMs).status);
  }

  admit(request: AdmitRequest): Promise<TokenStatus> {
    const { status, token } = this.#check(request.callId, request.tokenHash, request.nowMs);
    if (status !== 'valid' || !token) return Promise.resolve(status);
    const bound = this.#active.get(request.callId)?.record.providerCallId;
    const owner = token.usedBy ?? bound;
    if (owner !== undefined && owner !== request.providerCallId) {
      return Promise.resolve('other-call');
    }
    token.usedBy = request.providerCallId;
    token.releasedAtMs = undefined;
    return Promise.resolve('valid');
  }

  releaseMediaToken(callId: string, tokenHash: string, nowMs: number): Promise<void> {
    const token = this.#token(callId, tokenHash);
    if (token?.usedBy !== undefined) token.releasedAtMs = nowMs;
    return Promise.resolve();
  }

  end(id: string, reason: CallEndReason, nowMs: number): Promise<void> {
    const call = this.#active.get(id);
    if (!call) return Promise.resolve();
    this.#active.delete(id);
    this.#ended.set(id, { record: { ...call.record, endReason: reason }, endedAtMs: nowMs });
    this.#purge(nowMs);
    return Promise.resolve();
  }

  #record(id: string | undefined): CallRecord | undefined {
    if (id === undefined) return undefined;
    return this.#active.get(id)?.record ?? this.#ended.get(id)?.record;
  }

  #key(provider: string, providerCallId: string): string {
    return `${provider} ${providerCallId}`;
  }

  #token(callId: string, tokenHash: string): StoredToken | undefined {
    // All are compared, so that the time taken tells nothing.
    let found: StoredToken | undefined;
    for (const token of this.#active.get(callId)?.tokens ?? []) {
      if (sameHash(token.tokenHash, tokenHash)) found = token;
    }
    return found;
  }

  #check(
    callId: string,
    tokenHash: string,
    nowMs: number,
  ): { status: TokenStatus; token?: StoredToken } {
    if (!this.#active.has(callId)) {
      return { status: this.#ended.has(callId) ? 'call-ended' : 'unknown-call' };
    }
    const token = this.#token(callId, tokenHash);
    if (!token) return { status: 'wrong-token' };
    if (token.usedBy !== undefined) {
      const reopens =
        token.releasedAtMs !== undefined && nowMs - token.releasedAtMs < token.reopenWithinMs;
      return { status: reopens ? 'valid' : 'used', token };
    }
    return { status: nowMs >= token.expiresAtMs ? 'expired' : 'valid', token };
  }

  /** Ended calls stand in the order of their ends, so the old ones are at the front. */
  #purge(nowMs: number): void {
    for (const [id, { record, endedAtMs }] of this.#ended) {
      if (this.#ended.size <= MAX_TOMBSTONES && nowMs - endedAtMs < TOMBSTONE_MS) return;
      this.#ended.delete(id);
      if (record.providerCallId !== undefined) {
        const key = this.#key(record.provider, record.providerCallId);
        if (this.#ids.get(key) === id) this.#ids.delete(key);
      }
    }
  }
}
