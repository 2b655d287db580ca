import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@phone-agents/repository/node-runtime';

export interface CommandResult {
  readonly succeeded: boolean;
  /** Standard output alone. */
  readonly stdout: string;
  /** Both streams, or why the program did not run. */
  readonly output: string;
}

/** Runs a program to its end and never throws for its failure. It is killed after `timeoutMs` (default 5 minutes). */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd: string; environment?: NodeJS.ProcessEnv | undefined; timeoutMs?: number },
): Promise<CommandResult> {
  const { cwd, environment = process.env, timeoutMs = 300_000 } = options;
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { cwd, env: environment, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const reason = error?.killed === true ? `killed after ${String(timeoutMs)} ms` : '';
        resolve({
          succeeded: error === null,
          stdout,
          output: [stdout, stderr, reason, stdout + stderr === '' ? (error?.message ?? '') : '']
            .filter((text) => text.trim() !== '')
            .join('\n'),
        });
      },
    );
  });
}

/** Runs npm, on the Node of this process where npm says which file it is. */
export function runNpm(
  args: readonly string[],
  options: { cwd: string; environment?: NodeJS.ProcessEnv | undefined },
): Promise<CommandResult> {
  const npmFile = process.env['npm_execpath'];
  return npmFile === undefined
    ? runCommand('npm', args, options)
    : runCommand(process.execPath, [npmFile, ...args], options);
}

/**
 * Runs npm in a folder outside this workspace, as a user would.
 *
 * @throws Error with npm's output where it fails.
 */
export async function npmAsStranger(args: readonly string[], cwd: string): Promise<void> {
  const { succeeded, output } = await runNpm([...args, '--loglevel=error'], {
    cwd,
    environment: strangersEnvironment(),
  });
  if (!succeeded) throw new Error(`npm ${args.join(' ')} failed:\n${output}`);
}

/**
 * This process's environment as a stranger's shell would have it: without what `npm run` adds and without the settings
 * of the workspace's `.npmrc`, which npm hands on as variables.
 */
export function strangersEnvironment(): NodeJS.ProcessEnv {
  const npmrc = join(workspaceRoot, '.npmrc');
  const ownSettings = existsSync(npmrc)
    ? readFileSync(npmrc, 'utf8')
        .split('\n')
        .map((line) => line.split('=')[0]?.trim().replaceAll('-', '_') ?? '')
        .filter((key) => key !== '')
        .map((key) => `npm_config_${key}`)
    : [];
  const dropped = new Set([
    'INIT_CWD',
    'NODE_OPTIONS',
    'npm_command',
    'npm_config_local_prefix',
    ...ownSettings,
  ]);
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => !dropped.has(key) && !/^npm_(package|lifecycle)_/.test(key),
    ),
  );
}
