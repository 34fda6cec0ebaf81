import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** A young generation that no measurement fills, so that the heap grows by what is allocated. */
const NODE_OPTIONS = ['--expose-gc', '--max-semi-space-size=256', '--min-semi-space-size=256']
const FOLDER = fileURLToPath(new URL('../test/bench/', import.meta.url))
const SUFFIX = '.bench.ts'

/**
 * Bundles one benchmark, as the build bundles the simulator, and runs it. Node 20 cannot run TypeScript.
 * @param {string} name of the file, without .bench.ts
 * @param {string[]} args
 * @returns {Promise<number>} its exit status
 */
async function runBench(name, args) {
  const outDir = mkdtempSync(join(tmpdir(), 'dmalab-bench-'))
  try {
    await build({
      configFile: false,
      logLevel: 'warn',
      // The folder of the bundle has no packages.
      ssr: { noExternal: true },
      build: {
        ssr: join(FOLDER, name + SUFFIX),
        outDir,
        emptyOutDir: false,
        minify: false,
        target: 'node20',
        rolldownOptions: { output: { entryFileNames: 'bench.mjs', topLevelVar: false } },
      },
    })
    const script = join(outDir, 'bench.mjs')
    return spawnSync(process.execPath, [...NODE_OPTIONS, script, ...args], { stdio: 'inherit' }).status ?? 1
  } finally {
    rmSync(outDir, { recursive: true })
  }
}

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
const args = process.argv.slice(2)
const chosen = args[0] !== undefined && !args[0].startsWith('-') ? args.shift() : undefined
if (chosen !== undefined && !names.includes(chosen)) {
  console.error(`There is no benchmark "${chosen}". There are: ${names.join(', ')}.`)
  process.exit(2)
}
for (const name of chosen === undefined ? names : [chosen]) {
  const status = await runBench(name, args)
  if (status !== 0) process.exit(status)
}
