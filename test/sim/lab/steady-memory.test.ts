import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { IoPath } from '../../../src/sim/lab/scenario.ts'
import type { LabRun } from '../../../src/sim/lab/run.ts'
import { spec, startRun } from './scenarios.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function usedBytes(): number {
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function advanceTo(lab: LabRun, requests: number): void {
  while (lab.progress().requestsDone < requests) lab.advance(4096)
}

/** Most that compiled code, and what the test runner keeps, may take. An object kept for each request would be more. */
const MOST_GROWTH = 1_500_000
const MANY = 20_000

describe.each<IoPath>(['mapped', 'direct', 'copy'])('the path %s', (path) => {
  it('needs no more memory for many requests than for few', () => {
    const mixed = { passPercent: 10, physioPercent: 10, requests: 10 * MANY, spanMiB: 8 }
    const lab = startRun(spec(path, { memoryMiB: 64, cacheMiB: 2 }, mixed))
    // By then every sector was touched, and the code is compiled.
    advanceTo(lab, MANY / 2)
    const before = usedBytes()
    advanceTo(lab, (MANY * 3) / 2)
    expect(usedBytes() - before).toBeLessThan(MOST_GROWTH)
    expect(lab.progress().requestsDone).toBeGreaterThanOrEqual((MANY * 3) / 2)
  })
})
