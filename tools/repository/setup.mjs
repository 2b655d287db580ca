/**
 * `npm run setup`: the one place that may install system packages. By apt when it is root on Debian or Ubuntu; on any
 * other it says what to do and goes on. It never fails: everything works without them, only not by ear.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import {
  installCommand,
  isDebianLike,
  packageGroups,
  parseDistributionIds,
  speechPackages,
  withoutSpeech,
} from './system-packages.mjs';

/** @typedef {import('./system-packages.mjs').SystemPackage} SystemPackage */

const distributionIds = process.platform === 'linux' ? readDistributionIds() : [];
const mayUseApt =
  isDebianLike(distributionIds) && process.getuid?.() === 0 && works('apt-get', ['--version']);
let isIndexFresh = false;

if (mayUseApt) {
  for (const group of packageGroups(distributionIds)) installByApt(group);
} else if (isDebianLike(distributionIds) && missingOf(speechPackages).length === 0) {
  console.log(`setup: ${namesOf(speechPackages)} already installed`);
} else {
  const command = installCommand(distributionIds);
  console.log(
    command === undefined
      ? `setup: the speech recogniser (PocketSphinx 0.8) comes with Debian 12 and Ubuntu, not with this system; a container of theirs will do. ${withoutSpeech}`
      : `setup: for speech recognition run: ${command}\n${withoutSpeech}`,
  );
}

/** @param {{ packages: readonly SystemPackage[]; without: string }} group */
function installByApt({ packages, without }) {
  const missing = missingOf(packages);
  if (missing.length === 0) {
    console.log(`setup: ${namesOf(packages)} already installed`);
    return;
  }
  console.log(`setup: installing ${missing.join(', ')}`);
  const update = isIndexFresh ? { output: '' } : apt(['update']);
  isIndexFresh = true;
  const install = apt(['install', '--yes', '--no-install-recommends', ...missing]);
  const stillMissing = missingOf(packages);
  if (stillMissing.length === 0) {
    console.log('setup: done');
    return;
  }
  console.log([update.output, install.output].join('\n').trim().split('\n').slice(-40).join('\n'));
  console.log(`setup: apt could not install ${stillMissing.join(', ')} (log above). ${without}`);
}

/** @param {readonly SystemPackage[]} packages */
function namesOf(packages) {
  return packages.map(({ name }) => name).join(', ');
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

/**
 * Those of the packages that are not installed, by name.
 *
 * @param {readonly SystemPackage[]} packages
 */
function missingOf(packages) {
  const names = packages.map(({ name }) => name);
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
