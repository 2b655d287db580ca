import { describeOutbound } from './calling-out/outbound-settings.ts';
import type { EdgeSettings, Settings } from './settings.ts';
import { describeKnowledge } from './support/knowledge-settings.ts';
import type { TelephonySettings } from './telephony-settings.ts';

/** What the start message tells besides the settings. */
export interface StartFacts {
  /** Address of the server on this machine. */
  readonly url: string;
  /** What is told of the tunnel, where there is one. */
  readonly tunnel?: string | undefined;
  /** Address as the provider sees it. */
  readonly publicUrl: string;
  readonly webhooks: readonly { readonly path: string; readonly purpose: string }[];
  /** Who the agent answers for. */
  readonly agentName: string;
  /** `on`, or `off (why)`. */
  readonly speechRecognition: string;
  /** A key that the agent answers, where it answers any. */
  readonly sampleKey: string | undefined;
}

/** What `npm start` prints: the choices made, what to enter at the provider, and how to call. */
export function describeStart(settings: Settings, facts: StartFacts): string {
  const { maxConcurrentCalls, maxCallsPerCallerPerHour, maxCallDurationMs } = settings.limits;
  const { telephony } = settings;
  const isSimulated = telephony.network === 'simulated';
  const choices: readonly (readonly [string, string])[] = [
    [
      'provider',
      telephony.provider === 'telnyx' ? `telnyx, ${telephony.codec ?? 'PCMU'}` : telephony.provider,
    ],
    [
      'network',
      isSimulated ? 'simulated (a carrier on this machine: no account, no charge)' : 'live',
    ],
    ['edge', describeEdge(settings.edge)],
    ['agent', `${settings.agent.kind}, answering for ${facts.agentName}`],
    ...(settings.knowledge ? [['documents', describeKnowledge(settings.knowledge)] as const] : []),
    ['speech recognition', facts.speechRecognition],
    [
      'limits',
      `${maxConcurrentCalls} calls at once, ${maxCallsPerCallerPerHour} per caller and hour, ` +
        `${maxCallDurationMs / 60_000} minutes each`,
    ],
    ['calling out', describeOutbound(settings.outbound)],
    ['interface', settings.apiToken === undefined ? 'off (set API_TOKEN)' : `${facts.url}/calls`],
    ['server', facts.url],
    ...(facts.tunnel === undefined
      ? []
      : [['tunnel', `${facts.publicUrl} (${facts.tunnel})`] as const]),
  ];
  const width = Math.max(...choices.map(([name]) => name.length));
  return [
    'Phone agent: ready for calls',
    ...choices.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
    ...describeWebhooks(isSimulated, facts),
    '',
    ...describeFirstCall(telephony, facts),
    '',
    'Stop with Ctrl-C: live calls may finish.',
  ].join('\n');
}

function describeEdge(edge: EdgeSettings): string {
  if (edge.kind === 'local') return 'local (in this process)';
  return `stream (calls on Stream Video, at ${edge.baseUrl ?? 'Stream'})`;
}

function describeWebhooks(isSimulated: boolean, facts: StartFacts): string[] {
  const lines = facts.webhooks.map(
    ({ path, purpose }) => `  ${facts.publicUrl}${path}  (${purpose})`,
  );
  return isSimulated
    ? ['Webhooks, known to the simulated carrier already:', ...lines]
    : ['Webhooks to enter at the provider:', ...lines];
}

/** Browsers let a page use the microphone at either name; this one is easier to read. */
function browserUrl(url: string): string {
  return `${url.replace('127.0.0.1', 'localhost')}/`;
}

function describeFirstCall({ network, provider }: TelephonySettings, facts: StartFacts): string[] {
  const digits = facts.sampleKey === undefined ? '' : `--digits ${facts.sampleKey} `;
  const options = `${digits}--record recordings/call.wav`;
  const call = `  npm run call -- ${facts.url}`;
  if (network === 'simulated') {
    return [
      `Call it from your browser: ${browserUrl(facts.url)}`,
      '',
      'Or place a simulated call from a second terminal:',
      `${call} ${options}`,
    ];
  }
  if (provider === 'telnyx') {
    // Only Telnyx can sign for its key, so nobody else can place a call here.
    return [
      'Whether your number leads here says, from a second terminal with the same settings:',
      `  npm run telnyx -- check --public-url ${facts.publicUrl}`,
    ];
  }
  return [
    'Place a simulated call from a second terminal, with TWILIO_AUTH_TOKEN set there:',
    `${call} --public-url ${facts.publicUrl} ${options}`,
  ];
}
