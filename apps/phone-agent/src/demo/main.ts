import { parseArgs } from 'node:util';
import { destination, pino } from 'pino';
import { demoLine } from './demo-line.ts';
import { runDemo } from './run-demo.ts';
import { runSupportDemo } from './run-support-demo.ts';

/** The longer scenario takes about 90 s; whatever hangs must not hang for ever. */
const WATCHDOG_MS = 200_000;

const AGENTS = ['offline', 'pipeline', 'openai'] as const;

const USAGE = `npm run demo -- [options]

  --scenario NAME     first-call (default), or support: an agent that answers from documents
  --provider NAME     who carries the call: twilio or telnyx (default: twilio)
  --codec CODEC       of the caller's line, with telnyx: PCMU, PCMA as in Europe, or L16 for
                      twice the bandwidth (default: PCMU)
  --edge EDGE         where the agent is: local (default), or stream (through a stand-in of Stream Video)
  --agent AGENT       who answers: offline (default), pipeline or openai (each with stand-ins of its vendors)
  --keypad            the caller presses keys, as where no speech can be recognised
  --knowledge FILE    what the agent knows, for support a folder (default: the clinic, whose answers the
                      caller expects)
  --recordings DIR    folder of the recording (default: recordings)
`;

async function main(): Promise<number> {
  let options;
  let line;
  try {
    options = parseArgs({
      options: {
        scenario: { type: 'string', default: 'first-call' },
        provider: { type: 'string' },
        codec: { type: 'string' },
        edge: { type: 'string', default: 'local' },
        agent: { type: 'string', default: 'offline' },
        keypad: { type: 'boolean', default: false },
        knowledge: { type: 'string' },
        recordings: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
    line = demoLine(options.provider, options.codec);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.edge !== 'local' && options.edge !== 'stream') {
    console.error(`--edge must be local or stream.\n\n${USAGE}`);
    return 2;
  }
  const agent = AGENTS.find((one) => one === options.agent);
  if (!agent) {
    console.error(`--agent must be ${AGENTS.join(', ')}.\n\n${USAGE}`);
    return 2;
  }
  if (options.scenario !== 'first-call' && options.scenario !== 'support') {
    console.error(`--scenario must be first-call or support.\n\n${USAGE}`);
    return 2;
  }
  if (options.scenario === 'support' && (agent !== 'offline' || options.edge !== 'local')) {
    console.error(`--scenario support has the offline agent and the local edge.\n\n${USAGE}`);
    return 2;
  }
  const run = options.scenario === 'support' ? runSupportDemo : runDemo;
  const right = await run({
    line,
    edge: options.edge,
    agent,
    keypadOnlyBecause: options.keypad ? '--keypad was given' : undefined,
    knowledgeFile: options.knowledge,
    recordingFolder: options.recordings,
    logger: pino({ level: 'error' }, destination({ dest: 2, sync: true })),
    print: (text) => console.log(text),
  });
  return right ? 0 : 1;
}

const watchdog = setTimeout(() => {
  console.error(`The demo did not come to its end within ${WATCHDOG_MS / 1000} s.`);
  process.exit(1);
}, WATCHDOG_MS);

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  clearTimeout(watchdog);
}
