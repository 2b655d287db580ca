import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { workspaceRoot } from './node-runtime.mjs';

/** Packages that work with any provider, and so know none. */
const NEUTRAL = ['core', 'express', 'agent'];

/**
 * @param {string} folder
 * @returns {string[]} All files below it, but what is built or installed.
 */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist'].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/**
 * @param {(path: string) => boolean} isMeant
 * @param {RegExp} pattern
 * @param {(text: string) => string} [prepare]
 * @returns {string[]} Where it was found: `packages/core/src/x.ts:7`.
 */
function mentions(isMeant, pattern, prepare = (text) => text) {
  return NEUTRAL.flatMap((name) => filesBelow(join(workspaceRoot, 'packages', name)))
    .filter(isMeant)
    .flatMap((path) =>
      prepare(readFileSync(path, 'utf8'))
        .split('\n')
        .flatMap((line, index) =>
          pattern.test(line) ? [`${relative(workspaceRoot, path)}:${index + 1}`] : [],
        ),
    );
}

/**
 * Replaces comments by as many empty lines, which is enough for sources in this repository's format.
 *
 * @param {string} text
 */
function withoutComments(text) {
  return text
    .replaceAll(/^[ \t]*\/\*\*?[^]*?\*\/$/gm, (comment) => comment.replaceAll(/[^\n]/g, ''))
    .replaceAll(/^[ \t]*\/\/.*$/gm, '');
}

test('core, express and agent do not mention Telnyx, not even in tests and readmes', () => {
  expect(mentions(() => true, /telnyx/i)).toEqual([]);
});

test('their published code knows no provider; only examples in comments name one', () => {
  const isPublished = (/** @type {string} */ path) =>
    path.endsWith('.ts') && !/\.test\.ts$|test-support/.test(path);
  expect(mentions(isPublished, /telnyx|twilio|vonage|plivo/i, withoutComments)).toEqual([]);
});

test('a mention would be found', () => {
  expect(mentions((path) => path.endsWith('README.md'), /createTwilioProvider/)).not.toEqual([]);
  expect(withoutComments('/** a\n * b */\n  // c\ncode')).toBe('\n\n\ncode');
});
