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
 * The command that installs the same on this system, or `undefined` where no package manager offers it.
 *
 * @param {{ platform: string; distributionIds: readonly string[] }} system `distributionIds` are ID and ID_LIKE of
 *   `/etc/os-release`.
 * @returns {string | undefined}
 */
export function installCommand({ platform, distributionIds }) {
  if (platform === 'darwin') {
    return 'brew install cmu-pocketsphinx';
  }
  if (platform !== 'linux') {
    return undefined;
  }
  if (isDebianLike(distributionIds)) {
    return `sudo apt-get update && sudo apt-get install ${debianPackages.map(({ name }) => name).join(' ')}`;
  }
  if (distributionIds.includes('fedora')) {
    return 'sudo dnf install pocketsphinx pocketsphinx-models';
  }
  return undefined;
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
