import { parseArgs } from 'node:util';
import { destination, pino } from 'pino';
import { demoLine } from './demo-line.ts';
import { runDemo } from './run-demo.ts';

/** The demo takes about 40 s; whatever hangs must not hang for ever. */
const WATCHDOG_MS = 100_000;

const AGENTS = ['offline', 'pipeline', 'openai'] as const;

const USAGE = `npm run demo -- [options]

  --provider NAME     who carries the call: twilio or telnyx (default: twilio)
  --codec CODEC       of the caller's line, with telnyx: PCMU, PCMA as in Europe, or L16 for
                      twice the bandwidth (default: PCMU)
  --edge EDGE         where the agent is: local (default), or stream (through a stand-in of Stream Video)
  --agent AGENT       who answers: offline (default), pipeline or openai (each with stand-ins of its vendors)
  --keypad            the caller presses keys, as where no speech can be recognised
  --knowledge FILE    what the agent knows (default: the clinic, whose answers the caller expects)
  --recordings DIR    folder of the recording (default: recordings)
`;

async function main(): Promise<number> {
  let options;
  let line;
  try {
    options = parseArgs({
      options: {
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
  const right = await runDemo({
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
