import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './run-command.ts';
import { builtFiles, type WorkspacePackage } from './workspace-package.ts';

/** One archive, or why there is none. */
export type PackResult =
  | { readonly archive: string; readonly problems: readonly string[] }
  | { readonly archive?: undefined; readonly problems: readonly string[] };

/** Packs a built package into `destination` and looks at what the archive holds. */
export async function pack(item: WorkspacePackage, destination: string): Promise<PackResult> {
  const missing = builtFiles(item.manifest).filter((file) => !existsSync(join(item.folder, file)));
  if (missing.length > 0) {
    return { problems: [`not built: ${missing.join(', ')}`] };
  }
  const { succeeded, stdout, output } = await runNpm(
    ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination],
    { cwd: item.folder },
  );
  if (!succeeded) {
    return { problems: [`npm pack failed:\n${output}`] };
  }
  const { filename, files } = readReport(stdout);
  const problems = [
    ...['README.md', 'LICENSE']
      .filter((file) => !files.includes(file))
      .map((file) => `the archive has no ${file}`),
    ...files
      .filter((file) => /(^src\/|\.test\.|test-support\/|\.tsbuildinfo$)/.test(file))
      .map((file) => `the archive must not hold ${file}`),
  ];
  return { archive: join(destination, filename), problems };
}

/** npm's report is a list, or an object by package name, depending on its version. */
function readReport(stdout: string): { filename: string; files: string[] } {
  const report = JSON.parse(stdout) as object;
  const [first] = Object.values(report) as { filename: string; files: { path: string }[] }[];
  if (first === undefined) {
    throw new Error(`npm pack gave no report: ${stdout}`);
  }
  return { filename: first.filename, files: first.files.map(({ path }) => path) };
}
