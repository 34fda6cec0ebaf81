import { readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listBuiltinTraces } from '../../../src/main/traces/builtin-traces.ts'
import { openTrace } from '../../../src/main/traces/open-trace.ts'
import { resolveTracePath } from '../../../src/main/traces/resolve-trace-path.ts'
import type { TraceWorkload } from '../../../src/sim/lab/scenario.ts'

const RESOURCES = fileURLToPath(new URL('../../../resources', import.meta.url))
const GIB = 1024 * 1024 * 1024

interface Totals {
  reads: number
  writes: number
  seconds: number
  distinct: number
  smallest: number
  largest: number
}

async function totals(file: string): Promise<Totals> {
  const workload: TraceWorkload = {
    kind: 'trace',
    name: 't',
    file,
    format: 'auto',
    pace: 'recorded',
    queueDepth: 8,
    limit: 0,
    units: 1,
  }
  const stream = await openTrace(workload, resolveTracePath(file, null, RESOURCES), 2 * GIB)
  const out = { kind: 0, write: false, offset: 0, bytes: 0, atNs: 0 }
  const offsets = new Set<number>()
  const sum = { reads: 0, writes: 0, seconds: 0, distinct: 0, smallest: Infinity, largest: 0 }
  for (;;) {
    await stream.fill(1000)
    if (stream.source.buffered === 0) break
    while (stream.source.buffered > 0 && stream.source.next(out)) {
      if (out.write) sum.writes++
      else sum.reads++
      offsets.add(out.offset)
      sum.smallest = Math.min(sum.smallest, out.bytes)
      sum.largest = Math.max(sum.largest, out.bytes)
    }
  }
  return { ...sum, seconds: Math.round(out.atNs / 1e8) / 10, distinct: offsets.size }
}

describe('the traces of the lab', () => {
  it.each([
    [
      'mixed-100k.iolog.gz',
      { reads: 84_107, writes: 35_893, seconds: 5.9, distinct: 25_287, smallest: 4096, largest: 65_536 },
    ],
    [
      'seq-read-64k.iolog.gz',
      { reads: 20_000, writes: 0, seconds: 4, distinct: 20_000, smallest: 65_536, largest: 65_536 },
    ],
    [
      'rand-read-4k.iolog.gz',
      { reads: 30_000, writes: 0, seconds: 3, distinct: 30_000, smallest: 4096, largest: 4096 },
    ],
    [
      'seq-write-128k.iolog.gz',
      { reads: 0, writes: 10_000, seconds: 5, distinct: 10_000, smallest: 131_072, largest: 131_072 },
    ],
    [
      'generated-msr-format.csv.gz',
      { reads: 1408, writes: 592, seconds: 0.1, distinct: 919, smallest: 4096, largest: 65_536 },
    ],
  ])('%s holds what its description says', async (name, expected) => {
    expect(await totals(`builtin:${name}`)).toEqual(expected)
  })

  it('are all listed, and listed only if they exist', async () => {
    const listed = (await listBuiltinTraces(RESOURCES)).map((each) => each.file)
    const present = readdirSync(join(RESOURCES, 'traces')).filter((each) => each.endsWith('.gz'))
    expect(listed.toSorted()).toEqual(present.map((each) => `builtin:${each}`).toSorted())
    expect(listed[0]).toBe('builtin:mixed-100k.iolog.gz')
  })

  it('stay small', () => {
    const folder = join(RESOURCES, 'traces')
    const bytes = readdirSync(folder).reduce((sum, each) => sum + statSync(join(folder, each)).size, 0)
    expect(bytes).toBeLessThan(1_500_000)
  })
})
