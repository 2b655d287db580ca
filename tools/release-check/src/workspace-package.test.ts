import {
  builtFiles,
  importSpecifiers,
  requiredPeers,
  withSiblings,
  type Manifest,
} from './workspace-package.ts';

const manifest: Manifest = {
  name: '@phone-agents/core',
  version: '0.1.0',
  exports: {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './testing': { types: './dist/testing/index.d.ts', default: './dist/testing/index.js' },
    './package.json': './package.json',
  },
  bin: { tool: './dist/cli.js' },
  peerDependencies: { express: '^5.0.0', '@opentelemetry/api': '^1.0.0' },
  peerDependenciesMeta: { '@opentelemetry/api': { optional: true } },
};

test('every entry but package.json is imported by the name that a user writes', () => {
  expect(importSpecifiers(manifest)).toEqual(['@phone-agents/core', '@phone-agents/core/testing']);
});

test('entries, their types and programs must be built', () => {
  expect(builtFiles(manifest)).toEqual([
    './dist/index.d.ts',
    './dist/index.js',
    './dist/testing/index.d.ts',
    './dist/testing/index.js',
    './package.json',
    './dist/cli.js',
  ]);
});

test('an optional peer is left out of the installation', () => {
  expect(requiredPeers(manifest)).toEqual({ express: '^5.0.0' });
});

test('a peer that no package here has is an error, not a silent gap', () => {
  const broken: Manifest = { ...manifest, peerDependencies: { '@phone-agents/nobody': '^1.0.0' } };
  expect(() => withSiblings(broken.name, [{ folder: '', manifest: broken }])).toThrow(RangeError);
});
