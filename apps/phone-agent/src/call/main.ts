/**
 * `npm run call -- --to +12025550123` has the running server call a telephone; `npm run call -- http://…` places a
 * simulated call to a server.
 */
import { existsSync } from 'node:fs';
import { runCli } from '@phone-agents/simulator';
import { DIAL_USAGE, DialUsageError, isDialCommand, readDialCommand } from './dial-command.ts';
import { followCall } from './follow-call.ts';

const ENVIRONMENT_FILE = '.env';

const args = process.argv.slice(2);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort());
}
const surroundings = {
  print: (line: string): void => void process.stdout.write(`${line}\n`),
  complain: (line: string): void => void process.stderr.write(`${line}\n`),
  signal: interrupted.signal,
};

process.exitCode = isDialCommand(args)
  ? await dial()
  : await runCli({ ...surroundings, args: ['call', ...args], environment: process.env });
if (args.includes('--help')) surroundings.print(`\n${DIAL_USAGE.trimEnd()}`);

async function dial(): Promise<number> {
  if (existsSync(ENVIRONMENT_FILE)) process.loadEnvFile(ENVIRONMENT_FILE);
  try {
    return await followCall(readDialCommand(args, process.env), surroundings);
  } catch (error) {
    if (!(error instanceof DialUsageError)) throw error;
    surroundings.complain(`${error.message}\n\n${DIAL_USAGE.trimEnd()}`);
    return 2;
  }
}
