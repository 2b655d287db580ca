import { fileURLToPath } from 'node:url';

/** How the page is built; `build.mjs` says where to. */
export default {
  root: fileURLToPath(new URL('.', import.meta.url)),
  logLevel: 'warn',
  build: {
    emptyOutDir: true,
    target: 'es2022',
    // The page's policy lets nothing in that has no address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
};
