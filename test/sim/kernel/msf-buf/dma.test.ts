import { describe, expect, it } from 'vitest'
import { BUS_DMASYNC_POSTREAD, BUS_DMASYNC_PREWRITE } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { Errno } from '../../../../src/sim/kernel/errno.ts'
import { EBUSY, EFAULT, EFBIG, EINPROGRESS, EINVAL, OK } from '../../../../src/sim/kernel/errno.ts'
import { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { KVA_BASE } from '../../../../src/sim/machine/page-table.ts'
import { HIGH_PFN, MsfBench, made } from './msf-bench.ts'

const never = (): void => {
  throw new Error('not deferred')
}

function segments(msf: MsfBuf): [number, number][] {
  const { map, nsegs } = msf.dma!
  return Array.from({ length: nsegs }, (_, i) => [map.segAddr[i]!, map.segLen[i]!])
}

describe('msf_require_dma', () => {
  it('bounces the pages that are out of reach, and no others', () => {
    const bench = new MsfBench()
    const before = bench.resources()
    const msf = made(
      bench.sources.msf_create_from_pages(null, Int32Array.of(100, HIGH_PFN + 5, 102), 3, 0, 12_288),
    )
    bench.fill(HIGH_PFN + 5, 7)
    expect(bench.dma.msf_require_dma(msf, bench.lowTag(), never)).toBe(OK)
    const [first, second, third] = segments(msf)
    expect([first, third]).toEqual([
      [100 * 4096, 4096],
      [102 * 4096, 4096],
    ])
    expect(second![0]).toBeLessThan(HIGH_PFN * 4096)
    expect(bench.busdma.bouncePagesActive).toBe(1)

    expect(bench.dma.msf_sync(msf, BUS_DMASYNC_PREWRITE)).toBe(OK)
    const bounce = second![0] / 4096
    expect(bench.byteAt(bounce, 4095)).toBe(7)
    bench.fill(bounce, 9)
    expect(bench.dma.msf_sync(msf, BUS_DMASYNC_POSTREAD)).toBe(OK)
    expect(bench.byteAt(HIGH_PFN + 5, 0)).toBe(9)

    expect(bench.msfs.msf_release(msf)).toBe(OK)
    expect(bench.resources()).toEqual(before)
  })

  it('makes the page list of a mapped buffer first, and keeps a load that is there', () => {
    const bench = new MsfBench()
    const kva = bench.map(10, [300, 301])
    const before = bench.resources()
    const msf = made(bench.msfs.msf_create_from_buf(null, kva + 100, 5000))
    const tag = bench.lowTag()
    expect(bench.dma.msf_require_dma(msf, tag, never)).toBe(OK)
    const { dma } = msf
    expect(segments(msf)).toEqual([[300 * 4096 + 100, 5000]])
    expect(bench.dma.msf_require_dma(msf, tag, never)).toBe(OK)
    expect(msf.dma).toBe(dma)
    expect(bench.dma.msf_require_dma(msf, bench.lowTag(), never)).toBe(OK)
    expect(msf.dma).not.toBe(dma)
    bench.msfs.msf_release(msf)
    expect(bench.resources()).toEqual(before)
  })

  it('fails with EFBIG and keeps nothing of the load', () => {
    const bench = new MsfBench()
    const high = Int32Array.of(HIGH_PFN, 100, HIGH_PFN + 9)
    const msf = made(bench.sources.msf_create_from_pages(null, high, 3, 0, 12_288))
    const before = bench.resources()
    const narrow = bench.lowTag(2)
    for (let time = 0; time < 3; time++) {
      expect(bench.dma.msf_require_dma(msf, narrow, never)).toBe(EFBIG)
      expect([msf.dma, bench.resources()]).toEqual([null, before])
    }
    expect(narrow.mapCount, 'one map, used again').toBe(1)
    expect(bench.dma.msf_sync(msf, BUS_DMASYNC_PREWRITE)).toBe(EINVAL)
    expect(bench.dma.msf_require_dma(msf, bench.lowTag(3), never)).toBe(OK)
  })

  it('refuses a released msf_buf and a hole', () => {
    const bench = new MsfBench()
    expect(bench.dma.msf_require_dma(new MsfBuf(), bench.lowTag(), never)).toBe(EINVAL)
    const msf = made(bench.msfs.msf_create_from_buf(null, KVA_BASE + 9 * 4096, 10))
    const before = bench.resources()
    expect(bench.dma.msf_require_dma(msf, bench.lowTag(), never)).toBe(EFAULT)
    expect(bench.resources()).toEqual(before)
  })

  it('waits for bounce pages, cannot be released meanwhile, and is told when they are there', () => {
    const bench = new MsfBench(2)
    const tag = bench.lowTag(2)
    const high = Int32Array.of(HIGH_PFN + 1, HIGH_PFN + 2)
    const first = made(bench.sources.msf_create_from_pages(null, high, 2, 0, 8192))
    const second = made(bench.sources.msf_create_from_pages(null, high, 2, 0, 8192))
    const told: [MsfBuf, Errno][] = []
    expect(bench.dma.msf_require_dma(first, tag, never)).toBe(OK)
    expect(bench.dma.msf_require_dma(second, tag, (msf, error) => told.push([msf, error]))).toBe(EINPROGRESS)
    expect(bench.dma.msf_require_dma(second, tag, never)).toBe(EBUSY)
    expect(bench.msfs.msf_release(second)).toBe(EBUSY)
    expect(bench.dma.msf_sync(second, BUS_DMASYNC_PREWRITE)).toBe(EINVAL)
    expect(bench.msfs.msf_release(first)).toBe(OK)
    bench.simulator.run(10)
    expect(told).toEqual([[second, OK]])
    expect(segments(second).reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(8192)
    expect(bench.msfs.msf_release(second)).toBe(OK)
    expect([bench.busdma.bouncePagesActive, bench.holds.total]).toEqual([0, 0])
  })
})
