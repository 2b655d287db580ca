/**
 * Runs a TypeScript file on a Node that is new enough: `node tools/repository/run.mjs <file.ts> [arguments]`.
 * Arguments, standard streams, signals and the exit code pass through.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { requireNode, sourceFlags } from './node-runtime.mjs';

const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined || !existsSync(entry)) {
  console.error(
    entry === undefined
      ? 'Usage: node tools/repository/run.mjs <file.ts> [arguments]'
      : `There is no ${entry} to run.`,
  );
  process.exit(1);
}

const child = spawn(requireNode(), [...sourceFlags, entry, ...rest], { stdio: 'inherit' });

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the child too; passing it on would count as a second one.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) {
      child.kill(signal);
    }
  });
}

child.on('error', (error) => {
  console.error(`Could not start Node: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (signal !== null) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    return;
  }
  process.exit(code ?? 1);
});
