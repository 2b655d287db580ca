/**
 * `npm run bench` runs every suite, `npm run bench -- audio` those named. The exit code is 1 if a "must" that is a
 * ratio fails; absolute times are shown against their budget only, because machines differ.
 */
import { runSuites } from './run-suites.ts';
import type { Suite } from './suite.ts';

/** Every suite, loaded when it is run. A new one takes one line here. */
const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  audio: async () => (await import('./audio.bench.ts')).audioSuite,
  media: async () => (await import('./media/media.bench.ts')).mediaSuite,
  load: async () => (await import('./load/load.bench.ts')).loadSuite,
  knowledge: async () => (await import('./knowledge/knowledge.bench.ts')).knowledgeSuite,
  agent: async () => (await import('./agent/agent.bench.ts')).agentSuite,
  stream: async () => (await import('./stream/stream.bench.ts')).streamSuite,
  pacing: async () => (await import('./pacing/pacing.bench.ts')).pacingSuite,
};

process.exitCode = await runSuites(suites, process.argv.slice(2), (line) => {
  process.stdout.write(`${line}\n`);
});
