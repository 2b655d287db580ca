#!/usr/bin/env node
import { runCli } from './setup/run-cli.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Not once: what is being restored must not be killed by an impatient second Ctrl-C.
  process.on(signal, () => interrupted.abort());
}
void runCli({
  args: process.argv.slice(2),
  environment: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  signal: interrupted.signal,
}).then((code) => {
  process.exitCode = code;
});
