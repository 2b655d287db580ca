#!/usr/bin/env node
import { runCli } from './cli/run.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort(new Error('Stopped.')));
}
void runCli({
  args: process.argv.slice(2),
  environment: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  terminal: process.stderr,
  signal: interrupted.signal,
}).then((code) => {
  process.exitCode = code;
});
