import { parseArgs } from 'node:util';
import type { ProjectChoices } from './choices.ts';
import { QUESTIONS } from './choices.ts';

/** What the command line says. */
export interface Arguments {
  readonly folder: string | undefined;
  readonly choices: Partial<ProjectChoices>;
  /** Ask nothing: take the defaults. */
  readonly yes: boolean;
  readonly help: boolean;
}

/** The command line was not understood; the message says why. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** What `--help` prints. */
export const USAGE = [
  'Usage: npm create phone-agent [folder] -- [options]',
  '',
  ...QUESTIONS.flatMap(({ name, options }) => [
    `  --${name}`,
    ...Object.entries(options).map(([option, meaning]) => `      ${option.padEnd(8)} ${meaning}`),
  ]),
  '  --yes        ask nothing, take the first of each',
  '  --help',
].join('\n');

/** @throws UsageError */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  if (positionals.length > 1) throw new UsageError('Give one folder only.');
  const choices: Record<string, string> = {};
  for (const { name, options } of QUESTIONS) {
    const value = values[name];
    if (value === undefined) continue;
    if (!Object.hasOwn(options, value)) {
      throw new UsageError(`--${name} must be ${Object.keys(options).join(' or ')}.`);
    }
    choices[name] = value;
  }
  return {
    folder: positionals[0],
    choices,
    yes: values.yes ?? false,
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        provider: { type: 'string' },
        edge: { type: 'string' },
        agent: { type: 'string' },
        yes: { type: 'boolean', short: 'y' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
