import { ConfigurationError, ProviderRequestError, redactText } from '@phone-agents/core';
import type { Twilio } from 'twilio';
import type {
  CallInstance,
  CallListInstanceCreateOptions,
} from 'twilio/lib/rest/api/v2010/account/call.js';
import type { RecordingListInstanceCreateOptions } from 'twilio/lib/rest/api/v2010/account/call/recording.js';
import type { TwilioProviderSettings } from './twilio-settings.ts';
import { resolveTwilioSettings, twilioSettingsProblems } from './twilio-settings.ts';
import { TwimlError } from './twilio-error.ts';

const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;
/** Longest TwiML that a REST request may carry, in characters. */
const REST_TWIML_LIMIT = 4_000;
/** Calls among which one is looked for whose SID is unknown. */
const LISTED_CALLS = 50;
/** "Call is not in-progress" and "not found": what a call that has ended answers. */
const GONE_CODES: readonly unknown[] = [21220, 20404];

/** What went wrong, as far as it is safe to tell: the SDK's errors carry credentials and numbers. */
interface RequestFailure {
  readonly status: number | undefined;
  readonly code: number | string | undefined;
}

/** A call to place, as Twilio's REST interface takes it. */
export type TwilioPlaceCall = Pick<
  CallListInstanceCreateOptions,
  | 'asyncAmd'
  | 'asyncAmdStatusCallback'
  | 'from'
  | 'machineDetection'
  | 'record'
  | 'recordingChannels'
  | 'recordingStatusCallback'
  | 'recordingStatusCallbackEvent'
  | 'statusCallback'
  | 'statusCallbackEvent'
  | 'timeout'
  | 'to'
> & { readonly twiml: string; readonly timeLimit: number | undefined };

/** What Twilio's records say of a call. */
export interface TwilioCallRecord {
  readonly callSid: string;
  readonly status: string;
  readonly direction: string;
  readonly createdAtMs: number;
  /** Once it has ended. */
  readonly durationSeconds: number | undefined;
  /** A negative decimal number, once it is known. */
  readonly price: string | undefined;
  readonly priceUnit: string | undefined;
}

/** Commands to Twilio for live calls, by the official SDK, which is loaded with the first of them. */
export class TwilioRest {
  readonly #settings: TwilioProviderSettings;
  #client: Promise<Twilio> | undefined;

  constructor(settings: TwilioProviderSettings) {
    this.#settings = settings;
  }

  /**
   * Hangs up; a call that is gone counts as hung up.
   *
   * @throws ProviderRequestError, ConfigurationError
   */
  async hangUp(callSid: string): Promise<void> {
    await this.#updateCall(callSid, { status: 'completed' }, 'hang up');
  }

  /**
   * Gives a live call new TwiML, which ends its media stream; a call that is gone needs none.
   *
   * @throws TwimlError for more than 4,000 characters.
   * @throws ProviderRequestError, ConfigurationError
   */
  async instruct(callSid: string, twiml: string): Promise<void> {
    if (twiml.length > REST_TWIML_LIMIT) {
      throw new TwimlError(
        `Twilio takes at most ${REST_TWIML_LIMIT} characters of TwiML for a live call; say less.`,
      );
    }
    await this.#updateCall(callSid, { twiml }, 'announce');
  }

  /**
   * Gives a call that is in progress new TwiML, which ends its media stream.
   *
   * @throws ProviderRequestError, also where the call is gone; ConfigurationError
   */
  async redirect(callSid: string, twiml: string, action: string): Promise<void> {
    await this.#request(action, (client) => client.calls(callSid).update({ twiml }));
  }

  /**
   * Places a call, and resolves with its SID. Never repeated: a request without an answer may have
   * placed it.
   *
   * @throws ProviderRequestError, ConfigurationError
   */
  async placeCall({ timeLimit, ...call }: TwilioPlaceCall): Promise<string> {
    const limited = timeLimit === undefined ? call : { ...call, timeLimit };
    const { sid } = await this.#request('place the call', (client) => client.calls.create(limited));
    return sid;
  }

  /** @throws ProviderRequestError, ConfigurationError */
  async fetchCall(callSid: string): Promise<TwilioCallRecord> {
    return recordOf(
      await this.#request('tell of the call', (client) => client.calls(callSid).fetch()),
    );
  }

