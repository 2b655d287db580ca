import { parseArgs } from 'node:util';
import { isPhoneNumber } from '../provider/provider-settings.ts';

/** Routes a number to a server, until it is interrupted. */
export interface SetUpCommand {
  readonly name: 'setup';
  /** In E.164. */
  readonly phoneNumber: string;
  readonly publicUrl: string;
  readonly journalPath: string;
  /** Texts of the program's own options. */
  readonly options: Readonly<Record<string, string | undefined>>;
}

/** Restores what a set-up left behind that was killed. */
export interface TearDownCommand {
  readonly name: 'teardown';
  readonly journalPath: string;
}

/** Looks at a standing configuration. */
export interface CheckCommand {
  readonly name: 'check';
  /** In E.164. */
  readonly phoneNumber: string;
  readonly publicUrl: string;
  /** Texts of the program's own options. */
  readonly options: Readonly<Record<string, string | undefined>>;
}

/** What the user asked for. */
export type SetupCommand = SetUpCommand | TearDownCommand | CheckCommand;

/** The command line is wrong; the message says how. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How one program's command line differs from another's. */
export interface SetupGrammar {
  /** Its name, after which the journal is called where none is given. */
  readonly program: string;
  /** Variable with the number, where `--phone-number` is not given. */
  readonly phoneNumberVariable: string;
  /** Options beside the common ones; each takes a text. */
  readonly options: readonly string[];
}

/**
 * Reads a command line.
 *
 * @throws UsageError
 */
export function readSetupArguments(
  grammar: SetupGrammar,
  args: readonly string[],
  environment: Environment,
): SetupCommand | 'help' {
  const { values, positionals } = parse(grammar, args);
  if (values['help'] === true) return 'help';
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [name, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is too much.`);
  const journalPath = text('journal') ?? `.${grammar.program}.json`;
  if (name === 'teardown') return { name, journalPath };
  if (name !== 'setup' && name !== 'check') {
    throw new UsageError(
      name === undefined ? 'A command is missing.' : `There is no command "${name}".`,
    );
  }
  const phoneNumber = text('phone-number') ?? environment[grammar.phoneNumberVariable];
  if (phoneNumber === undefined || phoneNumber === '') {
    throw new UsageError('--phone-number is missing.');
  }
  if (!isPhoneNumber(phoneNumber)) {
    throw new UsageError('--phone-number must be in E.164: a plus, the country code, digits.');
  }
  const publicUrl = text('public-url');
  if (publicUrl === undefined) throw new UsageError('--public-url is missing.');
  const options = Object.fromEntries(grammar.options.map((option) => [option, text(option)]));
  return name === 'setup'
    ? { name, phoneNumber, publicUrl, journalPath, options }
    : { name, phoneNumber, publicUrl, options };
}

function parse(
  grammar: SetupGrammar,
  args: readonly string[],
): {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
} {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'phone-number': text,
        'public-url': text,
        journal: text,
        help: { type: 'boolean', short: 'h' },
        ...Object.fromEntries(grammar.options.map((option) => [option, text])),
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
