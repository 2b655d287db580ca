import type { Twilio } from 'twilio';
import type { IncomingPhoneNumberInstance } from 'twilio/lib/rest/api/v2010/account/incomingPhoneNumber.js';
import { describeFailure, requestError } from '../twilio-request-error.ts';

/**
 * Where a number's calls go. An application or a trunk, where one is set, takes the place of the voice
 * address. Empty texts: nothing.
 */
export interface VoiceRoute {
  readonly voiceUrl: string;
  readonly voiceMethod: string;
  readonly statusCallback: string;
  readonly statusCallbackMethod: string;
  readonly voiceApplicationSid: string;
  readonly trunkSid: string;
}

/** A phone number as the account has it. */
export interface NumberRecord {
  readonly sid: string;
  readonly canSpeak: boolean;
  readonly route: VoiceRoute;
}

/**
 * The little of a Twilio account's configuration that a set-up looks at and changes.
 *
 * @throws ProviderRequestError from each method, where Twilio refuses or cannot be reached.
 */
export class TwilioAccount {
  readonly #client: Twilio;

  constructor(client: Twilio) {
    this.#client = client;
  }

  async findNumber(phoneNumber: string): Promise<NumberRecord | undefined> {
    const found = await this.#ask('look for the number', () =>
      this.#client.incomingPhoneNumbers.list({ phoneNumber, limit: 20 }),
    );
    const number = found.find((candidate) => candidate.phoneNumber === phoneNumber);
    return number && recordOf(number);
  }

  /** Undefined where the number has left the account. */
  async number(sid: string): Promise<NumberRecord | undefined> {
    try {
      return recordOf(await this.#client.incomingPhoneNumbers(sid).fetch());
    } catch (error) {
      const failure = describeFailure(error);
      if (failure.status === 404) return undefined;
      throw requestError('read the number', failure, error);
    }
  }

  /** Sends the number's calls there. Resolves with what Twilio then says of it. */
  async routeNumber(sid: string, route: VoiceRoute): Promise<NumberRecord> {
    const { trunkSid, voiceApplicationSid, ...addresses } = route;
    // Setting either of the two removes the other, even by an empty text.
    const taker = trunkSid === '' ? { voiceApplicationSid } : { trunkSid };
    const update = { ...addresses, ...taker };
    return recordOf(
      await this.#ask('route the number', () =>
        this.#client.incomingPhoneNumbers(sid).update(update),
      ),
    );
  }

  async #ask<Answer>(action: string, request: () => Promise<Answer>): Promise<Answer> {
    try {
      return await request();
    } catch (error) {
      throw requestError(action, describeFailure(error), error);
    }
  }
}

function recordOf(number: IncomingPhoneNumberInstance): NumberRecord {
  // The SDK's types leave out that these may be null.
  const { trunkSid, voiceApplicationSid, voiceUrl, statusCallback } = number as {
    [Name in 'statusCallback' | 'trunkSid' | 'voiceApplicationSid' | 'voiceUrl']:
      IncomingPhoneNumberInstance[Name] | null;
  };
  return {
    sid: number.sid,
    canSpeak: (number.capabilities as { readonly voice?: boolean } | null)?.voice !== false,
    route: {
      voiceUrl: voiceUrl ?? '',
      voiceMethod: number.voiceMethod || 'POST',
      statusCallback: statusCallback ?? '',
      statusCallbackMethod: number.statusCallbackMethod || 'POST',
      voiceApplicationSid: voiceApplicationSid ?? '',
      trunkSid: trunkSid ?? '',
    },
  };
}
