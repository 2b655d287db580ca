import { parsePublicUrl } from '@phone-agents/core';
import { createTelnyxClient } from '../telnyx-client.ts';
import { EVENTS_PATH } from '../telnyx-webhook-handler.ts';
import type { Command } from './arguments.ts';
import { readArguments, USAGE, UsageError } from './arguments.ts';
import { checkRoute } from './check-route.ts';
import { SetupJournal } from './setup-journal.ts';
import { TelnyxAccount } from './telnyx-account.ts';
import { establishRoute, restoreRoute } from './temporary-route.ts';

/** What a command line is run with. */
export interface CliSurroundings {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Prints a line for the user. */
  readonly print: (line: string) => void;
  /** Prints a complaint. */
  readonly complain: (line: string) => void;
  /** Aborted when the user wants an end. */
  readonly signal: AbortSignal;
}

type Of<Name> = Extract<Command, { readonly name: Name }>;

/** Runs `phone-agents-telnyx` and returns its exit code: 0 done, 1 not, 2 wrong usage. */
export async function runCli(surroundings: CliSurroundings): Promise<0 | 1 | 2> {
  const { args, environment, print, complain } = surroundings;
  try {
    const command = readArguments(args, environment);
    if (command === 'help') {
      print(USAGE.trimEnd());
      return 0;
    }
    const account = new TelnyxAccount(await createTelnyxClient({ environment }));
    if (command.name === 'setup') return await setUp(command, account, surroundings);
    if (command.name === 'check') return await check(command, account, surroundings);
    const restored = await restoreRoute(account, new SetupJournal(command.journalPath), print);
    if (!restored) print('There is no journal: nothing is left to restore.');
    return 0;
  } catch (error) {
    complain((error as Error).message);
    if (!(error instanceof UsageError)) return 1;
    complain('See phone-agents-telnyx --help.');
    return 2;
  }
}

async function setUp(
  command: Of<'setup'>,
  account: TelnyxAccount,
  { print, complain, signal }: CliSurroundings,
): Promise<0 | 1> {
  const { phoneNumber, outboundProfile, journalPath } = command;
  const journal = new SetupJournal(journalPath);
  const webhookUrl = parsePublicUrl(command.publicUrl).http(EVENTS_PATH);
  let failure: unknown;
  try {
    const options = { phoneNumber, webhookUrl, outboundProfile };
    const id = await establishRoute(account, journal, options, print, signal);
    print(`The number is routed to ${webhookUrl}.`);
    print(`TELNYX_CALL_CONTROL_APP_ID=${id}`);
    print('Ctrl-C restores it as it was.');
    await aborted(signal);
  } catch (error) {
    if (error !== signal.reason) failure = error;
  }
  if (failure !== undefined) complain((failure as Error).message);
  try {
    if (journal.isBegun) await restoreRoute(account, journal, print);
  } catch (error) {
    complain((error as Error).message);
    complain(`Not everything is restored: run teardown with --journal ${journalPath}`);
    return 1;
  }
  return failure === undefined ? 0 : 1;
}

async function check(
  command: Of<'check'>,
  account: TelnyxAccount,
  { print, complain }: CliSurroundings,
): Promise<0 | 1> {
  const { phoneNumber, applicationId } = command;
  const webhookUrl = parsePublicUrl(command.publicUrl).http(EVENTS_PATH);
  const { problems, notes } = await checkRoute(account, { phoneNumber, webhookUrl, applicationId });
  for (const problem of problems) complain(problem);
  for (const note of notes) print(note);
  if (problems.length > 0) return 1;
  print('Calls to the number come in at your server.');
  return 0;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    // An interrupt is all that is waited for, and it does not keep a process alive by itself.
    const alive = setInterval(() => {}, 60_000);
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}
