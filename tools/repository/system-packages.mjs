/**
 * What this project can use from the operating system. Nothing here is needed to install, build or start: without
 * them the demo's caller uses the keypad and text, and tests that need speech are reported as skipped.
 */

/** @typedef {{ name: string; purpose: string }} SystemPackage */

/** @type {readonly SystemPackage[]} */
export const debianPackages = [
  { name: 'pocketsphinx', purpose: 'speech recognition without an account' },
  { name: 'pocketsphinx-en-us', purpose: "the recogniser's English model" },
];

/**
 * The command that installs them for a user who is not root, or `undefined` on systems without them. Homebrew, Fedora
 * and newer distributions carry PocketSphinx 5, another programming interface than the one that is used here.
 *
 * @param {readonly string[]} distributionIds ID and ID_LIKE of `/etc/os-release`.
 * @returns {string | undefined}
 */
export function installCommand(distributionIds) {
  return isDebianLike(distributionIds)
    ? `sudo apt-get update && sudo apt-get install ${debianPackages.map(({ name }) => name).join(' ')}`
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
