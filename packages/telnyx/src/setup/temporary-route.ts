import { randomBytes } from 'node:crypto';
import type { Print, SetupJournal } from '@phone-agents/core/setup';
import { SetupError } from '@phone-agents/core/setup';
import type { ProfileRecord, TelnyxAccount } from './telnyx-account.ts';

/** What a set-up has changed, or is about to change: enough to restore it. */
export interface RouteChange {
  /** Name of the temporary application, unlike any other. */
  readonly applicationName: string;
  /** Known once the application is made. */
  readonly applicationId?: string | undefined;
  /** Telnyx's id of the number; there once it is about to be routed. */
  readonly numberId?: string | undefined;
  /** What the number was routed to before; absent: to nothing. */
  readonly previousConnectionId?: string | undefined;
}

/** What a journal holds, where it is one of ours. */
export function parseRouteChange(
  record: Readonly<Record<string, unknown>>,
): RouteChange | undefined {
  const isText = (name: string): boolean =>
    record[name] === undefined || typeof record[name] === 'string';
  return typeof record['applicationName'] === 'string' &&
    ['applicationId', 'numberId', 'previousConnectionId'].every(isText)
    ? (record as unknown as RouteChange)
    : undefined;
}

export interface RouteOptions {
  readonly phoneNumber: string;
  /** Where Telnyx sends events. */
  readonly webhookUrl: string;
  readonly outboundProfile?: string | undefined;
}

/**
 * Makes a temporary application and routes the number to it. Each change is noted before it is made;
 * whatever this throws, {@link restoreRoute} puts back what was changed.
 *
 * @param signal Aborted: nothing more is changed.
 * @returns the application's id.
 * @throws SetupError, JournalError, ProviderRequestError
 */
export async function establishRoute(
  account: TelnyxAccount,
  journal: SetupJournal<RouteChange>,
  options: RouteOptions,
  print: Print,
  signal: AbortSignal,
): Promise<string> {
  const number = await account.findNumber(options.phoneNumber);
  if (!number) {
    throw new SetupError(
      'The account has no such number: check --phone-number, and that TELNYX_API_KEY is of the account that owns it.',
    );
  }
  const profile = chooseProfile(await account.listOutboundProfiles(), options.outboundProfile);
  if (!profile) {
    print('No outbound voice profile: calls can come in, but not be forwarded or placed.');
  }
  const applicationName = `phone-agents-${randomBytes(8).toString('hex')}`;
  let record: RouteChange = { applicationName };
  signal.throwIfAborted();
  await journal.begin(record);
  const applicationId = await account.createApplication(
    applicationName,
    options.webhookUrl,
    profile?.id,
  );
  record = { ...record, applicationId };
  await journal.write(record);
  signal.throwIfAborted();
  await journal.write({
    ...record,
    numberId: number.id,
    previousConnectionId: number.connectionId,
  });
  const routed = await account.routeNumber(number.id, applicationId);
  if (routed.connectionId !== applicationId) {
    throw new SetupError('Telnyx did not route the number to the new application.');
  }
  return applicationId;
}

/**
 * Puts back what was changed. A number that somebody has routed elsewhere since is left alone.
 * Repeatable: what is put back already needs nothing.
 *
 * @throws ProviderRequestError, SetupError
 */
export async function restoreRoute(
  account: TelnyxAccount,
  change: RouteChange,
  print: Print,
): Promise<void> {
  // By name too: a request that seemed to fail may have made one.
  const applications = new Set(await account.applicationsNamed(change.applicationName));
  if (change.applicationId !== undefined) applications.add(change.applicationId);
  if (change.numberId !== undefined) {
    await restoreNumber(account, change.numberId, change.previousConnectionId, applications, print);
  }
  for (const id of applications) await account.removeApplication(id);
  print('The temporary application is removed.');
}

async function restoreNumber(
  account: TelnyxAccount,
  numberId: string,
  previous: string | undefined,
  applications: ReadonlySet<string>,
  print: Print,
): Promise<void> {
  const number = await account.number(numberId);
  if (!number) {
    print('The number is not in the account any more.');
    return;
  }
  const current = number.connectionId;
  if (current === previous) {
    print('The number is routed as before.');
  } else if (current !== undefined && !applications.has(current)) {
    print('The number was routed elsewhere in the meantime; it is left so.');
  } else {
    const restored = await account.routeNumber(numberId, previous);
    if (restored.connectionId !== previous) {
      throw new SetupError(
        'Telnyx did not route the number back; do it in the Telnyx portal under Numbers, then run teardown.',
      );
    }
    print('The number is routed as before.');
  }
}

function chooseProfile(
  profiles: readonly ProfileRecord[],
  name: string | undefined,
): ProfileRecord | undefined {
  if (name === undefined) {
    if (profiles.length <= 1) return profiles[0];
    throw new SetupError(
      `There are several outbound voice profiles; name one with --outbound-profile: ${names(profiles)}.`,
    );
  }
  const found = profiles.find((profile) => profile.name === name);
  if (found) return found;
  const known = profiles.length === 0 ? 'there is none' : `there is ${names(profiles)}`;
  throw new SetupError(`There is no enabled outbound voice profile of that name; ${known}.`);
}

function names(profiles: readonly ProfileRecord[]): string {
  return profiles.map(({ name }) => `"${name}"`).join(', ');
}
