import type Telnyx from 'telnyx';
import { describeFailure, requestError } from '../telnyx-request-error.ts';

/** A phone number as the account has it. */
export interface NumberRecord {
  readonly id: string;
  /** What the number is routed to; undefined where to nothing. */
  readonly connectionId: string | undefined;
  readonly status: string;
}

/** A Call Control application. */
export interface ApplicationRecord {
  readonly id: string;
  readonly isActive: boolean;
  readonly webhookUrl: string;
  readonly webhookVersion: string;
  /** Without one it can place and forward no call. */
  readonly outboundProfileId: string | undefined;
}

/** An outbound voice profile, by which calls are placed. */
export interface ProfileRecord {
  readonly id: string;
  readonly name: string;
}

/** More than any name or number is likely to match. */
const PAGE = { 'page[size]': 250 } as Record<string, unknown>;

/**
 * The little of a Telnyx account's configuration that a set-up looks at and changes.
 *
 * @throws ProviderRequestError from each method, where Telnyx refuses or cannot be reached.
 */
export class TelnyxAccount {
  readonly #client: Telnyx;

  constructor(client: Telnyx) {
    this.#client = client;
  }

  async findNumber(phoneNumber: string): Promise<NumberRecord | undefined> {
    const { data } = await this.#ask('look for the number', () =>
      this.#client.phoneNumbers.list({ filter: { phone_number: phoneNumber }, ...PAGE }),
    );
    const found = data.find((number) => number.phone_number === phoneNumber);
    return found && numberRecord(found);
  }

  async number(id: string): Promise<NumberRecord | undefined> {
    const answer = await this.#askUnlessGone('read the number', () =>
      this.#client.phoneNumbers.retrieve(id),
    );
    return answer?.data && numberRecord(answer.data);
  }

  /** Routes the number; undefined: to nothing. Resolves with what Telnyx then says of it. */
  async routeNumber(id: string, connectionId: string | undefined): Promise<NumberRecord> {
    const { data } = await this.#ask('route the number', () =>
      this.#client.phoneNumbers.update(id, { connection_id: connectionId ?? '' }),
    );
    return data ? numberRecord(data) : { id, connectionId, status: 'unknown' };
  }

  async listOutboundProfiles(): Promise<ProfileRecord[]> {
    const { data } = await this.#ask('list the outbound voice profiles', () =>
      this.#client.outboundVoiceProfiles.list(PAGE),
    );
    return data
      .filter(({ enabled }) => enabled !== false)
      .map(({ id, name }) => ({ id: id ?? '', name }));
  }

  /** Makes an application for webhooks of version 2; resolves with its id. */
  async createApplication(
    name: string,
    webhookUrl: string,
    outboundProfileId: string | undefined,
  ): Promise<string> {
    const { data } = await this.#ask('make the Call Control application', () =>
      this.#client.callControlApplications.create({
        application_name: name,
        webhook_event_url: webhookUrl,
        webhook_api_version: '2',
        active: true,
        redact_dtmf_debug_logging: true,
        ...(outboundProfileId === undefined
          ? {}
          : { outbound: { outbound_voice_profile_id: outboundProfileId } }),
      }),
    );
    return data?.id ?? '';
  }

  async application(id: string): Promise<ApplicationRecord | undefined> {
    const answer = await this.#askUnlessGone('read the Call Control application', () =>
      this.#client.callControlApplications.retrieve(id),
    );
    const data = answer?.data;
    return (
      data && {
        id,
        isActive: data.active !== false,
        webhookUrl: data.webhook_event_url ?? '',
        webhookVersion: data.webhook_api_version ?? '2',
        outboundProfileId: data.outbound?.outbound_voice_profile_id,
      }
    );
  }

  async applicationsNamed(name: string): Promise<string[]> {
    const { data } = await this.#ask('look for the Call Control application', () =>
      this.#client.callControlApplications.list({
        filter: { application_name: { contains: name } },
        ...PAGE,
      }),
    );
    return data
      .filter((application) => application.application_name === name)
      .flatMap(({ id }) => id ?? []);
  }

  /** Removes an application; one that is gone counts as removed. */
  async removeApplication(id: string): Promise<void> {
    await this.#askUnlessGone('remove the Call Control application', () =>
      this.#client.callControlApplications.delete(id),
    );
  }

  async #ask<Answer>(action: string, request: () => PromiseLike<Answer>): Promise<Answer> {
    try {
      return await request();
    } catch (error) {
      throw requestError(action, describeFailure(error));
    }
  }

  async #askUnlessGone<Answer>(
    action: string,
    request: () => PromiseLike<Answer>,
  ): Promise<Answer | undefined> {
    try {
      return await request();
    } catch (error) {
      const failure = describeFailure(error);
      if (failure.status === 404) return undefined;
      throw requestError(action, failure);
    }
  }
}

function numberRecord(data: {
  readonly id?: string;
  readonly connection_id?: string | null;
  readonly status?: string;
}): NumberRecord {
  const { id = '', connection_id, status = 'unknown' } = data;
  const isRouted = connection_id !== undefined && connection_id !== null && connection_id !== '';
  return { id, connectionId: isRouted ? connection_id : undefined, status };
}
