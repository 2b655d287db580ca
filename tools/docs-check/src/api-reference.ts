import { join } from 'node:path';
import process from 'node:process';
import { Application } from 'typedoc';
import { workspaceRoot } from './pages.ts';
import { readPackageEntries } from './public-names.ts';

/** Where the reference goes; not committed. */
const OUTPUT = join(workspaceRoot, 'api-docs');

/** `npm run docs`: writes the API reference of all packages, one module for each of their entries. */
async function main(): Promise<number> {
  const entries = readPackageEntries(workspaceRoot);
  const app = await Application.bootstrap({
    name: 'Phone Agents',
    // The pages have links into the repository, which lead nowhere from here.
    readme: 'none',
    tsconfig: join(workspaceRoot, 'tsconfig.json'),
    entryPoints: entries.map(({ source }) => join(workspaceRoot, source)),
    // Types were checked by the compiler that the workspace uses.
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    disableSources: true,
    // Names that are not public are explained where they are used.
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    logLevel: 'Warn',
  });
  const project = await app.convert();
  if (!project) return 1;
  for (const { specifier, source } of entries) {
    const names = [source, source.replace(/\/index\.ts$/, '.ts')];
    const module = project.children?.find(({ name }) => names.includes(`packages/${name}.ts`));
    if (module) module.name = specifier;
  }
  app.validate(project);
  await app.generateDocs(project, OUTPUT);
  console.log(`The API reference of ${entries.length} entries is in ${OUTPUT}/index.html`);
  return app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0;
}

process.exitCode = await main();
