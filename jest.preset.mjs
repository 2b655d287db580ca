import process from 'node:process';

/** `npm run test:live` runs the tests that need somebody's account, and no others; everything else runs without. */
const isLive = process.env['LIVE_TESTS'] === '1';

/** Shared Jest settings: native ESM, TypeScript stripped by SWC, workspace packages read from source. */
export default {
  testEnvironment: 'node',
  testMatch: [`<rootDir>/src/**/*${isLive ? '.live' : ''}.test.ts`],
  testPathIgnorePatterns: ['/node_modules/', ...(isLive ? [] : ['\\.live\\.test\\.ts$'])],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  testEnvironmentOptions: {
    customExportConditions: ['@phone-agents/source', 'node', 'node-addons'],
  },
  // Calls are real and machines are slow: long enough that only a hang reaches it.
  testTimeout: 60_000,
};
