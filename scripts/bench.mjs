import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { compareFigures, readFigures, readRecord, writeRecord } from './bench-record.mjs'

/** A young generation that no measurement fills, so that the heap grows by what is allocated. */
const NODE_OPTIONS = ['--expose-gc', '--max-semi-space-size=256', '--min-semi-space-size=256']
const FOLDER = fileURLToPath(new URL('../test/bench/', import.meta.url))
const SUFFIX = '.bench.ts'

/**
 * Bundles one benchmark, as the build bundles the simulator, and runs it. Node 20 cannot run TypeScript.
 * @param {string} name of the file, without .bench.ts
 * @param {string[]} args
 * @param {string} figures file that it adds its figures to
 * @returns {Promise<number>} its exit status
 */
async function runBench(name, args, figures) {
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
    return (
      spawnSync(process.execPath, [...NODE_OPTIONS, script, ...args], {
        stdio: 'inherit',
        env: { ...process.env, DMALAB_BENCH_FIGURES: figures },
      }).status ?? 1
    )
  } finally {
    rmSync(outDir, { recursive: true })
  }
}

/** What keeps all benchmarks together below five minutes; a benchmark run by its name takes longer and tells more. */
const SHORT = {
  batch: ['--rounds', '1', '--requests', '20000'],
  descriptors: ['--operations', '1000000'],
  replay: ['--requests', '1000000,2000000'],
  // With the warm-up, the least for which a run has its code compiled as a long one.
  requests: ['--rounds', '1', '--requests', '700000'],
}
const RECORD = join(FOLDER, 'recorded.json')
const LAST = join(FOLDER, 'results', 'last.json')

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
const given = process.argv.slice(2)
const record = given.includes('--record')
const args = given.filter((arg) => arg !== '--record')
const chosen = args[0] !== undefined && !args[0].startsWith('-') ? args.shift() : undefined
if (chosen !== undefined && !names.includes(chosen)) {
  console.error(`There is no benchmark "${chosen}". There are: ${names.join(', ')}.`)
  process.exit(2)
}
if (chosen === undefined && args.length > 0) {
  console.error(`${args.join(' ')}: options belong to one benchmark. There are: ${names.join(', ')}.`)
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'dmalab-figures-'))
try {
  const file = join(folder, 'figures')
  writeFileSync(file, '')
  for (const name of chosen === undefined ? names : [chosen]) {
    if (chosen === undefined) console.log(`\n== ${name}`)
    const status = await runBench(name, chosen === undefined ? (SHORT[name] ?? []) : args, file)
    if (status !== 0) process.exit(status)
  }
  const figures = readFigures(file)
  console.log(compareFigures(figures, readRecord(RECORD)))
  writeRecord(LAST, figures)
  if (record) writeRecord(RECORD, figures)
} finally {
  rmSync(folder, { recursive: true })
}
