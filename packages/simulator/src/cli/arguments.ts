import { parseArgs } from 'node:util';

/** What `phone-simulator` prints for `--help`. */
export const USAGE = `phone-simulator: places phone calls against your own server

  phone-simulator call <url> [options]
  phone-simulator telnyx-keys

<url> is a server that runs with a simulated carrier (it says so when it starts), that
carrier itself, or any server that takes the webhooks of Twilio or Telnyx. The last must
be able to check them. For Twilio: the account's auth token must be known, from
--auth-token or TWILIO_AUTH_TOKEN. For Telnyx: "phone-simulator telnyx-keys" makes a pair
of keys; the public one is the server's TELNYX_PUBLIC_KEY, the other --private-key.

  --audio FILE             what the caller says: a WAV file, 8, 16, 24 or 48 kHz
  --record FILE            writes both directions: a stereo WAV, left the caller,
                           right what the caller heard
  --from NUMBER            the caller's number (default: an invented one)
  --to NUMBER              the called number
  --digits KEYS            keys that the caller presses, after the audio
  --hang-up-after-ms MS    when the caller hangs up, counted from the moment at which
                           audio flows (default: when both have fallen silent)
  --provider NAME          whose webhooks the server takes: twilio (default) or telnyx
  --auth-token TOKEN       Twilio auth token that the server checks signatures with
  --account-sid SID        Twilio account SID
  --private-key KEY        Telnyx: what webhooks are signed with, base64 of 32 bytes
  --api-key KEY            Telnyx: what the server gives at REST, or TELNYX_API_KEY
  --codec CODEC            Telnyx: of the caller's line, PCMU (default), PCMA or L16
  --public-url URL         address that the server believes it has
  --api-port PORT          port of the simulated REST interface (default: any free one);
                           the server's TWILIO_API_BASE_URL is http://127.0.0.1:PORT,
                           its TELNYX_API_BASE_URL http://127.0.0.1:PORT/v2
  --help

Exit code: 0 when the call was put through, 1 when it was not, 2 for wrong usage.
`;

const PROVIDERS = ['twilio', 'telnyx'] as const;
const CODECS = ['PCMU', 'PCMA', 'L16'] as const;

/** A call to place, as the user asked for it. */
export interface CallCommand {
  readonly url: string;
  readonly audioPath: string | undefined;
  readonly recordPath: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly digits: string | undefined;
  readonly hangUpAfterMs: number | undefined;
  readonly provider: (typeof PROVIDERS)[number];
  readonly authToken: string | undefined;
  readonly accountSid: string | undefined;
  readonly privateKey: string | undefined;
  readonly apiKey: string | undefined;
  readonly codec: (typeof CODECS)[number] | undefined;
  readonly publicUrl: string | undefined;
  readonly apiPort: number;
}

/** The command line is wrong; the message says how. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/**
 * Reads the command line.
 *
 * @param environment Where `TWILIO_AUTH_TOKEN`, `TWILIO_ACCOUNT_SID` and `TELNYX_API_KEY` are looked for.
 * @throws UsageError
 */
export function readArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): 'help' | 'telnyx-keys' | CallCommand {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [command, url, ...rest] = positionals;
  if (command === 'telnyx-keys' && url === undefined) return command;
  if (command !== 'call') {
    throw new UsageError(command ? `There is no command "${command}".` : 'A command is missing.');
  }
  if (url === undefined) throw new UsageError('The address of the server is missing.');
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is too much.`);
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new UsageError(`"${url}" is no address; use for example http://127.0.0.1:8000`);
  }
  if (values.digits !== undefined && !/^[\d*#]+$/.test(values.digits)) {
    throw new UsageError('--digits takes 0 to 9, * and #.');
  }
  return {
    url,
    audioPath: values.audio,
    recordPath: values.record,
    from: values.from,
    to: values.to,
    digits: values.digits,
    hangUpAfterMs: wholeNumber('--hang-up-after-ms', values['hang-up-after-ms'], 24 * 3_600_000),
    provider: oneOf('--provider', values.provider?.toLowerCase(), PROVIDERS) ?? 'twilio',
    authToken: values['auth-token'] ?? environment['TWILIO_AUTH_TOKEN'],
    accountSid: values['account-sid'] ?? environment['TWILIO_ACCOUNT_SID'],
    privateKey: values['private-key'],
    apiKey: values['api-key'] ?? environment['TELNYX_API_KEY'],
    codec: oneOf('--codec', values.codec?.toUpperCase(), CODECS),
    publicUrl: values['public-url'],
    apiPort: wholeNumber('--api-port', values['api-port'], 65_535) ?? 0,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        audio: text,
        record: text,
        from: text,
        to: text,
        digits: text,
        'hang-up-after-ms': text,
        'auth-token': text,
        'account-sid': text,
        provider: text,
        'private-key': text,
        'api-key': text,
        codec: text,
        'public-url': text,
        'api-port': text,
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function wholeNumber(name: string, text: string | undefined, limit: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > limit) {
    throw new UsageError(`${name} takes a whole number from 0 to ${limit}, not "${text}".`);
  }
  return value;
}

function oneOf<Word extends string>(
  name: string,
  text: string | undefined,
  words: readonly Word[],
): Word | undefined {
  if (text === undefined) return undefined;
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw new UsageError(`${name} takes ${words.join(', ')}, not "${text}".`);
  return word;
}
