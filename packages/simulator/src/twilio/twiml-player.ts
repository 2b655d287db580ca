import { delay, type Clock } from '@phone-agents/core';
import type { DialOutcome } from '../dial-outcome.ts';
import type { PhoneLine } from '../line/phone-line.ts';
import { voiceHum } from '../line/tones.ts';
import type { ConferenceRequest } from './conference.ts';
import type { MediaStreamEnd } from './media-stream.ts';
import { TwilioProblem } from './twilio-problem.ts';
import type { TwimlElement } from './twiml.ts';
import type { FormFields } from './twilio-signature.ts';
import type { WebhookPurpose } from './webhook-client.ts';

const SAMPLE_RATE = 8000;
/** A server that redirects for ever would keep the call busy for ever. */
const MAX_DOCUMENTS = 200;

/** Instructions, and where they came from. */
export interface TwimlDocument {
  readonly verbs: readonly TwimlElement[];
  /** Relative URLs in it count from here. */
  readonly url: string;
}

/** Why there is nothing more to do. */
export type PlayEnd =
  | { readonly by: 'server'; readonly detail: string }
  | { readonly by: 'rejected'; readonly detail: 'busy' | 'rejected' }
  | { readonly by: 'forwarded'; readonly detail: string };

/** The call in which instructions are carried out. */
export interface TwimlHost {
  readonly clock: Clock;
  readonly line: PhoneLine;
  isAnswered(): boolean;
  answer(): void;
  /** The carrier is about to say `text`; returns its sound where somebody renders it. */
  announce(text: string): Promise<Int16Array | undefined>;
  readonly sayCharactersPerSecond: number;
  /** Keys are heard at the phone; resolves when they were. */
  hearDigits(digits: string): Promise<void>;
  /** Takes part in a conference until it, or the part, is over. */
  joinConference(request: ConferenceRequest, signal: AbortSignal): Promise<void>;
  dialOutcome(number: string): DialOutcome;
  forwarding(number: string): void;
  fetch(
    purpose: WebhookPurpose,
    url: string,
    method: string | undefined,
    fields: FormFields,
    signal: AbortSignal,
  ): Promise<TwimlDocument>;
  /** Runs a bidirectional stream until it is over. */
  runStream(
    element: TwimlElement,
    documentUrl: string,
    signal: AbortSignal,
  ): Promise<MediaStreamEnd>;
}

/** Carries out TwiML, verb by verb, as Twilio does. */
export class TwimlPlayer {
  readonly #host: TwimlHost;
  #forwardedTo: string | undefined;

  constructor(host: TwimlHost) {
    this.#host = host;
  }

  /**
   * Plays a document and those that it leads to. Once `signal` is aborted it stops at the next
   * opportunity, and what it returns means nothing.
   *
   * @throws TwilioProblem where instructions cannot be got or carried out.
   */
  async play(document: TwimlDocument, signal: AbortSignal): Promise<PlayEnd> {
    const stopSounds = (): void => this.#host.line.stopSounds();
    signal.addEventListener('abort', stopSounds, { once: true });
    try {
      let current = document;
      for (let documents = 1; documents <= MAX_DOCUMENTS; documents++) {
        const next = await this.#playOne(current, signal);
        if (!('verbs' in next)) return next;
        current = next;
      }
      throw new TwilioProblem(11210, `More than ${MAX_DOCUMENTS} documents in one call.`);
    } finally {
      signal.removeEventListener('abort', stopSounds);
    }
  }

