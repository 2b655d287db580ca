const MARKER = Symbol.for('@phone-agents/error');

/** Further facts about a {@link PhoneAgentError}. */
export interface PhoneAgentErrorOptions {
  /** What went wrong underneath. Never shown to a caller or an HTTP client. */
  readonly cause?: unknown;
}

/**
 * Base of every error that this project throws.
 *
 * `code` is stable and meant for programs; `message` says what happened and what to do, and holds
 * no secret and no phone number. `PhoneAgentError.isInstance` also knows errors from a second copy
 * of this package, which `instanceof` does not.
 */
export class PhoneAgentError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options: PhoneAgentErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    Object.defineProperty(this, MARKER, { value: true });
  }

  static isInstance(error: unknown): error is PhoneAgentError {
    return typeof error === 'object' && error !== null && MARKER in error;
  }
}

/** One setting that is missing or wrong. */
export interface ConfigurationProblem {
  /** The setting's name, as the user knows it: `TWILIO_AUTH_TOKEN`, `publicUrl`. */
  readonly setting: string;
  /** What is wrong with it and what to put there. */
  readonly problem: string;
}

/** Settings are missing or wrong; `problems` names each. Code `configuration_invalid`. */
export class ConfigurationError extends PhoneAgentError {
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    super(
      'configuration_invalid',
      `Configuration: ${problems.map((p) => `${p.setting}: ${p.problem}`).join('; ')}`,
    );
    this.problems = problems;
  }
}

/** A webhook is not what it claims to be. Code `webhook_rejected`; answered with HTTP 403. */
export class WebhookVerificationError extends PhoneAgentError {
  constructor(message: string, options?: PhoneAgentErrorOptions) {
    super('webhook_rejected', message, options);
  }
}

/**
 * A media socket was refused before the upgrade. Codes `media_unauthorized` (HTTP 401) and
 * `media_not_found` (HTTP 404).
 */
export class MediaAdmissionError extends PhoneAgentError {
  readonly status: 401 | 404;

  constructor(status: 401 | 404, message: string, options?: PhoneAgentErrorOptions) {
    super(status === 401 ? 'media_unauthorized' : 'media_not_found', message, options);
    this.status = status;
  }
}

/** What a provider's REST interface answered. */
export interface ProviderRequestErrorOptions extends PhoneAgentErrorOptions {
  /** HTTP status; absent where no answer came (network, timeout). */
  readonly status?: number | undefined;
  /** The provider's own error code, as text. */
  readonly providerCode?: string | undefined;
}

/** A command to the telephony provider failed. Code `provider_request_failed`. */
export class ProviderRequestError extends PhoneAgentError {
  readonly status: number | undefined;
  readonly providerCode: string | undefined;

  constructor(message: string, options: ProviderRequestErrorOptions = {}) {
    super('provider_request_failed', message, options);
    this.status = options.status;
    this.providerCode = options.providerCode;
  }
}

/** The registry has no such call. Code `call_not_found`. */
export class CallNotFoundError extends PhoneAgentError {
  constructor(message = 'There is no such call: it never existed here, or it ended long ago.') {
    super('call_not_found', message);
  }
}

/** The call has ended; what was asked of it cannot be done any more. Code `call_ended`. */
export class CallEndedError extends PhoneAgentError {
  constructor(message = 'The call has ended.') {
    super('call_ended', message);
  }
}

/** Audio came, or was given, in a form that is not supported. Code `audio_unsupported`. */
export class AudioFormatError extends PhoneAgentError {
  constructor(message: string) {
    super('audio_unsupported', message);
  }
}

/** The rule that kept a call from being placed. */
export type DialRule =
  /** It is no number in E.164. */
  | 'number'
  /** Its prefix, or the number itself, may not be called. */
  | 'destination'
  | 'calls-per-number'
  | 'concurrent-calls'
  /** Calling out is switched off. */
  | 'stopped'
  /** The server is shutting down. */
  | 'draining';

/** A call was not placed. Code `dial_refused`; `rule` names why. */
export class DialRefusedError extends PhoneAgentError {
  readonly rule: DialRule;

  constructor(rule: DialRule, message: string) {
    super('dial_refused', message);
    this.rule = rule;
  }
}

/** The call's provider, or whoever takes its audio, cannot do this. Code `command_unsupported`. */
export class CommandUnsupportedError extends PhoneAgentError {
  constructor(message: string) {
    super('command_unsupported', message);
  }
}

/** The call is not in a state in which this can be done. Code `call_state`. */
export class CallStateError extends PhoneAgentError {
  constructor(message: string) {
    super('call_state', message);
  }
}

/** A transfer names a destination that is not configured. Code `destination_unknown`. */
export class DestinationUnknownError extends PhoneAgentError {
  constructor(known: readonly string[]) {
    super(
      'destination_unknown',
      known.length === 0
        ? 'There is no destination: name those that calls may be transferred to in `destinations`.'
        : `There is no such destination; there are: ${known.join(', ')}.`,
    );
  }
}
