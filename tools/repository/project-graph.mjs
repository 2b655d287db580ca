import process from 'node:process';

/** Computes Nx's project graph afresh and stores it where the lint rules read it; no daemon, no network. */
export async function refreshProjectGraph() {
  process.env['NX_DAEMON'] ??= 'false';
  const { createProjectGraphAsync } = await import('@nx/devkit');
  await createProjectGraphAsync({ exitOnError: false });
}
