/**
 * What this project can use from the operating system. Nothing here is needed to install, build or start: without
 * them the demo's caller uses the keypad and text, and tests that need speech, a browser or a database server are reported as
 * skipped.
 */

/** @typedef {{ name: string; purpose: string }} SystemPackage */

/** @type {readonly SystemPackage[]} */
export const speechPackages = [
  { name: 'pocketsphinx', purpose: 'speech recognition without an account' },
  { name: 'pocketsphinx-en-us', purpose: "the recogniser's English model" },
];

/** @type {readonly SystemPackage[]} */
export const browserPackages = [{ name: 'chromium', purpose: 'tests in a real browser' }];

/** @type {readonly SystemPackage[]} */
export const databasePackages = [
  {
    name: 'postgresql',
    purpose: 'tests against a real PostgreSQL server, which they start themselves',
  },
];

/**
 * What the setup may install by apt, one group after the other, each with what follows where it cannot be had. Ubuntu's
 * `chromium` is a snap, which containers cannot install.
 *
 * @param {readonly string[]} distributionIds ID and ID_LIKE of `/etc/os-release`.
 * @returns {readonly { packages: readonly SystemPackage[]; without: string }[]}
 */
export function packageGroups(distributionIds) {
  const speech = { packages: speechPackages, without: withoutSpeech };
  const browser = {
    packages: browserPackages,
    without: 'Without it tests in a browser are skipped.',
  };
  const database = {
    packages: databasePackages,
    without:
      'Without it tests against a PostgreSQL server are skipped; the embedded one is tested.',
  };
  return distributionIds.includes('ubuntu') ? [speech, database] : [speech, browser, database];
}

/** What the user is told who has no speech recogniser. */
export const withoutSpeech =
  'Without it the demo and the tests run too: the caller then uses the keypad and text, and speech tests are skipped.';

/**
 * The command that installs speech recognition for a user who is not root, or `undefined` on systems without them. Homebrew, Fedora
 * and newer distributions carry PocketSphinx 5, another programming interface than the one that is used here.
 *
 * @param {readonly string[]} distributionIds ID and ID_LIKE of `/etc/os-release`.
 * @returns {string | undefined}
 */
export function installCommand(distributionIds) {
  return isDebianLike(distributionIds)
    ? `sudo apt-get update && sudo apt-get install ${speechPackages.map(({ name }) => name).join(' ')}`
    : undefined;
}

/** @param {readonly string[]} distributionIds */
export function isDebianLike(distributionIds) {
  return distributionIds.some((id) => id === 'debian' || id === 'ubuntu');
}

/**
 * ID and ID_LIKE of an `os-release` file, in that order.
 *
 * @param {string} osRelease
 * @returns {string[]}
 */
export function parseDistributionIds(osRelease) {
  return ['ID', 'ID_LIKE'].flatMap((key) => {
    const value = new RegExp(`^${key}=(.*)$`, 'm').exec(osRelease)?.[1] ?? '';
    return value
      .replace(/["']/g, '')
      .split(/\s+/)
      .filter((id) => id !== '');
  });
}
