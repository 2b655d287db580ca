/** An answer of the REST stand-in. */
export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What the request sets going, once it has been answered. */
  readonly effect?: (() => void) | undefined;
}

const TITLES: Readonly<Record<string, string>> = {
  '10003': 'Invalid URL',
  '10004': 'Missing required parameter',
  '10005': 'Resource not found',
  '10009': 'Authentication failed',
  '10011': 'Too many requests',
  '10015': 'Bad Request',
  '10016': 'Phone number must be in +E164 format',
  '10021': 'Resource in use',
  '10032': 'Invalid enumerated value',
  '90015': 'Invalid Call Control ID',
  '90017': 'Invalid client_state',
  '90018': 'Call has already ended',
  '90034': 'Call not answered yet',
  '90045': 'Streaming is already in use',
  '90048': 'Call is not being streamed',
};

/** An error in the shape in which Telnyx tells of it (Telnyx docs, "API error codes"). */
export function restError(
  status: number,
  code: string,
  detail: string,
  { pointer, title }: { readonly pointer?: string; readonly title?: string } = {},
): RestAnswer {
  const error = {
    code,
    title: title ?? TITLES[code] ?? 'Error',
    detail,
    ...(pointer === undefined ? {} : { source: { pointer } }),
  };
  return { status, body: { errors: [error] } };
}

/** A command was taken; its effect comes later. */
export function restOk(effect?: () => void): RestAnswer {
  return { status: 200, body: { data: { result: 'ok' } }, effect };
}

export const NOT_FOUND = restError(404, '10005', 'The requested resource could not be found.');

/** A JSON object of a request. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that is a text and not empty. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
