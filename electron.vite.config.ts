import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import type { Plugin } from 'vite'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Vite's dev server injects <style> elements, which the strict policy of index.html forbids; the built page keeps the strict policy. */
const relaxStylesInDev: Plugin = {
  name: 'relax-styles-in-dev',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
}

export default defineConfig({
  main: {
    build: {
      // Node 20.19 runs the command line and the browser host, so newer syntax is compiled away.
      target: 'node20.19',
      sourcemap: true,
      rolldownOptions: {
        input: {
          index: at('src/main/index.ts'),
          'run-worker': at('src/main/runs/run-worker.ts'),
          cli: at('src/cli/index.ts'),
        },
        // Vite's default turns top-level constants into variables, which V8 loads and checks at every use: the simulator
        // then runs a fifth slower.
        output: { topLevelVar: false },
      },
    },
  },
  preload: {
    build: {
      // A sandboxed preload must be one CommonJS file.
      rolldownOptions: {
        input: { index: at('src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [vue(), relaxStylesInDev],
    build: {
      minify: true,
      chunkSizeWarningLimit: 700,
      rolldownOptions: { input: { index: at('src/renderer/index.html') } },
    },
  },
})
