/**
 * `npm run soak`: batches of phone calls through the real server, plugin and carrier stand-in on loopback,
 * ended in every way in turn. Nothing may be left of them: no call, no edge call, no timer, no socket, and no
 * slope in memory. `npm run soak -- agent` has the whole agent answer them. Takes `--calls N` (in a batch),
 * `--at-once N` and `--batches N`. The exit code is 1 where something was left.
 */
import { parseArgs } from 'node:util';
import { runSoak } from './soak.ts';

const SCENARIOS = {
  phone: {
    load: async () => (await import('./phone-scenario.ts')).phoneScenario,
    calls: 1_000,
    atOnce: 100,
  },
  agent: {
    load: async () => (await import('./agent-scenario.ts')).createAgentScenario(),
    calls: 100,
    atOnce: 25,
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    calls: { type: 'string' },
    'at-once': { type: 'string' },
    batches: { type: 'string', default: '3' },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const [name = 'phone'] = positionals;
if (name === 'phone' || name === 'agent') {
  const { load, calls, atOnce } = SCENARIOS[name];
  const failures = await runSoak({
    scenario: await load(),
    callsPerBatch: Number(values.calls ?? calls),
    atOnce: Number(values['at-once'] ?? atOnce),
    batches: Number(values.batches),
    print,
  });
  for (const failure of failures) print(`FAILED: ${failure}`);
  if (failures.length === 0) print('Nothing was left.');
  process.exitCode = failures.length === 0 ? 0 : 1;
} else {
  print(`There is no soak "${name}": use ${Object.keys(SCENARIOS).join(' or ')}.`);
  process.exitCode = 2;
}
