import type { LocalServer } from '@phone-agents/simulator/carrier-kit';
import { readBody, sendJson, startLocalServer } from '@phone-agents/simulator/carrier-kit';

/** A number as Twilio's REST interface shows it. */
export interface PhoneNumber {
  readonly sid: string;
  readonly phone_number: string;
  capabilities: { voice: boolean; SMS: boolean };
  voice_url: string | null;
  voice_method: string;
  voice_application_sid: string | null;
  trunk_sid: string | null;
  status_callback: string | null;
  status_callback_method: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const NOT_FOUND: Answer = {
  status: 404,
  body: { code: 20404, message: 'The requested resource was not found', status: 404 },
};
const NUMBERS = /^\/2010-04-01\/Accounts\/[^/]+\/IncomingPhoneNumbers(?:\/([^/]+))?\.json$/;
const FORM_FIELDS: Readonly<Record<string, keyof PhoneNumber>> = {
  VoiceUrl: 'voice_url',
  VoiceMethod: 'voice_method',
  StatusCallback: 'status_callback',
  StatusCallbackMethod: 'status_callback_method',
};

/** A loopback stand-in of the part of Twilio's REST interface by which numbers are configured. */
export class AccountServer {
  numbers: PhoneNumber[] = [];
  /** `POST PN1`, in order. */
  requests: string[] = [];
  /** Comes before a request is carried out; an answer of its own takes the place of the usual one. */
  intercept: (request: string) => Answer | undefined = () => undefined;
  #server!: LocalServer;

  private constructor() {}

  static async start(): Promise<AccountServer> {
    const account = new AccountServer();
    account.#server = await startLocalServer(0, async (request, response) => {
      const form = new URLSearchParams(await readBody(request));
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://host');
      const [path, sid] = NUMBERS.exec(pathname) ?? [];
      const name = `${request.method} ${sid ?? 'numbers'}`;
      account.requests.push(name);
      const { status, body } =
        account.intercept(name) ??
        (path === undefined ? NOT_FOUND : account.#handle(sid, searchParams, form));
      sendJson(response, status, body);
    });
    return account;
  }

  get url(): string {
    return this.#server.baseUrl;
  }

  /** An account with one number whose calls go somewhere. */
  reset(): void {
    this.numbers = [
      {
        sid: 'PN1',
        phone_number: '+15005550010',
        capabilities: { voice: true, SMS: true },
        voice_url: 'https://old.example.test/voice',
        voice_method: 'GET',
        voice_application_sid: '',
        trunk_sid: null,
        status_callback: '',
        status_callback_method: 'POST',
      },
    ];
    this.requests = [];
    this.intercept = () => undefined;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #handle(sid: string | undefined, query: URLSearchParams, form: URLSearchParams): Answer {
    if (sid === undefined) {
      const wanted = query.get('PhoneNumber');
      const found = this.numbers.filter(({ phone_number }) => phone_number === wanted);
      return { status: 200, body: { incoming_phone_numbers: found, page: 0, page_size: 20 } };
    }
    const number = this.numbers.find((candidate) => candidate.sid === sid);
    if (!number) return NOT_FOUND;
    for (const [field, value] of form) {
      const name = FORM_FIELDS[field];
      if (name) Object.assign(number, { [name]: value });
    }
    // As Twilio has it, setting the one removes the other.
    const application = form.get('VoiceApplicationSid');
    const trunk = form.get('TrunkSid');
    if (application !== null) {
      Object.assign(number, { voice_application_sid: application, trunk_sid: null });
    }
    if (trunk !== null) Object.assign(number, { trunk_sid: trunk, voice_application_sid: '' });
    return { status: 200, body: number };
  }
}
