import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson } from '../local-server.ts';
import type { CallCommands } from './call-commands.ts';
import { isFields, NOT_FOUND, restError, type Fields, type RestAnswer } from './rest-answer.ts';
import type { SetupApi } from './setup-api.ts';

const MAX_BODY_BYTES = 262_144;
/** Path of the interface, and the end of its base address. */
export const API_PATH = '/v2';

/** One request to the REST stand-in, for tests to read. The API key is not in it. */
export interface TelnyxRestRequestRecord {
  readonly method: string;
  /** Without the query; ids in it are decoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** HTTP status of the answer; undefined where none was given. */
  readonly status: number | undefined;
}

/** Tells of a request whether something is meant for it. */
export type TelnyxRestFilter = (request: {
  readonly method: string;
  /** As in {@link TelnyxRestRequestRecord}. */
  readonly path: string;
}) => boolean;

/** How the REST stand-in refuses requests on command. */
export interface TelnyxRestRefusal {
  readonly status: number;
  /** Telnyx's code, such as `10011`. */
  readonly code: string;
  readonly title?: string | undefined;
  readonly detail?: string | undefined;
  /** Sent besides: `{ 'retry-after': '1' }`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The request is carried out all the same, as when a gateway fails behind it; default false. */
  readonly carriedOut?: boolean | undefined;
  /** Which requests are refused; default all. */
  readonly when?: TelnyxRestFilter | undefined;
}

type Resource = Readonly<Record<string, unknown>>;

/** What is known of calls by REST. */
export interface CallResources {
  resource(callControlId: string): Resource | undefined;
  /** Calls of an application that have not ended. */
  active(connectionId: string): readonly Resource[];
  /** What was told of calls. */
  events(filter: Readonly<Record<string, string>>): readonly Resource[];
  /** The server's request to place a call. */
  dial(body: Fields): RestAnswer;
  /** Whether the answer to the next request to place a call is lost. */
  losesDialAnswer(): boolean;
}

/** Telnyx's REST interface, as far as calls and their setup are concerned. */
export class TelnyxRestApi {
  readonly requests: TelnyxRestRequestRecord[] = [];
  readonly #authorization: Buffer;
  readonly #commands: CallCommands;
  readonly #setup: SetupApi;
  readonly #calls: CallResources;
  readonly #refusals: TelnyxRestRefusal[] = [];
  readonly #answersToLose: TelnyxRestFilter[] = [];

  constructor(apiKey: string, commands: CallCommands, setup: SetupApi, calls: CallResources) {
    this.#authorization = digest(`Bearer ${apiKey}`);
    this.#commands = commands;
    this.#setup = setup;
    this.#calls = calls;
  }

  /** Refuses the next `count` requests that carry the right key. */
  refuseNext(refusal: TelnyxRestRefusal, count: number): void {
    for (let i = 0; i < count; i++) this.#refusals.push(refusal);
  }

  /** Carries out the next `count` such requests that carry the right key, and never answers them. */
  loseAnswers(count: number, when: TelnyxRestFilter = () => true): void {
    for (let i = 0; i < count; i++) this.#answersToLose.push(when);
  }

  /** Whether a path is this interface's. */
  owns(path: string): boolean {
    return path.startsWith(`${API_PATH}/`);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://localhost');
    const path = url.pathname.split('/').map(decode);
    const text = await readBody(request, MAX_BODY_BYTES);
    const body = text === undefined ? undefined : parse(text);
    const isAuthorised = timingSafeEqual(
      digest(request.headers.authorization ?? ''),
      this.#authorization,
    );
    const { method = '' } = request;
    const answer = isAuthorised
      ? this.#answer(method, path, url.searchParams, body)
      : restError(401, '10009', 'The API key is not valid.');
    const asked = { method, path: path.join('/') };
    const isDial = path.slice(2).join() === 'calls' && answer.status === 200;
    const isLost =
      (isDial && this.#calls.losesDialAnswer()) ||
      (isAuthorised && takeFirst(this.#answersToLose, (when) => when(asked)) !== undefined);
    this.requests.push({
      ...asked,
      query: Object.fromEntries(url.searchParams),
      body: body ?? {},
      status: isLost ? undefined : answer.status,
    });
    if (isLost) {
      // The connection stays open until one of the two sides gives up.
      answer.effect?.();
      return;
    }
    if (answer.effect) response.once('close', answer.effect);
    for (const [name, value] of Object.entries(answer.headers ?? {})) {
      response.setHeader(name, value);
    }
    sendJson(response, answer.status, answer.body);
  }

  #answer(
    method: string,
    path: readonly string[],
    query: URLSearchParams,
    body: Fields | undefined,
  ): RestAnswer {
    const asked = { method, path: path.join('/') };
    const refusal = takeFirst(this.#refusals, ({ when }) => when?.(asked) !== false);
    if (refusal && refusal.carriedOut !== true) return refused(refusal);
    const answer = body
      ? this.#route(method, path.slice(2), query, body)
      : restError(400, '10015', 'The body must be a JSON object.');
    return refusal ? { ...refused(refusal), effect: answer.effect } : answer;
  }

  #route(
    method: string,
    path: readonly string[],
    query: URLSearchParams,
    body: Fields,
  ): RestAnswer {
    const [collection, id, actions, action, ...rest] = path;
    if (collection === 'call_events' && id === undefined && method === 'GET') {
      return page(this.#calls.events(filterOf(query)));
    }
    if (collection === 'connections' && actions === 'active_calls' && method === 'GET') {
      return page(this.#calls.active(id ?? ''));
    }
    if (collection === 'calls' && id === undefined && method === 'POST') {
      return this.#calls.dial(body);
    }
    if (collection !== 'calls') return this.#setup.handle({ method, path, query, body });
    if (id === undefined || rest.length > 0) return NOT_FOUND;
    if (actions === undefined && method === 'GET') {
      const data = this.#calls.resource(id);
      return data ? { status: 200, body: { data } } : NOT_FOUND;
    }
    if (actions !== 'actions' || action === undefined || method !== 'POST') return NOT_FOUND;
    return this.#commands.handle(id, action, body);
  }
}

function page(data: readonly Resource[]): RestAnswer {
  const meta = {
    page_number: 1,
    page_size: data.length,
    total_pages: 1,
    total_results: data.length,
  };
  return { status: 200, body: { data, meta } };
}

/** `filter[name]=value` */
function filterOf(query: URLSearchParams): Readonly<Record<string, string>> {
  const filter: Record<string, string> = {};
  for (const [name, value] of query) {
    const field = /^filter\[(\w+)\]$/.exec(name)?.[1];
    if (field !== undefined) filter[field] = value;
  }
  return filter;
}

/** Takes the first that fits out of a list. */
function takeFirst<Item>(items: Item[], fits: (item: Item) => boolean): Item | undefined {
  const index = items.findIndex(fits);
  return index < 0 ? undefined : items.splice(index, 1)[0];
}

function refused({ status, code, title, detail, headers }: TelnyxRestRefusal): RestAnswer {
  const error = restError(
    status,
    code,
    detail ?? 'Refused on command.',
    title === undefined ? {} : { title },
  );
  return { ...error, headers };
}

function parse(text: string): Fields | undefined {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
