import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// `npm run dev` talks to a controller started by `make run`.
const controller = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  base: '/',
  build: {
    outDir: '../src/forepost/controller/static',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What several pages share comes at once, not in twenty requests; charts with the first that
        // has one.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            {
              name: 'chart',
              test: /uplot|\/src\/chart\/(\w+\.svelte|plot)/,
              minShareCount: 2,
              priority: 2,
            },
            { name: 'shared', test: /\/src\//, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/auth': controller,
      '/workspaces': controller,
      '/healthz': controller,
      '/ws': { target: controller, ws: true },
    },
  },
});
