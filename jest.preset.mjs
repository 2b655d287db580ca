/** Shared Jest settings: native ESM, TypeScript stripped by SWC, workspace packages read from source. */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.test.ts'],
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
