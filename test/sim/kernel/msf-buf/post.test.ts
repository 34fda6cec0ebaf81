import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EFAULT, EINVAL, ENOMEM, ERANGE, OK } from '../../../../src/sim/kernel/errno.ts'
import { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { Xio } from '../../../../src/sim/kernel/xio.ts'
import { KVA_BASE, kvaPage } from '../../../../src/sim/machine/page-table.ts'
import { KernelBench, POOL, SLOTS } from '../kernel-bench.ts'

const VA = KVA_BASE + 10 * 4096
const EMPTY = { isMapped: false, hasPageList: false, flags: 0, kva: 0, bytes: 0, xio: null, slot: -1 }

function made(result: MsfBuf | number): MsfBuf {
  if (typeof result === 'number') throw new Error(`errno ${result}`)
  return result
}

/** A page list of fresh pages. */
function pageList(bench: KernelBench, count: number): Xio {
  const xio = new Xio()
  const pfns = Int32Array.from({ length: count }, () => bench.pages.alloc())
  expect(bench.xios.xio_init_pages(xio, pfns, count)).toBe(OK)
  return xio
}

describe('msf_create_from_buf', () => {
  it('installs the buffer and nothing else', () => {
    const bench = new KernelBench()
    const msf = made(bench.msfs.msf_create_from_buf(null, VA + 7, 500))
    expect(msf).toMatchObject({ isMapped: true, hasPageList: false, kva: VA + 7, bytes: 500, xio: null })
    expect([bench.msfs.poolFree, bench.counters.msfCreated, bench.holds.total]).toEqual([POOL - 1, 1, 0])
  })

  it.each([
    ['no bytes', 0, 0, EINVAL],
    ['less than no bytes', 0, -1, EINVAL],
    ['no number of bytes', 0, Number.NaN, EINVAL],
    ['one byte too many', 0, 131_073, ERANGE],
    ['a page offset that makes it too many', 1, 131_072, ERANGE],
  ])('refuses %s and takes nothing', (_, offset, bytes, error) => {
    const bench = new KernelBench()
    const before = bench.resources()
    expect(bench.msfs.msf_create_from_buf(null, VA + offset, bytes)).toBe(error)
    const own = new MsfBuf()
    expect(bench.msfs.msf_create_from_buf(own, VA + offset, bytes)).toBe(error)
    expect(own).toMatchObject(EMPTY)
    expect(bench.resources()).toEqual(before)
    expect(bench.counters.msfCreated).toBe(0)
  })

  it('takes the most that fits', () => {
    const bench = new KernelBench()
    expect(made(bench.msfs.msf_create_from_buf(null, VA, 131_072)).bytes).toBe(131_072)
    expect(made(bench.msfs.msf_create_from_buf(null, VA + 1, 131_071)).bytes).toBe(131_071)
  })
})

describe('msf_create_from_xio', () => {
  it('installs the list and nothing else', () => {
    const bench = new KernelBench()
    const xio = pageList(bench, 3)
    const msf = made(bench.msfs.msf_create_from_xio(null, xio))
    expect(msf).toMatchObject({ isMapped: false, hasPageList: true, bytes: 12288 })
    expect(msf.xio).toBe(xio)
    expect([bench.holds.total, bench.counters.kvaMaps]).toEqual([3, 0])
  })

  it('refuses an empty, a failed and a released list', () => {
    const bench = new KernelBench()
    const failed = new Xio()
    bench.xios.xio_init_kbuf(failed, KVA_BASE + 900 * 4096, 10)
    const released = pageList(bench, 1)
    bench.xios.xio_release(released)
    const before = bench.resources()
    for (const xio of [new Xio(), failed, released]) {
      expect(bench.msfs.msf_create_from_xio(null, xio)).toBe(EINVAL)
      const own = new MsfBuf()
      expect(bench.msfs.msf_create_from_xio(own, xio)).toBe(EINVAL)
      expect(own).toMatchObject(EMPTY)
    }
    expect(bench.resources()).toEqual(before)
  })
})

describe('the pool', () => {
  it('serves POOL callers, then ENOMEM; a caller with its own needs none', () => {
    const bench = new KernelBench()
    const xio = pageList(bench, 1)
    const taken = Array.from({ length: POOL }, () => made(bench.msfs.msf_create_from_buf(null, VA, 1)))
    expect(new Set(taken).size).toBe(POOL)
    const before = bench.resources()
    expect(bench.msfs.msf_create_from_buf(null, VA, 1)).toBe(ENOMEM)
    expect(bench.msfs.msf_create_from_xio(null, xio)).toBe(ENOMEM)
    expect(bench.resources()).toEqual(before)
    const own = new MsfBuf()
    expect(bench.msfs.msf_create_from_xio(own, xio)).toBe(own)
    bench.msfs.msf_release(own)
    expect(bench.msfs.poolFree).toBe(0)
    for (const msf of taken) bench.msfs.msf_release(msf)
    expect(bench.msfs.poolFree).toBe(POOL)
  })

  it('gets an msf_buf back once, however often it is released', () => {
    const bench = new KernelBench()
    const msf = made(bench.msfs.msf_create_from_buf(null, VA, 1))
    bench.msfs.msf_release(msf)
    bench.msfs.msf_release(msf)
    expect(bench.msfs.poolFree).toBe(POOL)
  })
})

describe('msf_require_buf', () => {
  it('is nothing when the creator supplied a buffer', () => {
    const bench = new KernelBench()
    const msf = made(bench.msfs.msf_create_from_buf(null, VA + 3, 100))
    const before = [bench.resources(), bench.counters.pteWrites]
    expect(bench.msfs.msf_require_buf(msf)).toBe(OK)
    expect(msf.kva).toBe(VA + 3)
    expect([bench.resources(), bench.counters.pteWrites]).toEqual(before)
  })

  it('maps the list on the processors that ask, offset included, without an IPI', () => {
    const bench = new KernelBench({ cpus: 2 })
    bench.mapPages(10, 3)
    const xio = new Xio()
    bench.xios.xio_init_kbuf(xio, VA + 200, 9000)
    const ipis = bench.machine.counters.ipis
    const msf = made(bench.msfs.msf_create_from_xio(null, xio))
    for (const cpu of [0, 1]) {
      bench.machine.switchTo(cpu, 0)
      expect(bench.msfs.msf_require_buf(msf)).toBe(OK)
      expect(msf.kva % 4096).toBe(200)
      expect(bench.machine.translate(msf.kva)).toBe(xio.pages[0]! * 4096 + 200)
      expect(bench.machine.translate(msf.kva + 4096)).toBe(xio.pages[1]! * 4096 + 200)
    }
    expect(bench.machine.counters).toMatchObject({ ipis, staleAccesses: 0 })
    expect(bench.counters).toMatchObject({ kvaMaps: 1, kvaBytes: 12288 })
    expect(bench.slots.free).toBe(SLOTS - 1)
  })

  it('fails with ENOMEM when no slot is left, and takes nothing', () => {
    const bench = new KernelBench()
    const msfs = Array.from({ length: 4 }, () =>
      made(bench.msfs.msf_create_from_xio(new MsfBuf(), pageList(bench, 2))),
    )
    for (const msf of msfs.slice(0, 3)) expect(bench.msfs.msf_require_buf(msf)).toBe(OK)
    const before = bench.resources()
    const last = msfs[3]!
    expect(bench.msfs.msf_require_buf(last)).toBe(ENOMEM)
    expect(bench.resources()).toEqual(before)
    expect(last).toMatchObject({ isMapped: false, hasPageList: true, kva: 0, slot: -1 })
    bench.msfs.msf_release(msfs[1]!)
    expect(bench.msfs.msf_require_buf(last)).toBe(OK)
    expect(last.isMapped).toBe(true)
  })

  it('refuses a released msf_buf', () => {
    const bench = new KernelBench()
    const msf = made(bench.msfs.msf_create_from_xio(null, pageList(bench, 1)))
    bench.msfs.msf_release(msf)
    const before = bench.resources()
    expect(bench.msfs.msf_require_buf(msf)).toBe(EINVAL)
    expect(bench.msfs.msf_require_xio(msf)).toBe(EINVAL)
    expect(msf).toMatchObject(EMPTY)
    expect(bench.resources()).toEqual(before)
  })
})

describe('msf_require_xio', () => {
  it('is nothing when the creator supplied a list', () => {
    const bench = new KernelBench()
    const xio = pageList(bench, 2)
    const msf = made(bench.msfs.msf_create_from_xio(null, xio))
    expect(bench.msfs.msf_require_xio(msf)).toBe(OK)
    expect(msf.xio).toBe(xio)
    expect(bench.counters.pageListsBuilt).toBe(1)
    expect(bench.holds.total).toBe(2)
  })

  it('builds one of held pages from a buffer, once', () => {
    const bench = new KernelBench()
    const pfns = bench.mapPages(10, 2)
    const msf = made(bench.msfs.msf_create_from_buf(null, VA + 4000, 200))
    expect(bench.msfs.msf_require_xio(msf)).toBe(OK)
    expect(bench.msfs.msf_require_xio(msf)).toBe(OK)
    expect(msf.xio).toMatchObject({ npages: 2, offset: 4000, bytes: 200 })
    expect(pfns.map((pfn) => bench.holds.of(pfn))).toEqual([1, 1])
    expect(bench.counters.pageListsBuilt).toBe(1)
  })

  it('fails with EFAULT on a hole, and holds nothing', () => {
    const bench = new KernelBench()
    bench.mapPages(10, 2)
    const msf = made(bench.msfs.msf_create_from_buf(null, VA, 3 * 4096))
    const before = bench.resources()
    expect(bench.msfs.msf_require_xio(msf)).toBe(EFAULT)
    expect(msf).toMatchObject({ isMapped: true, hasPageList: false, xio: null, kva: VA, bytes: 12288 })
    expect(bench.resources()).toEqual(before)
  })
})

describe('msf_release', () => {
  it('undoes a mapping that it made without an IPI, and leaves the list to its owner', () => {
    const bench = new KernelBench({ cpus: 2 })
    const xio = pageList(bench, 2)
    const before = bench.resources()
    const msf = made(bench.msfs.msf_create_from_xio(null, xio))
    bench.msfs.msf_require_buf(msf)
    const { kva } = msf
    bench.machine.translate(kva)
    const { ipis } = bench.machine.counters
    expect(bench.msfs.msf_release(msf)).toBe(OK)
    expect(msf).toMatchObject(EMPTY)
    expect(bench.machine.pageTable.frameOf(kvaPage(kva))).toBe(-1)
    expect(bench.machine.counters.ipis).toBe(ipis)
    bench.machine.translate(kva)
    expect(bench.machine.counters.staleAccesses, 'a use after release is seen').toBe(1)
    expect([xio.npages, bench.holds.total]).toEqual([2, 2])
    const { counters, ...rest } = bench.resources()
    expect(before).toMatchObject(rest)
    expect(counters).toMatchObject({ kvaMaps: 1, kvaUnmaps: 1, kvaBytes: 0, kvaBytesMax: 8192 })
  })

  it('gives up a list that it made, and leaves the mapping to its owner', () => {
    const bench = new KernelBench()
    const pfns = bench.mapPages(10, 2)
    const before = bench.resources()
    const msf = made(bench.msfs.msf_create_from_buf(null, VA, 8192))
    bench.msfs.msf_require_xio(msf)
    bench.msfs.msf_release(msf)
    expect(msf).toMatchObject(EMPTY)
    expect(bench.resources()).toEqual(before)
    expect(bench.machine.translate(VA)).toBe(pfns[0]! * 4096)
  })

  it('leaves no trace after any mix of calls on any processors', () => {
    const step = fc.record({
      call: fc.constantFrom('buf', 'xio', 'require_buf', 'require_xio', 'release'),
      slot: fc.nat(4),
      cpu: fc.nat(2),
      pages: fc.integer({ min: 1, max: 32 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const bench = new KernelBench({ cpus: 3 })
        bench.mapPages(10, 32)
        const msfs: (MsfBuf | null)[] = Array.from({ length: 5 }, () => null)
        const lists = Array.from({ length: 5 }, (_, i) => pageList(bench, 1 + 7 * i))
        for (const { call, slot, cpu, pages } of steps) {
          bench.machine.switchTo(cpu, 0)
          const msf = msfs[slot] ?? null
          if (call === 'buf' || call === 'xio') {
            if (msf !== null) continue
            const own = pages % 2 === 0 ? new MsfBuf() : null
            const result =
              call === 'buf'
                ? bench.msfs.msf_create_from_buf(own, VA, pages * 4096)
                : bench.msfs.msf_create_from_xio(own, lists[slot]!)
            msfs[slot] = typeof result === 'number' ? null : result
          } else if (msf !== null) {
            if (call === 'release') {
              bench.msfs.msf_release(msf)
              msfs[slot] = null
            } else if (call === 'require_xio') {
              expect(bench.msfs.msf_require_xio(msf)).toBe(OK)
            } else if (bench.msfs.msf_require_buf(msf) === OK && msf.xio !== null) {
              for (let page = 0; page < msf.xio.npages; page++)
                expect(bench.machine.translate(msf.kva + page * 4096)).toBe(msf.xio.pages[page]! * 4096)
            }
          }
        }
        for (const msf of msfs) if (msf !== null) bench.msfs.msf_release(msf)
        expect(bench.holds.total).toBe(1 + 8 + 15 + 22 + 29)
        expect(bench.msfs.poolFree).toBe(POOL)
        expect(bench.slots.free).toBe(SLOTS)
        expect(bench.counters.kvaBytes).toBe(0)
        expect(bench.counters.kvaMaps).toBe(bench.counters.kvaUnmaps)
        expect(bench.machine.counters.staleAccesses).toBe(0)
      }),
    )
  })
})
