import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** Bundles the run-worker, as the build does, into a folder. @returns its file */
export async function builtWorker(folder: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'warn',
    // The folder of the bundle has no packages.
    ssr: { noExternal: true },
    build: {
      ssr: fileURLToPath(new URL('../../../src/main/runs/run-worker.ts', import.meta.url)),
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      target: 'node20.19',
      rolldownOptions: { output: { entryFileNames: 'run-worker.mjs', topLevelVar: false } },
    },
  })
  return join(folder, 'run-worker.mjs')
}
