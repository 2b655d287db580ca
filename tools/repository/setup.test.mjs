import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isDebianLike, parseDistributionIds } from './system-packages.mjs';

const mayUseApt =
  process.getuid?.() === 0 &&
  existsSync('/etc/os-release') &&
  isDebianLike(parseDistributionIds(readFileSync('/etc/os-release', 'utf8')));
const onDebianAsRoot = mayUseApt ? test : test.skip;
const whyNot = mayUseApt ? '' : ' [skipped: needs root on Debian or Ubuntu]';

/**
 * Runs the setup with stand-ins of apt-get and dpkg-query, for the real ones change the machine.
 *
 * @param {{ installed: string; apt: string }} system `installed` is what is there at first; `apt` is the shell code of
 *   apt-get, which may write to the file `installed`.
 */
function setup({ installed, apt }) {
  const folder = mkdtempSync(join(tmpdir(), 'phone-agents-setup-'));
  try {
    writeFileSync(join(folder, 'installed'), installed);
    const program = (/** @type {string} */ name, /** @type {string} */ code) => {
      writeFileSync(join(folder, name), `#!/bin/sh\ncd ${folder}\n${code}\n`, { mode: 0o755 });
    };
    program('dpkg-query', 'cat installed');
    program('apt-get', `[ "$1" = --version ] && exit 0\necho "$*" >> calls\n${apt}`);
    const { status, stdout } = spawnSync(
      process.execPath,
      [fileURLToPath(new URL('./setup.mjs', import.meta.url))],
      {
        encoding: 'utf8',
        env: { ...process.env, PATH: folder + delimiter + (process.env['PATH'] ?? '') },
      },
    );
    const calls = existsSync(join(folder, 'calls'))
      ? readFileSync(join(folder, 'calls'), 'utf8')
      : '';
    return { status, stdout, calls };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const everything =
  'pocketsphinx installed\npocketsphinx-en-us installed\nchromium installed\npostgresql installed\n';

onDebianAsRoot(`what is installed already is left alone${whyNot}`, () => {
  const { status, stdout, calls } = setup({ installed: everything, apt: 'exit 1' });
  expect([status, calls]).toEqual([0, '']);
  expect(stdout).toMatch(/already installed/);
});

onDebianAsRoot(`only what is missing is installed, quietly and without questions${whyNot}`, () => {
  const { status, stdout, calls } = setup({
    installed: 'pocketsphinx installed\nchromium installed\npostgresql installed\n',
    apt: `echo "chatter $DEBIAN_FRONTEND"; printf '${everything.replaceAll('\n', '\\n')}' > installed`,
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^setup: installing pocketsphinx-en-us\nsetup: done\n(setup: chromium already installed\n)?setup: postgresql already installed\n$/,
  );
  expect(calls).toMatch(/ update\n.* install --yes --no-install-recommends pocketsphinx-en-us\n$/);
});

onDebianAsRoot(`a failed apt shows its log, says what follows and does not fail${whyNot}`, () => {
  const { status, stdout } = setup({
    installed: '',
    apt: 'echo "E: no network ($DEBIAN_FRONTEND)" >&2; exit 100',
  });
  expect(status).toBe(0);
  expect(stdout).toContain('E: no network (noninteractive)');
  expect(stdout).toMatch(/could not install pocketsphinx, pocketsphinx-en-us/);
  expect(stdout).toMatch(/speech tests are skipped/);
});

onDebianAsRoot(`speech comes without a browser, where that cannot be had${whyNot}`, () => {
  const { status, stdout, calls } = setup({
    installed: '',
    apt: `case "$*" in *pocketsphinx*) printf 'pocketsphinx installed\\npocketsphinx-en-us installed\\n' > installed;; esac`,
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^setup: installing pocketsphinx, pocketsphinx-en-us\nsetup: done\n/);
  expect(calls.match(/ update\n/g)).toHaveLength(1);
  if (!stdout.includes('chromium')) return;
  expect(stdout).toMatch(/could not install chromium .*tests in a browser are skipped/);
});
