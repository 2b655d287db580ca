import { NOT_FOUND, restError, textOf, type Fields, type RestAnswer } from './rest-answer.ts';
import type { TelnyxAccount } from './telnyx-account.ts';

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 250;
const MAX_TIMEOUT_SECONDS = 30;

/** One request of a tool that sets things up. */
export interface SetupRequest {
  readonly method: string;
  /** What follows `/v2/`, in pieces. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Fields;
}

/**
 * The part of Telnyx's REST interface with which a number is led to a server: phone numbers, Call
 * Control applications and outbound voice profiles.
 */
export class SetupApi {
  readonly #account: TelnyxAccount;

  constructor(account: TelnyxAccount) {
    this.#account = account;
  }

  handle(request: SetupRequest): RestAnswer {
    const [collection, id, ...rest] = request.path;
    if (rest.length > 0) return NOT_FOUND;
    switch (collection) {
      case 'phone_numbers':
        return this.#phoneNumbers(request, id);
      case 'call_control_applications':
        return this.#applications(request, id);
      case 'outbound_voice_profiles':
        return this.#profiles(request, id);
      default:
        return NOT_FOUND;
    }
  }

  #phoneNumbers({ method, query, body }: SetupRequest, id: string | undefined): RestAnswer {
    const account = this.#account;
    if (id === undefined) {
      if (method !== 'GET') return NOT_FOUND;
      // Some clients send the plus unescaped: it then reads as a space.
      const wanted = query.get('filter[phone_number]')?.trim().replace(/^\+/, '');
      const connection = query.get('filter[connection_id]');
      return list(
        account.phoneNumbers.filter(
          (number) =>
            (wanted === undefined || number.phone_number.slice(1) === wanted) &&
            (connection === null || number.connection_id === connection),
        ),
        query,
      );
    }
    const number = account.phoneNumber(id);
    if (!number) return NOT_FOUND;
    if (method === 'GET') return one(number);
    if (method !== 'PATCH') return NOT_FOUND;
    if (!('connection_id' in body)) return one(number);
    const connectionId = textOf(body, 'connection_id') ?? null;
    if (connectionId !== null && !account.application(connectionId)) {
      const detail = 'The requested connection does not exist.';
      return restError(422, '10017', detail, {
        pointer: '/connection_id',
        title: 'Associated resource does not exist',
      });
    }
    return one(account.routeNumber(id, connectionId));
  }

  #applications({ method, query, body }: SetupRequest, id: string | undefined): RestAnswer {
    const account = this.#account;
    if (id === undefined) {
      if (method === 'GET') {
        const name =
          query.get('filter[application_name][contains]') ?? query.get('filter[application_name]');
        return list(
          account.applications.filter(
            ({ application_name }) => name === null || application_name.includes(name),
          ),
          query,
        );
      }
      if (method !== 'POST') return NOT_FOUND;
      const [application_name, webhook_event_url] = [
        textOf(body, 'application_name'),
        textOf(body, 'webhook_event_url'),
      ];
      if (application_name === undefined) return missing('application_name');
      if (webhook_event_url === undefined) return missing('webhook_event_url');
      return (
        checkApplication(body) ??
        one(account.createApplication({ ...body, application_name, webhook_event_url }))
      );
    }
    const application = account.application(id);
    if (!application) return NOT_FOUND;
    switch (method) {
      case 'GET':
        return one(application);
      case 'PATCH':
        return checkApplication(body) ?? one(account.updateApplication(id, body));
      case 'DELETE':
        if (account.isInUse(id)) {
          const detail = 'The resource can not be removed as it is still in use: by a number.';
          return restError(422, '10021', detail);
        }
        account.deleteApplication(id);
        return one(application);
      default:
        return NOT_FOUND;
    }
  }

  #profiles({ method, query }: SetupRequest, id: string | undefined): RestAnswer {
    if (method !== 'GET') return NOT_FOUND;
    const profiles = this.#account.outboundVoiceProfiles;
    if (id !== undefined) {
      const profile = profiles.find((candidate) => candidate.id === id);
      return profile ? one(profile) : NOT_FOUND;
    }
    const name = query.get('filter[name][contains]');
    return list(
      profiles.filter((profile) => name === null || profile.name.includes(name)),
      query,
    );
  }
}

/** An error where a field has a value that cannot be. */
function checkApplication(body: Fields): RestAnswer | undefined {
  for (const name of ['webhook_event_url', 'webhook_event_failover_url']) {
    const value = body[name];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value)) {
      return restError(422, '10003', `The '${name}' parameter must be a URL.`, {
        pointer: `/${name}`,
      });
    }
  }
  const seconds = body['webhook_timeout_secs'];
  if (seconds === undefined || seconds === null) return undefined;
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= MAX_TIMEOUT_SECONDS)
    return undefined;
  const detail = `The 'webhook_timeout_secs' parameter must be from 0 to ${MAX_TIMEOUT_SECONDS}.`;
  return restError(422, '10015', detail, { pointer: '/webhook_timeout_secs' });
}

function one(data: unknown): RestAnswer {
  return { status: 200, body: { data } };
}

function list(all: readonly unknown[], query: URLSearchParams): RestAnswer {
  const size = pageValue(query, 'size', DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
  const number = pageValue(query, 'number', 1, Number.MAX_SAFE_INTEGER);
  return {
    status: 200,
    body: {
      data: all.slice((number - 1) * size, number * size),
      meta: {
        page_number: number,
        page_size: size,
        total_pages: Math.max(1, Math.ceil(all.length / size)),
        total_results: all.length,
      },
    },
  };
}

function pageValue(query: URLSearchParams, name: string, otherwise: number, limit: number): number {
  const value = Number(query.get(`page[${name}]`) ?? query.get(`page_${name}`) ?? otherwise);
  return Number.isInteger(value) && value > 0 ? Math.min(value, limit) : otherwise;
}

function missing(name: string): RestAnswer {
  return restError(422, '10004', `The '${name}' parameter is required.`, { pointer: `/${name}` });
}
