import { ownDiagnostics } from './consumer.ts';

test('what the compiler says of our own declarations counts, of other people’s it does not', () => {
  const theirs = "node_modules/ai/dist/index.d.ts(6670,17): error TS2304: Cannot find name 'X'.";
  const ours =
    "node_modules/@phone-agents/core/dist/index.d.ts(1,3): error TS7016: No 'y'.\n  Try to add it.";
  const consumer = "consumer.mts(1,1): error TS2307: Cannot find module 'z'.";
  expect(ownDiagnostics(`${theirs}\n  It goes on.\n${ours}\n${theirs}\n${consumer}\n`)).toBe(
    `${ours}\n${consumer}`,
  );
  expect(ownDiagnostics(`${theirs}\n`)).toBe('');
});
