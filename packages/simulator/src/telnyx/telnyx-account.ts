import { randomInt } from 'node:crypto';

/** A number of the account, as REST tells of it. */
export interface TelnyxPhoneNumber {
  readonly id: string;
  readonly record_type: 'phone_number';
  /** E.164 */
  readonly phone_number: string;
  readonly status: 'active';
  /** The application that takes its calls; null where none does. */
  readonly connection_id: string | null;
  readonly connection_name: string | null;
  readonly tags: readonly string[];
}

/** A Call Control application, as REST tells of it; fields that mean nothing here are kept as they came. */
export interface TelnyxApplication {
  readonly id: string;
  readonly record_type: 'call_control_application';
  readonly application_name: string;
  readonly webhook_event_url: string;
  readonly webhook_event_failover_url: string | null;
  readonly webhook_timeout_secs: number | null;
  readonly active: boolean;
  readonly [field: string]: unknown;
}

/** What must be given of an application that is made; all else has defaults. */
export interface NewTelnyxApplication {
  readonly application_name: string;
  readonly webhook_event_url: string;
  readonly [field: string]: unknown;
}

/** An outbound voice profile, as REST tells of it. */
export interface TelnyxOutboundVoiceProfile {
  readonly id: string;
  readonly record_type: 'outbound_voice_profile';
  readonly name: string;
  readonly enabled: boolean;
  readonly tags: readonly string[];
}

/** What one account owns at the simulated Telnyx: numbers, applications, profiles. */
export class TelnyxAccount {
  readonly #now: () => string;
  readonly #numbers = new Map<string, TelnyxPhoneNumber>();
  readonly #applications = new Map<string, TelnyxApplication>();
  readonly #profiles: readonly TelnyxOutboundVoiceProfile[];

  /** @param now The time as Telnyx writes it. */
  constructor(now: () => string) {
    this.#now = now;
    this.#profiles = [
      {
        id: createId(),
        record_type: 'outbound_voice_profile',
        name: 'Default',
        enabled: true,
        tags: [],
      },
    ];
  }

  get phoneNumbers(): readonly TelnyxPhoneNumber[] {
    return [...this.#numbers.values()];
  }

  get applications(): readonly TelnyxApplication[] {
    return [...this.#applications.values()];
  }

  get outboundVoiceProfiles(): readonly TelnyxOutboundVoiceProfile[] {
    return this.#profiles;
  }

  /** The application that takes the calls of a number; undefined where the number has none, or is not the account's. */
  applicationOf(phoneNumber: string): TelnyxApplication | undefined {
    const number = this.phoneNumbers.find((one) => one.phone_number === phoneNumber);
    return number && this.#applications.get(number.connection_id ?? '');
  }

  addNumber(phoneNumber: string, connectionId: string): void {
    const id = createId();
    this.#numbers.set(id, {
      id,
      record_type: 'phone_number',
      phone_number: phoneNumber,
      status: 'active',
      connection_id: connectionId,
      connection_name: this.#nameOf(connectionId),
      tags: [],
    });
  }

  phoneNumber(id: string): TelnyxPhoneNumber | undefined {
    return this.#numbers.get(id);
  }

  /** Leads a number to another application. Undefined where there is no such number. */
  routeNumber(id: string, connectionId: string | null): TelnyxPhoneNumber | undefined {
    const number = this.#numbers.get(id);
    if (!number) return undefined;
    const routed = {
      ...number,
      connection_id: connectionId,
      connection_name: this.#nameOf(connectionId),
    };
    this.#numbers.set(id, routed);
    return routed;
  }

  application(id: string): TelnyxApplication | undefined {
    return this.#applications.get(id);
  }

  createApplication(fields: NewTelnyxApplication, id: string = createId()): TelnyxApplication {
    const time = this.#now();
    const application: TelnyxApplication = {
      active: true,
      anchorsite_override: 'Latency',
      dtmf_type: 'RFC 2833',
      first_command_timeout: false,
      first_command_timeout_secs: 30,
      inbound: { channel_limit: null, sip_subdomain: null },
      outbound: { channel_limit: null, outbound_voice_profile_id: null },
      tags: [],
      webhook_api_version: '1',
      webhook_event_failover_url: null,
      webhook_timeout_secs: null,
      ...fields,
      id,
      record_type: 'call_control_application',
      created_at: time,
      updated_at: time,
    };
    this.#applications.set(id, application);
    return application;
  }

  updateApplication(
    id: string,
    fields: Readonly<Record<string, unknown>>,
  ): TelnyxApplication | undefined {
    const application = this.#applications.get(id);
    if (!application) return undefined;
    const { id: _id, record_type: _type, created_at: _time, ...changes } = fields;
    const updated = { ...application, ...changes, updated_at: this.#now() };
    this.#applications.set(id, updated);
    return updated;
  }

  deleteApplication(id: string): void {
    this.#applications.delete(id);
  }

  /** Whether a number's calls go to the application. */
  isInUse(applicationId: string): boolean {
    return this.phoneNumbers.some((number) => number.connection_id === applicationId);
  }

  #nameOf(connectionId: string | null): string | null {
    return this.#applications.get(connectionId ?? '')?.application_name ?? null;
  }
}

/** An id as Telnyx gives it to numbers and applications: 19 digits. */
export function createId(): string {
  let digits = String(randomInt(1, 10));
  while (digits.length < 19) digits += String(randomInt(10));
  return digits;
}
