import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import jsoncParser from 'jsonc-eslint-parser';
import tseslint from 'typescript-eslint';
import { refreshProjectGraph } from './tools/repository/project-graph.mjs';
import { dependencyConstraints } from './tools/repository/boundaries.mjs';

// The boundary rules read Nx's stored project graph and pass everything when there is none, so it is made first.
await refreshProjectGraph();

/** Tests, and what several tests of a package share; neither is published. */
const testFiles = ['**/*.test.ts', '**/test-support/**/*.ts'];

/** @param {'source' | 'test'} kind */
const moduleBoundaries = (kind) => [
  'error',
  {
    // Tests are not built: they may use what is for development only.
    enforceBuildableLibDependency: kind === 'source',
    allow: [],
    depConstraints: dependencyConstraints(kind),
  },
];

const focusedTests = ['test', 'it', 'describe'].map((object) => ({
  object,
  property: 'only',
  message: 'A focused test hides all others: remove .only.',
}));

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      '**/coverage',
      'api-docs',
      '**/node_modules',
      '.nx',
      '**/recordings',
      // Programs of other people's projects: their own compiler checks them.
      'packages/create-phone-agent/templates',
      'tools/new-provider/templates',
      'tools/new-provider/finished',
      '**/.pages',
      '**/*.json',
      '!packages/*/package.json',
    ],
  },
  { files: ['**/*.mjs'], ...js.configs.recommended },
  // The type check finds undefined names, in scripts too.
  { files: ['**/*.mjs'], rules: { 'no-undef': 'off' } },
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, ...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      // One program for all folders: libraries and Node's types are read once, not once per package.
      parserOptions: { project: ['./tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': moduleBoundaries('source'),
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
      ],
      '@typescript-eslint/require-await': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-exports': [
        'error',
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportAllDeclaration',
          message: 'Name what is exported, one by one: a public surface must be readable.',
        },
      ],
    },
  },
  // A page has a browser's globals, so a program of its own.
  ...['packages/simulator/page', 'tools/stream-standin/page'].map((page) => ({
    files: [`${page}/**/*.ts`],
    languageOptions: { parserOptions: { project: [`./${page}/tsconfig.json`] } },
  })),
  // Declarations of other people's modules export what those export.
  { files: ['**/*.d.ts'], rules: { 'no-restricted-exports': 'off' } },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: [...testFiles, '**/cli.ts', '**/cli/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: testFiles,
    rules: {
      '@nx/enforce-module-boundaries': moduleBoundaries('test'),
      // Tests read untyped JSON and compare it; a wrong guess fails the test itself.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'no-restricted-properties': ['error', ...focusedTests],
    },
  },
  {
    files: ['packages/*/package.json'],
    languageOptions: { parser: jsoncParser },
    plugins: { '@nx': nx },
    rules: {
      // What a published package imports it must also declare.
      '@nx/dependency-checks': [
        'error',
        {
          buildTargets: ['build'],
          checkObsoleteDependencies: false,
          checkVersionMismatches: false,
          ignoredFiles: [
            '{projectRoot}/jest.config.mjs',
            // A browser's page, built when the package is.
            '{projectRoot}/page/**',
            // Programs of other people's projects.
            '{projectRoot}/templates/**',
            ...testFiles.map((pattern) => `{projectRoot}/${pattern}`),
          ],
        },
      ],
    },
  },
  prettier,
);
