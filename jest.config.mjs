import preset from './jest.preset.mjs';

/** Every package, app and tool in one run; each folder's own config says how its tests are found. */
export default {
  projects: [
    '<rootDir>/packages/*/jest.config.mjs',
    '<rootDir>/apps/*/jest.config.mjs',
    '<rootDir>/tools/*/jest.config.mjs',
  ],
  // Jest reads it from here alone when it runs several projects; theirs is ignored.
  testTimeout: preset.testTimeout,
  watchman: false,
};
