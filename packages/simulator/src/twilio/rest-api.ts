import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson } from '../local-server.ts';
import { API_VERSION } from './call-fields.ts';
import { readCreateCall, readRecording, type CreateCallRequest } from './create-call.ts';
import type { TwilioCall } from './twilio-call.ts';
import { TwilioProblem } from './twilio-problem.ts';

const MAX_BODY_BYTES = 65_536;
const MAX_TWIML_CHARACTERS = 4_000;

/** One request to the REST stand-in, for tests to read. Credentials are not in it. */
export interface RestRequestRecord {
  readonly method: string;
  readonly path: string;
  /** Repeated names keep their last value. */
  readonly form: Readonly<Record<string, string>>;
  /** HTTP status of the answer. */
  readonly status: number;
}

/** How the REST stand-in refuses requests on command. */
export interface RestRefusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** The calls that REST knows. */
export interface CallDirectory {
  /** Places a call. @throws TwilioProblem where it is refused */
  create(request: CreateCallRequest): string;
  /** All calls, the latest first. */
  list(): readonly Readonly<Record<string, unknown>>[];
  /** Whether the answer to the next request to place a call is lost. */
  losesDialAnswer(): boolean;
  live(callSid: string): TwilioCall | undefined;
  /** A call, live or ended, as REST tells of it. */
  resource(callSid: string): Readonly<Record<string, unknown>> | undefined;
}

interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

const NOT_FOUND = restError(404, 20404, 'The requested resource was not found');

/** Twilio's REST interface, as far as calls are concerned. */
export class TwilioRestApi {
  readonly requests: RestRequestRecord[] = [];
  readonly #accountSid: string;
  readonly #authorization: Buffer;
  readonly #calls: CallDirectory;
  readonly #refusals: RestRefusal[] = [];
  #concurrent = 0;

