/** Header values by lower-case name, as Node's HTTP server gives them. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A provider's HTTP request, independent of any web framework. */
export interface WebhookRequest {
  /** Upper-case method. */
  readonly method: string;
  /** Path below the phone's public address: `/twilio/voice`. A mount prefix is not part of it. */
  readonly path: string;
  /** The query exactly as it came, with its `?`, or an empty string. Signatures cover it. */
  readonly query: string;
  readonly headers: HttpHeaders;
  /** The body's bytes as they came; signatures cover them. */
  readonly rawBody: Uint8Array;
}

/** The answer to a {@link WebhookRequest}. */
export interface WebhookResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A {@link WebhookResponse} of plain text, for who reads the company's log. */
export function textResponse(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): WebhookResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
}

/** A provider's request to open a media WebSocket, before the upgrade. */
export interface MediaUpgradeRequest {
  /** Path below the phone's public address: `/twilio/media/{callId}/{token}`. */
  readonly path: string;
  /** The query exactly as it came, with its `?`, or an empty string. */
  readonly query: string;
  readonly headers: HttpHeaders;
}

/** One header's first value, or undefined. */
export function headerValue(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return typeof value === 'string' ? value : value?.[0];
}
