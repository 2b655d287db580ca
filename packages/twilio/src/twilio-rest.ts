import type { Twilio } from 'twilio';
import type {
  CallInstance,
  CallListInstanceCreateOptions,
} from 'twilio/lib/rest/api/v2010/account/call.js';
import type { RecordingListInstanceCreateOptions } from 'twilio/lib/rest/api/v2010/account/call/recording.js';
import type { TwilioProviderSettings } from './twilio-settings.ts';
import { createTwilioClient } from './twilio-client.ts';
import { TwimlError } from './twilio-error.ts';
import { describeFailure, requestError } from './twilio-request-error.ts';

/** Longest TwiML that a REST request may carry, in characters. */
const REST_TWIML_LIMIT = 4_000;
/** Calls among which one is looked for whose SID is unknown. */
const LISTED_CALLS = 50;
/** "Call is not in-progress" and "not found": what a call that has ended answers. */
const GONE_CODES: readonly unknown[] = [21220, 20404];

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
      const failure = describeFailure(error);
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
      throw requestError(action, describeFailure(error), error);
    }
  }

  #connect(): Promise<Twilio> {
    // A setting that was missing may be there at the next attempt.
    this.#client ??= createTwilioClient(this.#settings).catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
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
