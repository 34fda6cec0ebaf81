import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoadCase } from './busdma-loads.ts'
import source from './busdma-yardstick.c?raw'

const COMPILERS = ['cc', 'gcc', 'clang']

/** The same loads in compiled C. */
export interface CYardstick {
  readonly compiler: string
  /** Runs a case for about `ms` milliseconds; ns of one load, callback and unload. @throws when it fails */
  measure(load: LoadCase, ms: number): number
  /** Removes the program. */
  remove(): void
}

/** Compiles the yardstick with the first C compiler that this computer has and that can. Null: there is none. */
export function compileYardstick(): CYardstick | null {
  const folder = mkdtempSync(join(tmpdir(), 'dmalab-yardstick-'))
  const file = join(folder, 'busdma-yardstick.c')
  const program = join(folder, 'busdma-yardstick')
  const remove = (): void => rmSync(folder, { recursive: true })
  writeFileSync(file, source)
  const compiler = COMPILERS.find((cc) => spawnSync(cc, ['-O2', '-o', program, file]).status === 0)
  if (compiler === undefined) {
    remove()
    return null
  }
  return { compiler, measure: (load, ms) => run(program, load, ms), remove }
}

function run(program: string, load: LoadCase, ms: number): number {
  const { alignment, boundary, lowaddr, maxsegsz, nsegments } = load.tag
  const { bytes, firstPfn, pfnStep, bouncePages } = load
  const numbers = [
    ms,
    alignment,
    boundary,
    lowaddr,
    maxsegsz,
    nsegments,
    bytes,
    firstPfn,
    pfnStep,
    bouncePages,
  ]
  const { status, stdout, stderr } = spawnSync(program, numbers.map(String), { encoding: 'utf8' })
  const [ns, told] = stdout.trim().split(' ').map(Number)
  // The sum that its callback keeps: segments, and the bytes of the last one.
  const expected = load.segments + Math.min(load.bytes, 4096)
  if (status !== 0 || ns === undefined || told !== expected)
    throw new Error(`the C yardstick failed on "${load.name}": ${stderr || stdout}`)
  return ns
}
