import type { CheckResult, Print, SetupJournal } from '@phone-agents/core/setup';
import { SetupError } from '@phone-agents/core/setup';
import type { TwilioAccount, VoiceRoute } from './twilio-account.ts';

/** Where Twilio is to send a number's webhooks. */
export interface Addresses {
  readonly voiceUrl: string;
  readonly statusUrl: string;
}

/** What a set-up has changed, or is about to change: enough to restore it. */
export interface RouteChange {
  /** Twilio's id of the number. */
  readonly numberSid: string;
  /** The address that the number was given. */
  readonly voiceUrl: string;
  /** Where its calls went before. */
  readonly previous: VoiceRoute;
}

const ROUTE_FIELDS: readonly (keyof VoiceRoute)[] = [
  'voiceUrl',
  'voiceMethod',
  'statusCallback',
  'statusCallbackMethod',
  'voiceApplicationSid',
  'trunkSid',
];

/** What a journal holds, where it is one of ours. */
export function parseRouteChange(
  record: Readonly<Record<string, unknown>>,
): RouteChange | undefined {
  const { numberSid, voiceUrl, previous } = record;
  const isRoute =
    typeof previous === 'object' &&
    previous !== null &&
    ROUTE_FIELDS.every((name) => typeof (previous as Record<string, unknown>)[name] === 'string');
  return typeof numberSid === 'string' && typeof voiceUrl === 'string' && isRoute
    ? { numberSid, voiceUrl, previous: previous as VoiceRoute }
    : undefined;
}

/**
 * Sends the number's calls to the server. What stood there is noted first.
 *
 * @throws SetupError, JournalError, ProviderRequestError
 */
export async function establishRoute(
  account: TwilioAccount,
  journal: SetupJournal<RouteChange>,
  phoneNumber: string,
  { voiceUrl, statusUrl }: Addresses,
  signal: AbortSignal,
): Promise<void> {
  const number = await account.findNumber(phoneNumber);
  if (!number) throw new SetupError(NO_SUCH_NUMBER);
  if (!number.canSpeak) throw new SetupError(NO_VOICE);
  signal.throwIfAborted();
  await journal.begin({ numberSid: number.sid, voiceUrl, previous: number.route });
  signal.throwIfAborted();
  const routed = await account.routeNumber(number.sid, {
    voiceUrl,
    voiceMethod: 'POST',
    statusCallback: statusUrl,
    statusCallbackMethod: 'POST',
    voiceApplicationSid: '',
    trunkSid: '',
  });
  if (routed.route.voiceUrl !== voiceUrl) {
    throw new SetupError('Twilio did not send the number’s calls to the new address.');
  }
}

/**
 * Puts back what was changed. A number whose calls somebody has sent elsewhere since is left alone.
 *
 * @throws ProviderRequestError, SetupError
 */
export async function restoreRoute(
  account: TwilioAccount,
  { numberSid, voiceUrl, previous }: RouteChange,
  print: Print,
): Promise<void> {
  const number = await account.number(numberSid);
  if (!number) {
    print('The number is not in the account any more.');
    return;
  }
  if (isSame(number.route, previous)) {
    print('The number’s calls go where they went before.');
    return;
  }
  const { trunkSid, voiceApplicationSid } = number.route;
  if (number.route.voiceUrl !== voiceUrl || trunkSid !== '' || voiceApplicationSid !== '') {
    print('The number’s calls were sent elsewhere in the meantime; they are left so.');
    return;
  }
  const restored = await account.routeNumber(numberSid, previous);
  if (!isSame(restored.route, previous)) {
    throw new SetupError(
      'Twilio did not restore the number; do it in the console under Phone Numbers, then run teardown.',
    );
  }
  print('The number’s calls go where they went before.');
}

/** Says what must be changed at Twilio so that calls come in. @throws ProviderRequestError */
export async function checkRoute(
  account: TwilioAccount,
  phoneNumber: string,
  { voiceUrl, statusUrl }: Addresses,
): Promise<CheckResult> {
  const problems: string[] = [];
  const notes: string[] = [];
  const number = await account.findNumber(phoneNumber);
  if (!number) {
    problems.push(NO_SUCH_NUMBER);
  } else {
    const { route } = number;
    if (!number.canSpeak) problems.push(NO_VOICE);
    if (route.trunkSid !== '') {
      problems.push(
        'The number belongs to a SIP trunk, which takes its calls: under Phone Numbers, configure it with a webhook.',
      );
    } else if (route.voiceApplicationSid !== '') {
      problems.push(
        'The number is configured with a TwiML app, which takes its calls: under Phone Numbers, configure it with a webhook.',
      );
    }
    if (route.voiceUrl !== voiceUrl) {
      problems.push(
        `The address for a call that comes in is ${route.voiceUrl || 'empty'}: set it to ${voiceUrl}.`,
      );
    }
    if (route.statusCallback !== statusUrl) {
      notes.push(
        `The address for call status changes is ${route.statusCallback || 'empty'}: ${statusUrl} ends calls at once when a caller gives up while it rings.`,
      );
    }
  }
  const unreachable = await findUnreachable(voiceUrl);
  if (unreachable !== undefined) problems.push(unreachable);
  return { problems, notes };
}

const NO_SUCH_NUMBER =
  'The account has no such number: check --phone-number, and that TWILIO_ACCOUNT_SID is the account that owns it.';
const NO_VOICE = 'The number takes no voice calls: use one with the capability Voice.';
const REACH_TIMEOUT_MS = 10_000;

/** Knocks without a signature: our server answers exactly that with 403. */
async function findUnreachable(voiceUrl: string): Promise<string | undefined> {
  let status: number;
  try {
    const response = await fetch(voiceUrl, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(REACH_TIMEOUT_MS),
    });
    await response.body?.cancel();
    status = response.status;
  } catch {
    return `${voiceUrl} cannot be reached from here: are the server and the tunnel up?`;
  }
  if (status === 403) return undefined;
  return `${voiceUrl} answers ${status} where the server would answer 403: does the address lead to it, with the right path?`;
}

function isSame(route: VoiceRoute, other: VoiceRoute): boolean {
  return ROUTE_FIELDS.every((name) => route[name] === other[name]);
}
