import type { CheckCommand, SetUpCommand, SetupGrammar } from './setup-arguments.ts';
import { readSetupArguments, UsageError } from './setup-arguments.ts';
import type { SetupJournalOptions } from './setup-journal.ts';
import { SetupJournal } from './setup-journal.ts';

/** Goes to the user, as a line. */
export type Print = (line: string) => void;

/** The account does not have what was asked for; the message says what to do. */
export class SetupError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SetupError';
  }
}

/** What a look at a standing configuration found. */
export interface CheckResult {
  /** Calls will not come in as long as these are not mended. */
  readonly problems: readonly string[];
  /** Calls come in, but something else will not work. */
  readonly notes: readonly string[];
}

/** What a program needs of a provider's account. Each method may throw, and its message goes to the user. */
export interface SetupAccount<Change extends object> {
  /**
   * Routes the number to the server, and prints what the user needs to know. Each change is noted
   * before it is made; whatever this throws, {@link restore} puts back what was changed.
   *
   * @param signal Aborted: nothing more is changed.
   */
  establish(
    command: SetUpCommand,
    journal: SetupJournal<Change>,
    print: Print,
    signal: AbortSignal,
  ): Promise<void>;
  /** Puts back what was changed, and says so. Repeatable: what is put back already needs nothing. */
  restore(change: Change, print: Print): Promise<void>;
  /** Tells what must be changed so that calls come in; changes nothing itself. */
  check(command: CheckCommand): Promise<CheckResult>;
}

/** A program that points a provider's number at a server, and back: `setup`, `teardown` and `check`. */
export interface SetupProgram<Change extends object> extends SetupGrammar {
  readonly usage: string;
  readonly parseChange: SetupJournalOptions<Change>['parse'];
  /** Opens the account with what stands in the environment. */
  openAccount(
    environment: Readonly<Record<string, string | undefined>>,
  ): Promise<SetupAccount<Change>>;
}

/** What a command line is run with. */
export interface SetupSurroundings {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Prints a line for the user. */
  readonly print: Print;
  /** Prints a complaint. */
  readonly complain: Print;
  /** Aborted when the user wants an end. */
  readonly signal: AbortSignal;
}

/** Runs a program and returns its exit code: 0 done, 1 not, 2 wrong usage. */
export async function runSetupProgram<Change extends object>(
  program: SetupProgram<Change>,
  surroundings: SetupSurroundings,
): Promise<0 | 1 | 2> {
  const { args, environment, print, complain } = surroundings;
  try {
    const command = readSetupArguments(program, args, environment);
    if (command === 'help') {
      print(program.usage.trimEnd());
      return 0;
    }
    const account = await program.openAccount(environment);
    if (command.name === 'check') return await check(command, account, surroundings);
    const journal = new SetupJournal({
      path: command.journalPath,
      program: program.program,
      parse: program.parseChange,
    });
    if (command.name === 'setup') return await setUp(command, account, journal, surroundings);
    const restored = await restore(account, journal, print);
    if (!restored) print('There is no journal: nothing is left to restore.');
    return 0;
  } catch (error) {
    complain((error as Error).message);
    if (!(error instanceof UsageError)) return 1;
    complain(`See ${program.program} --help.`);
    return 2;
  }
}

/** Runs a program as this process, which ends with its exit code; an interrupt makes a set-up restore. */
export async function runSetupProcess<Change extends object>(
  program: SetupProgram<Change>,
): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Not once: what is being restored must not be killed by an impatient second Ctrl-C.
    process.on(signal, () => interrupted.abort());
  }
  process.exitCode = await runSetupProgram(program, {
    args: process.argv.slice(2),
    environment: process.env,
    print: (line) => void process.stdout.write(`${line}\n`),
    complain: (line) => void process.stderr.write(`${line}\n`),
    signal: interrupted.signal,
  });
}

async function setUp<Change extends object>(
  command: SetUpCommand,
  account: SetupAccount<Change>,
  journal: SetupJournal<Change>,
  { print, complain, signal }: SetupSurroundings,
): Promise<0 | 1> {
  let failure: unknown;
  try {
    await account.establish(command, journal, print, signal);
    print('Ctrl-C restores it as it was.');
    await aborted(signal);
  } catch (error) {
    if (error !== signal.reason) failure = error;
  }
  if (failure !== undefined) complain((failure as Error).message);
  try {
    if (journal.isBegun) await restore(account, journal, print);
  } catch (error) {
    complain((error as Error).message);
    complain(`Not everything is restored: run teardown with --journal ${journal.path}`);
    return 1;
  }
  return failure === undefined ? 0 : 1;
}

/** @returns whether there was anything. The journal stays where that fails. */
async function restore<Change extends object>(
  account: SetupAccount<Change>,
  journal: SetupJournal<Change>,
  print: Print,
): Promise<boolean> {
  const change = await journal.read();
  if (!change) return false;
  await account.restore(change, print);
  await journal.remove();
  return true;
}

async function check<Change extends object>(
  command: CheckCommand,
  account: SetupAccount<Change>,
  { print, complain }: SetupSurroundings,
): Promise<0 | 1> {
  const { problems, notes } = await account.check(command);
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
