/**
 * A refusal as Stream's coordinator words it: an HTTP status, and a body whose `code` the SDKs read. Codes are
 * those that `@stream-io/video-client` names in its table of API errors.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  /** Tells the SDK not to try again. */
  readonly unrecoverable: boolean;

  constructor(status: number, code: number, message: string, unrecoverable = false) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.unrecoverable = unrecoverable;
  }

  /** Both spellings of the status are there: the SDKs differ in which one they read. */
  toBody(): Readonly<Record<string, unknown>> {
    return {
      code: this.code,
      message: this.message,
      StatusCode: this.status,
      status_code: this.status,
      duration: '0.00ms',
      more_info: '',
      details: [],
      ...(this.unrecoverable ? { unrecoverable: true } : {}),
    };
  }
}

export const unknownApiKey = (): ApiError =>
  new ApiError(401, 2, 'api_key is not valid: the stand-in has another one');
export const inputError = (message: string): ApiError => new ApiError(400, 4, message);
export const notAuthenticated = (message: string): ApiError => new ApiError(401, 5, message);
export const rateLimited = (): ApiError => new ApiError(429, 9, 'too many requests');
export const notFound = (message: string): ApiError => new ApiError(404, 16, message);
export const notAllowed = (message: string): ApiError => new ApiError(403, 17, message);
/** Marked as final, for no further attempt can succeed. */
export const callEnded = (): ApiError =>
  new ApiError(403, 17, 'the call has ended and cannot be joined', true);
export const tokenExpired = (): ApiError => new ApiError(401, 40, 'the token has expired');
export const tokenUsedTooEarly = (): ApiError =>
  new ApiError(401, 41, 'the token is not valid yet');
export const wrongSignature = (): ApiError =>
  new ApiError(401, 43, 'the signature of the token is not valid');
export const internalError = (): ApiError => new ApiError(500, -1, 'internal error');
