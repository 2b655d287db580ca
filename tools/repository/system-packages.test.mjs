import { installCommand, parseDistributionIds } from './system-packages.mjs';

test('the distribution and the ones it is like are read from os-release, quoted or not', () => {
  expect(
    parseDistributionIds('NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n'),
  ).toEqual(['linuxmint', 'ubuntu', 'debian']);
  expect(parseDistributionIds('PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n')).toEqual([
    'debian',
  ]);
  expect(parseDistributionIds('')).toEqual([]);
});

test('each system gets its own command, and one without a package gets none', () => {
  const command = (/** @type {string} */ platform, /** @type {string[]} */ ...ids) =>
    installCommand({ platform, distributionIds: ids });
  expect(command('linux', 'linuxmint', 'ubuntu', 'debian')).toMatch(
    /^sudo apt-get .* pocketsphinx pocketsphinx-en-us$/,
  );
  expect(command('linux', 'fedora')).toMatch(/^sudo dnf install /);
  expect(command('darwin')).toMatch(/^brew install /);
  expect(command('linux', 'alpine')).toBeUndefined();
  expect(command('win32')).toBeUndefined();
});
