import type { CallEndReason } from './call-end.ts';
import type { CallDirection } from './phone-call.ts';

/** What a store keeps of a call: plain data, nothing of it secret. */
export interface CallRecord {
  readonly id: string;
  readonly provider: string;
  readonly providerCallId?: string | undefined;
  readonly direction: CallDirection;
  readonly createdAtMs: number;
  readonly endReason?: CallEndReason | undefined;
}

/** One permission to open a media socket. */
export interface MediaTokenRecord {
  readonly callId: string;
  /** SHA-256 of the token, in hex. The token itself is never stored. */
  readonly tokenHash: string;
  readonly expiresAtMs: number;
  /** How long after its socket has closed the token opens again, for the same call; 0 for never. */
  readonly reopenWithinMs: number;
}

/** A media socket that has started, and wants its token used up. */
export interface AdmitRequest {
  readonly callId: string;
  readonly tokenHash: string;
  /** The provider's id of the call, as the socket's `start` says. */
  readonly providerCallId: string;
  readonly nowMs: number;
}

/** What became of a token: the first is the only success. */
export type TokenStatus =
  'valid' | 'unknown-call' | 'call-ended' | 'wrong-token' | 'expired' | 'used' | 'other-call';

/**
 * Where calls are remembered: in this process by default, or in a database that several processes
 * share. Each operation is atomic. Sockets, timers and agents stay in the process that has them.
 */
export interface CallStore {
  /** Adds the call, unless there is (or lately was) one of the same provider and provider's id. */
  createIfAbsent(record: CallRecord): Promise<{ record: CallRecord; created: boolean }>;
  find(
    key: { readonly id: string } | { readonly provider: string; readonly providerCallId: string },
  ): Promise<CallRecord | undefined>;
  /** Sets the provider's id of a call that had none. */
  bindProviderCall(id: string, providerCallId: string): Promise<void>;
  addMediaToken(token: MediaTokenRecord): Promise<void>;
  /** Looks at a token without using it. */
  checkMediaToken(callId: string, tokenHash: string, nowMs: number): Promise<TokenStatus>;
  /** Uses a token for the provider's call: succeeds once, and again within its reopen window. */
  admit(request: AdmitRequest): Promise<TokenStatus>;
  /** The socket that a token opened has closed; starts its reopen window. */
  releaseMediaToken(callId: string, tokenHash: string, nowMs: number): Promise<void>;
  /** Marks the end; the record is kept for a while so that a late webhook finds it. */
  end(id: string, reason: CallEndReason, nowMs: number): Promise<void>;
}
