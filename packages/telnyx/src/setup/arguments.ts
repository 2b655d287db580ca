import { parseArgs } from 'node:util';
import { isPhoneNumber } from '../telnyx-settings.ts';

/** What `phone-agents-telnyx` prints for `--help`. */
export const USAGE = `phone-agents-telnyx: points a Telnyx number at your server, and back

  phone-agents-telnyx setup --phone-number +15005550020 --public-url https://agent.example.com
      makes a temporary Call Control application for your server, routes the number to
      it, and restores everything when it is interrupted (Ctrl-C)
  phone-agents-telnyx teardown
      restores what a set-up left behind that was killed
  phone-agents-telnyx check --public-url https://agent.example.com
      says what is wrong with a standing configuration; changes nothing

  --phone-number NUMBER      your number in E.164 (default: TELNYX_PHONE_NUMBER)
  --public-url URL           how Telnyx reaches your server
  --outbound-profile NAME    outbound voice profile of the temporary application, which
                             calls that are forwarded need (default: the account's
                             only one)
  --app-id ID                application to check (default: TELNYX_CALL_CONTROL_APP_ID,
                             else the one that the number is routed to)
  --journal FILE             where setup notes what is to be restored
                             (default: .phone-agents-telnyx.json)
  --help

TELNYX_API_KEY opens the account; TELNYX_API_BASE_URL is for a stand-in of Telnyx.
Exit code: 0 done, 1 not done or something is wrong, 2 wrong usage.
`;

/** What the user asked for. */
export type Command =
  | {
      readonly name: 'setup';
      readonly phoneNumber: string;
      readonly publicUrl: string;
      readonly outboundProfile: string | undefined;
      readonly journalPath: string;
    }
  | { readonly name: 'teardown'; readonly journalPath: string }
  | {
      readonly name: 'check';
      readonly phoneNumber: string;
      readonly publicUrl: string;
      readonly applicationId: string | undefined;
    };

/** The command line is wrong; the message says how. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_JOURNAL = '.phone-agents-telnyx.json';

/**
 * Reads the command line.
 *
 * @throws UsageError
 */
export function readArguments(args: readonly string[], environment: Environment): Command | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [name, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is too much.`);
  const journalPath = values.journal ?? DEFAULT_JOURNAL;
  switch (name) {
    case 'teardown':
      return { name, journalPath };
    case 'setup':
    case 'check': {
      const phoneNumber = values['phone-number'] ?? environment['TELNYX_PHONE_NUMBER'];
      if (phoneNumber === undefined || phoneNumber === '') {
        throw new UsageError('--phone-number is missing.');
      }
      if (!isPhoneNumber(phoneNumber)) {
        throw new UsageError('--phone-number must be in E.164: a plus, the country code, digits.');
      }
      const publicUrl = values['public-url'];
      if (publicUrl === undefined) throw new UsageError('--public-url is missing.');
      if (name === 'setup') {
        const outboundProfile = values['outbound-profile'];
        return { name, phoneNumber, publicUrl, outboundProfile, journalPath };
      }
      const fromEnvironment = environment['TELNYX_CALL_CONTROL_APP_ID'];
      const applicationId =
        values['app-id'] ?? (fromEnvironment === '' ? undefined : fromEnvironment);
      return { name, phoneNumber, publicUrl, applicationId };
    }
    default:
      throw new UsageError(
        name === undefined ? 'A command is missing.' : `There is no command "${name}".`,
      );
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'phone-number': text,
        'public-url': text,
        'outbound-profile': text,
        'app-id': text,
        journal: text,
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
