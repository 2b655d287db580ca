/**
 * `npm run setup`: the one place that may install system packages. By apt when it is root on Debian or Ubuntu; on any
 * other it says what to do and goes on. It never fails: everything works without them, only not by ear.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import {
  debianPackages,
  installCommand,
  isDebianLike,
  parseDistributionIds,
} from './system-packages.mjs';

const withoutIt =
  'Without it the demo and the tests run too: the caller then uses the keypad and text, and speech tests are skipped.';

const distributionIds = process.platform === 'linux' ? readDistributionIds() : [];
const mayUseApt =
  isDebianLike(distributionIds) && process.getuid?.() === 0 && works('apt-get', ['--version']);

if (mayUseApt || (isDebianLike(distributionIds) && missingPackages().length === 0)) {
  installByApt(missingPackages());
} else {
  const command = installCommand(distributionIds);
  console.log(
    command === undefined
      ? `setup: the speech recogniser (PocketSphinx 0.8) comes with Debian 12 and Ubuntu, not with this system; a container of theirs will do. ${withoutIt}`
      : `setup: for speech recognition run: ${command}\n${withoutIt}`,
  );
}

/** @param {readonly string[]} missing */
function installByApt(missing) {
  if (missing.length === 0) {
    console.log(`setup: ${debianPackages.map(({ name }) => name).join(', ')} already installed`);
    return;
  }
  console.log(`setup: installing ${missing.join(', ')}`);
  const update = apt(['update']);
  const install = apt(['install', '--yes', '--no-install-recommends', ...missing]);
  const stillMissing = missingPackages();
  if (stillMissing.length === 0) {
    console.log('setup: done');
    return;
  }
  console.log([update.output, install.output].join('\n').trim().split('\n').slice(-40).join('\n'));
  console.log(`setup: apt could not install ${stillMissing.join(', ')} (log above). ${withoutIt}`);
}

/** @param {readonly string[]} args */
function apt(args) {
  const { stdout, stderr, error } = spawnSync(
    'apt-get',
    ['-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2', ...args],
    { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' } },
  );
  return { output: [stdout, stderr, error?.message].filter(Boolean).join('\n') };
}

/** The Debian packages that are not installed, by name. */
function missingPackages() {
  const names = debianPackages.map(({ name }) => name);
  const { stdout } = spawnSync(
    'dpkg-query',
    ['--show', '--showformat', '${Package} ${db:Status-Status}\n', ...names],
    { encoding: 'utf8' },
  );
  const installed = new Set((stdout ?? '').split('\n'));
  return names.filter((name) => !installed.has(`${name} installed`));
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function works(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function readDistributionIds() {
  try {
    return parseDistributionIds(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return [];
  }
}
