import { createHmac, timingSafeEqual } from 'node:crypto';
import { notAuthenticated, tokenExpired, tokenUsedTooEarly, wrongSignature } from './api-error.ts';

/** What a token says. Times are in seconds since 1970. */
export interface TokenClaims {
  readonly user_id?: string | undefined;
  /** The token of a server, which may do everything. */
  readonly server?: boolean | undefined;
  /** The only calls that may be joined with it. */
  readonly call_cids?: readonly string[] | undefined;
  readonly iat?: number | undefined;
  readonly nbf?: number | undefined;
  readonly exp?: number | undefined;
  readonly [claim: string]: unknown;
}

/** Clocks of two machines may differ so much. */
const LEEWAY_SECONDS = 5;

/** Signs a JSON Web Token with HS256 (RFC 7519, RFC 7518 section 3.2). */
export function signToken(claims: TokenClaims, secret: string): string {
  const head = encode({ alg: 'HS256', typ: 'JWT' });
  const body = encode(claims);
  return `${head}.${body}.${signature(`${head}.${body}`, secret).toString('base64url')}`;
}

/**
 * Reads a token and checks its signature and times.
 *
 * @throws ApiError 401 with Stream's code 40 (expired), 41 (too early), 43 (wrong signature) or 5 (no token).
 */
export function verifyToken(token: string, secret: string, wallTimeMs: number): TokenClaims {
  const [head = '', body = '', signed = ''] = token.split('.');
  const header = decode(head);
  const claims = decode(body);
  if (header?.['alg'] !== 'HS256' || claims === undefined) {
    throw notAuthenticated('a token signed with HS256 is needed');
  }
  const expected = signature(`${head}.${body}`, secret);
  const given = Buffer.from(signed, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw wrongSignature();
  const nowSeconds = wallTimeMs / 1000;
  if (typeof claims['exp'] === 'number' && claims['exp'] <= nowSeconds) throw tokenExpired();
  for (const claim of ['nbf', 'iat']) {
    const seconds = claims[claim];
    if (typeof seconds === 'number' && seconds > nowSeconds + LEEWAY_SECONDS) {
      throw tokenUsedTooEarly();
    }
  }
  return claims;
}

function signature(text: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
