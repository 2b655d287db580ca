import { spawn } from 'node:child_process';
import process from 'node:process';
import { workspaceRoot } from './node-runtime.mjs';

/**
 * One check to run.
 *
 * @typedef {{ name: string; command: string; args: readonly string[] }} Step
 */

/**
 * Runs lanes of steps side by side, each lane's steps one after the other. A step's output is shown only when it
 * fails; the first failure stops everything that still runs.
 *
 * @param {readonly (readonly Step[])[]} lanes
 * @param {(line: string) => void} [log]
 * @returns {Promise<string | undefined>} The name of the step that failed.
 */
export async function runLanes(lanes, log = console.log) {
  const stop = new AbortController();
  /** @type {string | undefined} */
  let failed;
  await Promise.all(
    lanes.map(async (steps) => {
      for (const step of steps) {
        if (stop.signal.aborted) {
          return;
        }
        const startedAt = performance.now();
        const { exitCode, output } = await run(step, stop.signal);
        if (stop.signal.aborted) {
          return;
        }
        log(`${step.name}: ${exitCode === 0 ? 'passed' : 'FAILED'} in ${secondsSince(startedAt)}`);
        if (exitCode !== 0) {
          log(output.trim());
          failed = step.name;
          stop.abort();
        }
      }
    }),
  );
  return failed;
}

/**
 * @param {Step} step
 * @param {AbortSignal} signal
 * @returns {Promise<{ exitCode: number; output: string }>}
 */
function run({ command, args }, signal) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      cwd: workspaceRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    const collect = (/** @type {string} */ text) => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => {
      collect(error.message);
      resolve({ exitCode: 1, output });
    });
    child.on('close', (code) => {
      resolve({ exitCode: code ?? 1, output });
    });
  });
}

/**
 * Runs a program whose output is shown as it comes.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string>} [environment] Added to this process's own.
 * @returns {Promise<number>} The exit code; 1 when a signal ended it.
 */
export function runVisibly(command, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: workspaceRoot,
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

/** @param {number} startedAt Of `performance.now()`. */
export function secondsSince(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