  async #playOne(document: TwimlDocument, signal: AbortSignal): Promise<TwimlDocument | PlayEnd> {
    for (const verb of document.verbs) {
      if (signal.aborted) break;
      const next = await this.#perform(verb, document, signal);
      if (next) return next;
    }
    return this.#finished('The instructions ended.');
  }

  #finished(detail: string): PlayEnd {
    return this.#forwardedTo === undefined
      ? { by: 'server', detail }
      : { by: 'forwarded', detail: this.#forwardedTo };
  }

  async #perform(
    verb: TwimlElement,
    document: TwimlDocument,
    signal: AbortSignal,
  ): Promise<TwimlDocument | PlayEnd | undefined> {
    const host = this.#host;
    switch (verb.name) {
      case 'Reject':
        if (host.isAnswered())
          return this.#finished('<Reject> after the call was answered: hung up.');
        return {
          by: 'rejected',
          detail: verb.attributes['reason'] === 'busy' ? 'busy' : 'rejected',
        };
      case 'Hangup':
        host.answer();
        return this.#finished('Hung up by <Hangup>.');
      case 'Pause':
        // As the first verb it lets the phone ring on.
        await delay(host.clock, seconds(verb.attributes['length'], 1) * 1000, signal);
        return undefined;
      case 'Redirect':
        return this.#fetch('redirect', verb.text, verb, document, signal);
      case 'Say':
        host.answer();
        await this.#say(verb, signal);
        return undefined;
      case 'Play':
        host.answer();
        await this.#playSound(verb);
        return undefined;
      case 'Dial':
        host.answer();
        return this.#dial(verb, document, signal);
      case 'Connect':
        host.answer();
        return this.#connect(verb, document, signal);
      default:
        throw new TwilioProblem(12200, `The simulator does not know <${verb.name}>.`);
    }
  }

  async #say(verb: TwimlElement, signal: AbortSignal): Promise<void> {
    if (verb.text === '') return;
    const times = seconds(verb.attributes['loop'], 1);
    for (let i = 0; (i < times || times === 0) && !signal.aborted; i++) {
      const rendered = await this.#host.announce(verb.text);
      if (signal.aborted) return;
      const durationMs = (verb.text.length / this.#host.sayCharactersPerSecond) * 1000;
      await this.#host.line.playSound(rendered ?? voiceHum(durationMs, SAMPLE_RATE));
    }
  }

  /** Files are not fetched: only key tones are heard. */
  async #playSound(verb: TwimlElement): Promise<void> {
    const digits = verb.attributes['digits'];
    if (digits !== undefined) await this.#host.hearDigits(digits);
  }

  async #dial(
    verb: TwimlElement,
    document: TwimlDocument,
    signal: AbortSignal,
  ): Promise<TwimlDocument | undefined> {
    const [noun] = verb.children;
    if (noun?.name === 'Conference') return this.#confer(noun, verb, document, signal);
    const number = noun?.text ?? verb.text;
    if (number === '') throw new TwilioProblem(13224, '<Dial> has no number.');
    this.#host.forwarding(number);
    const outcome = this.#host.dialOutcome(number);
    const durationMs = outcome.status === 'completed' ? (outcome.durationMs ?? 0) : 0;
    if (durationMs > 0) await delay(this.#host.clock, durationMs, signal);
    this.#forwardedTo = outcome.status === 'completed' ? number : undefined;
    const action = verb.attributes['action'];
    if (action === undefined || signal.aborted) return undefined;
    const talked: FormFields = [
      ['DialCallDuration', String(Math.round(durationMs / 1000))],
      ['DialBridged', 'true'],
    ];
    return this.#fetch('dial-action', action, verb, document, signal, [
      ['DialCallStatus', outcome.status],
      ...(outcome.status === 'completed' ? talked : []),
    ]);
  }

  async #confer(
    noun: TwimlElement,
    verb: TwimlElement,
    document: TwimlDocument,
    signal: AbortSignal,
  ): Promise<TwimlDocument | undefined> {
    if (noun.text === '') throw new TwilioProblem(13214, '<Conference> has no name.');
    const endsOnExit = noun.attributes['endConferenceOnExit'] === 'true';
    await this.#host.joinConference({ name: noun.text, endsOnExit }, signal);
    const action = verb.attributes['action'];
    if (action === undefined || signal.aborted) return undefined;
    const status: FormFields = [['DialCallStatus', 'completed']];
    return this.#fetch('dial-action', action, verb, document, signal, status);
  }

  #fetch(
    purpose: WebhookPurpose,
    url: string,
    verb: TwimlElement,
    document: TwimlDocument,
    signal: AbortSignal,
    fields: FormFields = [],
  ): Promise<TwimlDocument> {
    const { method } = verb.attributes;
    return this.#host.fetch(purpose, target(url, document.url), method, fields, signal);
  }

  async #connect(
    verb: TwimlElement,
    document: TwimlDocument,
    signal: AbortSignal,
  ): Promise<TwimlDocument | undefined> {
    const noun = verb.children[0];
    if (noun?.name !== 'Stream') {
      throw new TwilioProblem(
        12200,
        `The simulator knows <Connect> with <Stream> only, not <${noun?.name ?? ''}>.`,
      );
    }
    await this.#host.runStream(noun, document.url, signal);
    const action = verb.attributes['action'];
    if (action === undefined || signal.aborted) return undefined;
    return this.#fetch('connect-action', action, verb, document, signal);
  }
}

/** Absolute URLs keep their spelling, for it is signed. */
function target(url: string, documentUrl: string): string {
  if (/^[a-z][a-z\d+.-]*:/i.test(url)) return url;
  if (!URL.canParse(url, documentUrl))
    throw new TwilioProblem(11100, 'The URL of a verb is not valid.');
  return new URL(url, documentUrl).href;
}

function seconds(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
}