  constructor(accountSid: string, authToken: string, calls: CallDirectory) {
    this.#accountSid = accountSid;
    this.#authorization = digest(
      `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    );
    this.#calls = calls;
  }

  /** Refuses the next `count` requests that carry the right credentials. */
  refuseNext(refusal: RestRefusal, count: number): void {
    for (let i = 0; i < count; i++) this.#refusals.push(refusal);
  }

  /** Whether a path is this interface's. */
  owns(path: string): boolean {
    return path.startsWith(`/${API_VERSION}/`);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#concurrent++;
    try {
      const path = (request.url ?? '').replace(/\?.*$/, '');
      const isDial = request.method === 'POST' && path.endsWith('/Calls.json');
      const text = await readBody(request, MAX_BODY_BYTES);
      const form = new URLSearchParams(text ?? '');
      const answer =
        text === undefined
          ? restError(413, 20001, 'The request is too long')
          : this.#answer(request, path, form);
      this.requests.push({
        method: request.method ?? '',
        path,
        form: Object.fromEntries(form),
        status: answer.status,
      });
      // The connection stays open until one of the two sides gives up.
      if (isDial && answer.status === 201 && this.#calls.losesDialAnswer()) return;
      response.setHeader('twilio-concurrent-requests', String(this.#concurrent));
      if (answer.status === 401) {
        response.setHeader('www-authenticate', 'Basic realm="Twilio API"');
      }
      sendJson(response, answer.status, answer.body);
    } finally {
      this.#concurrent--;
    }
  }

  #answer(request: IncomingMessage, path: string, form: URLSearchParams): RestAnswer {
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), this.#authorization)) {
      return restError(401, 20003, 'Authenticate');
    }
    const refusal = this.#refusals.shift();
    if (refusal) return restError(refusal.status, refusal.code, refusal.message);
    const [accountSid, collection, name, ...rest] = path.split('/').slice(3);
    if (accountSid !== this.#accountSid) return NOT_FOUND;
    if (collection === 'Calls' && rest.length > 0) {
      return request.method === 'POST' ? this.#record(name ?? '', rest, form) : NOT_FOUND;
    }
    if (collection === 'Calls.json' && name === undefined) {
      if (request.method === 'POST') return this.#create(form);
      if (request.method === 'GET') return this.#list(new URL(request.url ?? '', 'http://x'));
    }
    if (collection !== 'Calls') return NOT_FOUND;
    const callSid = /^(CA[\da-f]{32})\.json$/.exec(name ?? '')?.[1];
    if (callSid === undefined) return NOT_FOUND;
    if (request.method === 'GET') return this.#show(callSid);
    if (request.method === 'POST') return this.#update(callSid, form);
    return restError(405, 20004, 'Method not allowed');
  }

  #create(form: URLSearchParams): RestAnswer {
    try {
      const callSid = this.#calls.create(readCreateCall(form));
      return { status: 201, body: this.#calls.resource(callSid) };
    } catch (error) {
      if (error instanceof TwilioProblem) return restError(400, error.code, error.message);
      throw error;
    }
  }

  #list({ pathname, search, searchParams }: URL): RestAnswer {
    const size = Number(searchParams.get('PageSize') ?? 50);
    const calls = this.#calls.list().filter((call) =>
      ['To', 'From', 'Status'].every((name) => {
        const wanted = searchParams.get(name);
        return wanted === null || call[name.toLowerCase()] === wanted;
      }),
    );
    const uri = pathname + search;
    const page = { page: 0, page_size: size, uri, first_page_uri: uri, previous_page_uri: null };
    return {
      status: 200,
      body: { ...page, next_page_uri: null, start: 0, end: 0, calls: calls.slice(0, size) },
    };
  }

  /** `Recordings.json` begins one, `Recordings/{sid}.json` ends it. */
  #record(
    callSid: string,
    [collection, name]: readonly string[],
    form: URLSearchParams,
  ): RestAnswer {
    const call = this.#calls.live(callSid);
    if (!call) {
      return this.#calls.resource(callSid)
        ? restError(400, 21220, 'Call is not in-progress, cannot be recorded')
        : NOT_FOUND;
    }
    if (collection === 'Recordings.json' && name === undefined) {
      if (call.status !== 'in-progress') {
        return restError(400, 21220, 'Call is not in-progress, cannot be recorded');
      }
      const sid = call.recordings.start(readRecording(form));
      return { status: 201, body: { sid, call_sid: callSid, status: 'in-progress' } };
    }
    const sid = /^(.+)\.json$/.exec(name ?? '')?.[1];
    if (collection !== 'Recordings' || form.get('Status') !== 'stopped') return NOT_FOUND;
    return call.recordings.stop(sid === 'Twilio.CURRENT' ? undefined : sid)
      ? { status: 200, body: { sid, call_sid: callSid, status: 'stopped' } }
      : NOT_FOUND;
  }

  #show(callSid: string): RestAnswer {
    const body = this.#calls.resource(callSid);
    return body ? { status: 200, body } : NOT_FOUND;
  }

  #update(callSid: string, form: URLSearchParams): RestAnswer {
    if (!this.#calls.resource(callSid)) return NOT_FOUND;
    const call = this.#calls.live(callSid);
    if (!call) return restError(400, 21220, 'Call is not in-progress, cannot redirect');
    const problem = change(call, form);
    return problem ?? this.#show(callSid);
  }
}

/** Returns an error where the change is not possible. */
function change(call: TwilioCall, form: URLSearchParams): RestAnswer | undefined {
  const status = form.get('Status');
  const twiml = form.get('Twiml');
  const url = form.get('Url');
  if (status !== null) {
    if (
      status === 'completed' ||
      (status === 'canceled' && ['queued', 'ringing'].includes(call.status))
    ) {
      call.hangUpByServer(status);
      return undefined;
    }
    return status === 'canceled'
      ? restError(400, 21220, 'Call is in-progress, cannot be canceled')
      : restError(400, 20001, `Invalid Status ${status.slice(0, 40)}`);
  }
  if (twiml !== null && url !== null) {
    return restError(400, 20001, 'Url and Twiml cannot be given both');
  }
  if (url !== null) {
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
      return restError(400, 21205, 'Url is not a valid URL');
    }
    call.followUrl(url, form.get('Method') ?? undefined);
    return undefined;
  }
  if (twiml === null) return undefined;
  if (twiml.length > MAX_TWIML_CHARACTERS) {
    return restError(400, 20001, `Twiml is longer than ${MAX_TWIML_CHARACTERS} characters`);
  }
  try {
    call.followTwiml(twiml);
    return undefined;
  } catch (error) {
    if (error instanceof TwilioProblem) return restError(400, error.code, error.message);
    throw error;
  }
}

function restError(status: number, code: number, message: string): RestAnswer {
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return { status, body: { code, message, more_info, status } };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
