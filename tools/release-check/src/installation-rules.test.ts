import { findViolations, type InstalledPackage } from './installation-rules.ts';
import { withSiblings, type WorkspacePackage } from './workspace-package.ts';

const packages: WorkspacePackage[] = [
  ['core', 'type:core', []],
  ['twilio', 'type:provider', ['core']],
  ['telnyx', 'type:provider', ['core']],
  ['express', 'type:server', ['core']],
  ['agent', 'type:agent', ['core']],
  ['offline', 'type:vendor', ['core', 'agent']],
  ['greedy', 'type:provider', ['core', 'agent']],
].map(([name, tag, peers]) => ({
  folder: `packages/${String(name)}`,
  manifest: {
    name: `@phone-agents/${String(name)}`,
    version: '0.1.0',
    peerDependencies: Object.fromEntries(
      (peers as string[]).map((peer) => [`@phone-agents/${peer}`, '^0.1.0']),
    ),
    nx: { tags: [String(tag)] },
  },
}));

const installed = (...names: string[]): InstalledPackage[] =>
  names.map((name) => ({ name, path: `node_modules/${name}` }));
const violations = (name: string, ...names: string[]): string[] =>
  findViolations(withSiblings(`@phone-agents/${name}`, packages), installed(...names));

test('a package with its peers and its own dependencies is as it should be', () => {
  expect(
    violations('twilio', '@phone-agents/twilio', '@phone-agents/core', 'twilio', 'qs'),
  ).toEqual([]);
  expect(
    violations('offline', '@phone-agents/offline', '@phone-agents/agent', '@phone-agents/core'),
  ).toEqual([]);
});

test('a second core anywhere in the tree is found', () => {
  const tree = [
    ...installed('@phone-agents/twilio', '@phone-agents/core'),
    {
      name: '@phone-agents/core',
      path: 'node_modules/@phone-agents/twilio/node_modules/@phone-agents/core',
    },
  ];
  expect(findViolations(withSiblings('@phone-agents/twilio', packages), tree)).toEqual([
    expect.stringMatching(/^@phone-agents\/core is there 2 times/),
  ]);
});

test('a sibling that came along undeclared, and one that is missing, are found', () => {
  expect(violations('twilio', '@phone-agents/twilio', '@phone-agents/express')).toEqual([
    '@phone-agents/express came along undeclared',
    '@phone-agents/core is missing',
  ]);
});

test('a declared sibling that the boundaries forbid is found', () => {
  expect(
    violations('greedy', '@phone-agents/greedy', '@phone-agents/core', '@phone-agents/agent'),
  ).toEqual(['@phone-agents/greedy must not bring @phone-agents/agent']);
});

test('a large package that belongs to another of ours is found', () => {
  expect(violations('twilio', '@phone-agents/twilio', '@phone-agents/core', 'express')).toEqual([
    'node_modules/express belongs to @phone-agents/express and must not come along',
  ]);
});

test.each([
  ['telnyx', 'twilio'],
  ['twilio', 'telnyx'],
])('%s alone brings nothing of %s, of a server or of an agent', (name, other) => {
  const own = [`@phone-agents/${name}`, '@phone-agents/core', name];
  expect(violations(name, ...own)).toEqual([]);
  for (const stranger of [other, 'express', 'ai', '@phone-agents/express', '@phone-agents/agent']) {
    expect(violations(name, ...own, stranger)).toEqual([expect.stringContaining(stranger)]);
  }
  expect(violations(name, ...own, `@phone-agents/${other}`)).toHaveLength(1);
});

test('core comes alone', () => {
  expect(violations('core', '@phone-agents/core')).toEqual([]);
  expect(violations('core', '@phone-agents/core', 'left-pad')).toEqual([
    'core has no dependency, but node_modules/left-pad came along',
  ]);
});
