import { randomBytes } from 'node:crypto';
import { TelnyxSigningKey } from '../telnyx/telnyx-signature.ts';
import { readArguments, USAGE, UsageError } from './arguments.ts';
import { runCallCommand } from './call-command.ts';

/** What a command line is run with. */
export interface CliSurroundings {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Prints a line for the user. */
  readonly print: (line: string) => void;
  /** Prints a complaint. */
  readonly complain: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs `phone-simulator` and returns its exit code: 0 put through, 1 not, 2 wrong usage. */
export async function runCli(surroundings: CliSurroundings): Promise<0 | 1 | 2> {
  const { args, environment, print, complain, signal } = surroundings;
  try {
    const command = readArguments(args, environment);
    if (command === 'help') {
      print(USAGE.trimEnd());
      return 0;
    }
    if (command === 'telnyx-keys') {
      const privateKey = randomBytes(32).toString('base64');
      print(`TELNYX_PUBLIC_KEY=${new TelnyxSigningKey(privateKey).publicKey}`);
      print(`--private-key ${privateKey}`);
      return 0;
    }
    const { connected, end } = await runCallCommand(command, { print, signal });
    const putThrough = end !== 'failed' && (connected || end === 'forwarded');
    return putThrough ? 0 : 1;
  } catch (error) {
    complain((error as Error).message);
    if (!(error instanceof UsageError)) return 1;
    complain('See phone-simulator --help.');
    return 2;
  }
}
