/**
 * Who may import whom, by the `type:` tag in each package.json. Lint reads it for imports, the release check for
 * what an installation may bring along.
 */

/**
 * What the published source of a package may import from this workspace.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const sourceBoundaries = {
  'type:core': ['type:core'],
  'type:provider': ['type:core'],
  'type:edge': ['type:core'],
  'type:server': ['type:core'],
  'type:agent': ['type:core'],
  'type:vendor': ['type:core', 'type:agent'],
  'type:knowledge': ['type:core'],
  'type:simulator': ['type:core'],
  // Writes programs that use the others, and uses none.
  'type:generator': [],
  'type:testing': [
    'type:core',
    'type:agent',
    'type:simulator',
    'type:provider',
    // The one vendor package that needs no account.
    'speech:offline',
  ],
};

const everyPackage = [...Object.keys(sourceBoundaries)];

/** What applications and tools may import; nothing may import an application. */
const consumerBoundaries = {
  'type:app': [...everyPackage, 'type:standin'],
  'type:tool': [...everyPackage, 'type:standin', 'type:tool'],
  // A service's local double, for development and tests: it knows nothing of what it is used for.
  'type:standin': ['type:core'],
};

/** Tests of these may stand a whole phone up: a carrier, a server, a provider. */
const testsMayAlsoImport = ['type:simulator', 'type:server', 'type:provider', 'type:standin'];
const testedOnAWholePhone = [
  'type:provider',
  'type:edge',
  'type:server',
  'type:agent',
  'type:vendor',
];

/**
 * The constraints in the form of `@nx/enforce-module-boundaries`.
 *
 * @param {'source' | 'test'} kind
 * @returns {{ sourceTag: string; onlyDependOnLibsWithTags: string[] }[]}
 */
export function dependencyConstraints(kind) {
  return Object.entries({ ...sourceBoundaries, ...consumerBoundaries }).map(
    ([sourceTag, allowed]) => ({
      sourceTag,
      onlyDependOnLibsWithTags:
        kind === 'test' && testedOnAWholePhone.includes(sourceTag)
          ? [...new Set([...allowed, ...testsMayAlsoImport])]
          : [...allowed],
    }),
  );
}
