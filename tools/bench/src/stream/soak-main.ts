/**
 * `npm run soak:stream`: 200 rounds of joining and leaving a call on Stream's stand-in. Nothing may be left
 * of them: no socket, no timer, and no slope in memory. Takes `--rounds N`. The exit code is 1 where
 * something was left.
 */
import { parseArgs } from 'node:util';
import { StandinProcess } from './standin-process.ts';
import { runStreamSoak } from './stream-soak.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' } } });
const standin = await StandinProcess.start();
let failures: string[];
try {
  failures = await runStreamSoak(standin.edge, {
    rounds: Number(values.rounds),
    print: (line) => process.stdout.write(`${line}\n`),
  });
} finally {
  await standin.stop();
}
for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
if (failures.length === 0) process.stdout.write('Nothing was left.\n');
process.exitCode = failures.length === 0 ? 0 : 1;