  /** The latest calls from one number to another. @throws ProviderRequestError, ConfigurationError */
  async listCalls(to: string, from: string): Promise<TwilioCallRecord[]> {
    const limit = LISTED_CALLS;
    const calls = await this.#request('list calls', (client) =>
      client.calls.list({ to, from, limit, pageSize: limit }),
    );
    return calls.map(recordOf);
  }

  /** @throws ProviderRequestError, ConfigurationError */
  async startRecording(
    callSid: string,
    options: RecordingListInstanceCreateOptions,
  ): Promise<void> {
    await this.#request('record the call', (client) =>
      client.calls(callSid).recordings.create(options),
    );
  }

  /** Stops the recording that is running. @throws ProviderRequestError, ConfigurationError */
  async stopRecording(callSid: string): Promise<void> {
    await this.#request('stop the recording', (client) =>
      client.calls(callSid).recordings('Twilio.CURRENT').update({ status: 'stopped' }),
    );
  }

  /**
   * Loads the SDK ahead of the first command: that holds up the process for some 0.3 s, which callers
   * would hear if it came while others talk. What is wrong in the settings is told by the command.
   */
  async prepare(): Promise<void> {
    await this.#connect().catch(() => {});
  }

  async #updateCall(
    callSid: string,
    update: { readonly status: 'completed' } | { readonly twiml: string },
    action: string,
  ): Promise<void> {
    const client = await this.#connect();
    try {
      await client.calls(callSid).update(update);
    } catch (error) {
      const failure = describe(error);
      if (failure.status === 404 || GONE_CODES.includes(failure.code)) return;
      throw requestError(action, failure, error);
    }
  }

  async #request<Result>(
    action: string,
    send: (client: Twilio) => Promise<Result>,
  ): Promise<Result> {
    const client = await this.#connect();
    try {
      return await send(client);
    } catch (error) {
      throw requestError(action, describe(error), error);
    }
  }

  #connect(): Promise<Twilio> {
    // A setting that was missing may be there at the next attempt.
    this.#client ??= this.#createClient().catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async #createClient(): Promise<Twilio> {
    const settings = resolveTwilioSettings(this.#settings);
    const problems = twilioSettingsProblems(settings);
    if (problems.length > 0) throw new ConfigurationError(problems);
    const { accountSid = '', apiKeySid, apiKeySecret, apiBaseUrl, authTokens } = settings;
    // Not on import, and not for those who use the other parts of this package only.
    const { default: twilio } = await import('twilio');
    const client = twilio(apiKeySid ?? accountSid, apiKeySecret ?? authTokens[0], {
      accountSid,
      timeout: this.#settings.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    });
    if (apiBaseUrl !== undefined) client.api.baseUrl = apiBaseUrl;
    // The SDK loads this part of itself when it is first named.
    void client.api.v2010;
    return client;
  }
}

function recordOf(call: CallInstance): TwilioCallRecord {
  // The SDK's types leave out that these may be null.
  const { dateCreated, duration, price, priceUnit } = call as {
    [Name in 'dateCreated' | 'duration' | 'price' | 'priceUnit']: CallInstance[Name] | null;
  };
  const seconds = Number.parseInt(duration ?? '', 10);
  return {
    callSid: call.sid,
    status: call.status,
    direction: call.direction,
    createdAtMs: dateCreated?.getTime() ?? 0,
    durationSeconds: Number.isNaN(seconds) ? undefined : seconds,
    price: price ?? undefined,
    priceUnit: priceUnit ?? undefined,
  };
}

function describe(error: unknown): RequestFailure {
  const { status, code } = error as { status?: unknown; code?: unknown };
  return {
    status: typeof status === 'number' ? status : undefined,
    code: typeof code === 'number' || typeof code === 'string' ? code : undefined,
  };
}

function requestError(
  action: string,
  { status, code }: RequestFailure,
  error: unknown,
): ProviderRequestError {
  // The SDK's own error holds the request with its credentials: only its words are kept.
  const cause = new Error(redactText(error instanceof Error ? error.message : 'unknown'));
  const providerCode = code === undefined ? undefined : String(code);
  return new ProviderRequestError(`Twilio did not ${action}: ${advice(status, code)}`, {
    status,
    providerCode,
    cause,
  });
}

function advice(status: number | undefined, code: number | string | undefined): string {
  if (status === undefined) {
    const why = typeof code === 'string' ? ` (${code})` : '';
    return `it could not be reached in time${why}. Check the network, proxies and TWILIO_API_BASE_URL.`;
  }
  const answer = `HTTP ${status}${code === undefined ? '' : `, error ${code}`}`;
  if (status === 401 || status === 403) {
    return `it refused the credentials (${answer}). Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or the API key and its secret, and that they belong to this account and region.`;
  }
  if (status === 429) return `too many requests at once (${answer}). Try again in a moment.`;
  if (status >= 500) return `it has a fault of its own (${answer}). Try again in a moment.`;
  const more = typeof code === 'number' ? ` See https://www.twilio.com/docs/errors/${code}.` : '';
  return `it refused the request (${answer}).${more}`;
}
