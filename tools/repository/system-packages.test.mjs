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

test('Debian and what is like it get a command, and other systems get none', () => {
  const command = /^sudo apt-get .* pocketsphinx pocketsphinx-en-us$/;
  expect(installCommand(['linuxmint', 'ubuntu', 'debian'])).toMatch(command);
  expect(installCommand(['debian'])).toMatch(command);
  expect(installCommand(['alpine'])).toBeUndefined();
  expect(installCommand([])).toBeUndefined();
});
