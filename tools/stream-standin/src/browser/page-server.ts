import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { startLocalServer } from '../local-server.ts';

const page = fileURLToPath(new URL('../../page/', import.meta.url));
const document =
  '<!doctype html><title>A participant</title><script src="participant.js"></script>';

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Bundles the page with the SDK and serves it on this machine, on an origin of its own. */
export async function startPageServer(): Promise<PageServer> {
  const { outputFiles } = await build({
    entryPoints: ['participant.ts', 'recorder.ts'].map((file) => page + file),
    outdir: page,
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    conditions: ['browser'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  });
  const scripts = new Map(
    outputFiles.map(({ path, text }) => [`/${path.slice(path.lastIndexOf('/') + 1)}`, text]),
  );
  const server = await startLocalServer(0, {
    request: ({ url }) => {
      const script = scripts.get(url.pathname);
      const type = script === undefined ? 'text/html' : 'text/javascript';
      return Promise.resolve({
        status: script === undefined && url.pathname !== '/' ? 404 : 200,
        headers: { 'content-type': type },
        body: script ?? document,
      });
    },
    upgrade: (_url, _request, socket) => socket.destroy(),
  });
  return { url: server.baseUrl, close: () => server.close() };
}
