import type { LocalServer } from '@phone-agents/simulator/carrier-kit';
import { readBody, sendJson, startLocalServer } from '@phone-agents/simulator/carrier-kit';

interface Application {
  readonly id: string;
  readonly record_type: 'call_control_application';
  application_name: string;
  active: boolean;
  webhook_event_url: string;
  webhook_api_version: string;
  outbound: { outbound_voice_profile_id?: string };
}

interface PhoneNumber {
  readonly id: string;
  readonly phone_number: string;
  status: string;
  connection_id: string | null;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const NOT_FOUND: Answer = {
  status: 404,
  body: { errors: [{ code: '10005', title: 'Resource not found', detail: 'Not found.' }] },
};

/** A loopback stand-in of the part of Telnyx's REST interface by which an account is configured. */
export class AccountServer {
  applications: Application[] = [];
  numbers: PhoneNumber[] = [];
  profiles: { id: string; name: string; enabled: boolean }[] = [];
  /** `POST /call_control_applications`, in order. */
  requests: string[] = [];
  /** Comes before a request is carried out; an answer of its own takes the place of the usual one. */
  intercept: (request: string) => Answer | 'break-after' | undefined = () => undefined;
  #nextId = 100;
  #server!: LocalServer;

  private constructor() {}

  static async start(): Promise<AccountServer> {
    const account = new AccountServer();
    account.#server = await startLocalServer(0, async (request, response) => {
      const text = (await readBody(request)) || '{}';
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://host');
      const path = pathname.replace(/^\/v2/, '');
      const name = `${request.method} ${path}`;
      account.requests.push(name);
      const intercepted = account.intercept(name);
      const carryOut = (): Answer =>
        account.#handle(
          request.method ?? '',
          path,
          searchParams,
          JSON.parse(text) as Record<string, unknown>,
        );
      if (intercepted === 'break-after') {
        carryOut();
        request.socket.destroy();
        return;
      }
      const { status, body } = intercepted ?? carryOut();
      sendJson(response, status, body);
    });
    return account;
  }

  get url(): string {
    return this.#server.baseUrl;
  }

  /** An account with a number that is routed to something, and one outbound profile. */
  reset(): void {
    this.applications = [];
    this.numbers = [
      { id: '7', phone_number: '+15005550020', status: 'active', connection_id: '42' },
      { id: '8', phone_number: '+15005550021', status: 'active', connection_id: null },
    ];
    this.profiles = [{ id: '9', name: 'Default', enabled: true }];
    this.requests = [];
    this.intercept = () => undefined;
  }

  addApplication(changes: Partial<Application>): Application {
    const application: Application = {
      id: String(this.#nextId++),
      record_type: 'call_control_application',
      application_name: 'standing',
      active: true,
      webhook_event_url: '',
      webhook_api_version: '2',
      outbound: {},
      ...changes,
    };
    this.applications.push(application);
    return application;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #handle(
    method: string,
    path: string,
    query: URLSearchParams,
    body: Record<string, unknown>,
  ): Answer {
    const [, kind, id] = path.split('/');
    if (kind === 'outbound_voice_profiles') return list(this.profiles);
    if (kind === 'phone_numbers') {
      if (id === undefined) {
        const wanted = query.get('filter[phone_number]');
        return list(this.numbers.filter(({ phone_number }) => phone_number === wanted));
      }
      const number = this.numbers.find((candidate) => candidate.id === id);
      if (!number) return NOT_FOUND;
      if (method === 'PATCH') {
        const connection = body['connection_id'] as string;
        number.connection_id = connection === '' ? null : connection;
      }
      return { status: 200, body: { data: number } };
    }
    if (kind !== 'call_control_applications') return NOT_FOUND;
    if (method === 'POST') {
      return { status: 201, body: { data: this.addApplication(body) } };
    }
    if (id === undefined) {
      const part = query.get('filter[application_name][contains]') ?? '';
      return list(
        this.applications.filter(({ application_name }) => application_name.includes(part)),
      );
    }
    const application = this.applications.find((candidate) => candidate.id === id);
    if (!application) return NOT_FOUND;
    if (method === 'DELETE') {
      this.applications = this.applications.filter((candidate) => candidate !== application);
    }
    return { status: 200, body: { data: application } };
  }
}

function list(data: readonly unknown[]): Answer {
  const meta = { page_number: 1, page_size: 250, total_pages: 1, total_results: data.length };
  return { status: 200, body: { data, meta } };
}
