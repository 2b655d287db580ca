import { randomBytes, randomUUID } from 'node:crypto';

/** The three names of a leg. */
export interface CallIdentity {
  /** The handle for commands: `v3:` and 62 characters. */
  readonly callControlId: string;
  readonly callLegId: string;
  /** Shared by legs that are connected. */
  readonly callSessionId: string;
}

export function createCallIdentity(callSessionId: string = randomUUID()): CallIdentity {
  return {
    callControlId: `v3:${randomBytes(48).toString('base64url').slice(0, 62)}`,
    callLegId: randomUUID(),
    callSessionId,
  };
}
