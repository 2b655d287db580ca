import type { LocalRequest } from '../local-server.ts';
import { notAllowed, notAuthenticated, unknownApiKey } from './api-error.ts';
import { type TokenClaims, verifyToken } from './tokens.ts';

/** The key and the secret of the one application that the stand-in serves. */
export interface ApiCredentials {
  readonly apiKey: string;
  readonly apiSecret: string;
}

/** Who asks: a server, which may do everything, or one user. */
export interface Caller {
  readonly isServer: boolean;
  /** Empty for a server. */
  readonly userId: string;
  readonly claims: TokenClaims;
}

/** Checks key and token of a request. @throws ApiError when either is not valid. */
export function authenticate(request: LocalRequest, credentials: ApiCredentials): Caller {
  const { searchParams } = request.url;
  if (searchParams.get('api_key') !== credentials.apiKey) throw unknownApiKey();
  const token = request.headers.authorization ?? searchParams.get('authorization') ?? '';
  if (token === '') throw notAuthenticated('the header Authorization is missing');
  return readToken(token, credentials);
}

/** Checks a token. @throws ApiError when it is not valid, or names neither a server nor a user. */
export function readToken(token: string, credentials: ApiCredentials): Caller {
  const claims = verifyToken(token, credentials.apiSecret, Date.now());
  const { server, user_id: userId } = claims;
  if (server === true) return { isServer: true, userId: '', claims };
  if (typeof userId !== 'string' || userId === '') {
    throw notAuthenticated('the token names neither a server nor a user');
  }
  return { isServer: false, userId, claims };
}

/** A token may be made for certain calls only. @throws ApiError for any other call. */
export function requireCallAllowed(caller: Caller, cid: string): void {
  const { call_cids: cids } = caller.claims;
  if (Array.isArray(cids) && !cids.includes(cid)) {
    throw notAllowed('the token is not valid for this call');
  }
}
