import { join } from 'node:path';
import { workspaceRoot } from '@phone-agents/repository/node-runtime';
import { providerNames } from './provider-names.ts';
import { writeProvider } from './write-provider.ts';

const [name] = process.argv.slice(2);

try {
  if (name === undefined) throw new RangeError('Usage: npm run new:provider -- plivo');
  const names = providerNames(name);
  const folder = join('packages', names.lower);
  const files = writeProvider(join(workspaceRoot, folder), names);
  console.log(
    [
      `Wrote ${files.length} files into ${folder}.`,
      '',
      '1. npm install',
      `2. npm test -- ${folder}    each case says what is missing; begin with the first`,
      `3. Make ${folder}/src/test-support/${names.lower}-carrier.ts speak as ${names.upper} really does.`,
      '',
      'docs/write-a-provider.md goes through it.',
    ].join('\n'),
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
