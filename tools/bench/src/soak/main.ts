/**
 * `npm run soak`: three batches of 1,000 phone calls through the real server, plugin and carrier
 * stand-in on loopback, ended in every way in turn. Nothing may be left of them: no call, no edge call,
 * no timer, no socket, and no slope in memory. Takes `--calls N` and `--at-once N`. The exit
 * code is 1 where something was left.
 */
import { parseArgs } from 'node:util';
import { runSoak } from './soak.ts';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000' },
    'at-once': { type: 'string', default: '100' },
  },
});

const failures = await runSoak({
  callsPerBatch: Number(values.calls),
  atOnce: Number(values['at-once']),
  print: (line) => process.stdout.write(`${line}\n`),
});
for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
if (failures.length === 0) process.stdout.write('Nothing was left.\n');
process.exitCode = failures.length === 0 ? 0 : 1;
