import { parseArgs } from 'node:util';

/** What `npm run call -- --to …` prints for `--help`. */
export const DIAL_USAGE = `npm run call -- --to NUMBER: has the running server (npm start) call a telephone

  --to NUMBER            whom to call, in E.164: +12025550123
  --from NUMBER          number to call from (default: the provider's)
  --instructions TEXT    what the agent is to do in this call, where it follows any
  --on-machine WHAT      hang-up, leave-message or continue, when a machine answers
  --message TEXT         what is left on a machine
  --server URL           the server (default: http://127.0.0.1:PORT)

The server's API_TOKEN must be in the environment or in .env. Ctrl-C hangs up.
With an address in place of --to, npm run call places a simulated call to a server.
`;

/** A call that the user wants placed. */
export interface DialCommand {
  readonly server: string;
  readonly apiToken: string;
  /** The body of `POST /calls`. */
  readonly body: Readonly<Record<string, string>>;
}

/** The command line or the environment is wrong; the message says how. */
export class DialUsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DialUsageError';
  }
}

/** Whether the arguments ask to call a telephone: they name one, and no address of a server to ring at. */
export function isDialCommand(args: readonly string[]): boolean {
  const namesNumber = args.some((argument) => /^--to(?:=|$)/.test(argument));
  const namesServer = args.some(
    (argument, index) => /^https?:\/\//.test(argument) && args[index - 1] !== '--server',
  );
  return namesNumber && !namesServer;
}

/** @throws DialUsageError */
export function readDialCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): DialCommand {
  const text = { type: 'string' } as const;
  let values: Partial<Record<string, string>>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        to: text,
        from: text,
        instructions: text,
        'on-machine': text,
        message: text,
        server: text,
      },
    }));
  } catch (error) {
    throw new DialUsageError((error as Error).message);
  }
  const apiToken = environment['API_TOKEN']?.trim() ?? '';
  if (apiToken === '') throw new DialUsageError('API_TOKEN is missing: set the server’s own.');
  const { to, from, instructions, message } = values;
  const body = { to, from, instructions, message, onMachine: values['on-machine'] };
  return {
    server: (values['server'] ?? `http://127.0.0.1:${environment['PORT']?.trim() || 8000}`).replace(
      /\/+$/,
      '',
    ),
    apiToken,
    body: Object.fromEntries(
      Object.entries(body).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  };
}
