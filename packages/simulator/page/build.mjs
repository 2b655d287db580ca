/**
 * Builds the page into `dist/page`, from where `createBrowserPhone` serves it: `node page/build.mjs`. What was built
 * from the same sources is left as it is, so it may run before every start.
 *
 * `--optional`: without the tools or the right to write, say so and go on.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('.', import.meta.url));
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const page = join(dist, 'page');
const stamp = 'built-from.txt';

const fingerprint = hashOfSources();
if (builtFrom() !== fingerprint) {
  try {
    await build();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`The page of the browser phone could not be built: ${reason}`);
    process.exitCode = process.argv.includes('--optional') ? 0 : 1;
  }
}

async function build() {
  const vite = await import('vite');
  mkdirSync(dist, { recursive: true });
  // Aside first, then in one step: a server that runs, or a build beside this one, never sees half a page.
  const aside = join(dist, `page-${process.pid}`);
  try {
    await vite.build({ configFile: join(source, 'vite.config.mjs'), build: { outDir: aside } });
    writeFileSync(join(aside, stamp), fingerprint);
    rmSync(page, { recursive: true, force: true });
    try {
      renameSync(aside, page);
    } catch (error) {
      if (builtFrom() !== fingerprint) throw error;
    }
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function hashOfSources() {
  const hash = createHash('sha256');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).sort();
  for (const file of files.filter(
    (name) => /\.(ts|css|html|mjs)$/.test(name) && !name.includes('.test.'),
  )) {
    hash
      .update(`${file.replaceAll('\\', '/')}\0`)
      .update(readFileSync(join(source, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function builtFrom() {
  try {
    return readFileSync(join(page, stamp), 'utf8');
  } catch {
    return undefined;
  }
}
