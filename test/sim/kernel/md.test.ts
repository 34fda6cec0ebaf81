import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EINVAL, ENOSPC, OK } from '../../../src/sim/kernel/errno.ts'
import { MemoryDisk } from '../../../src/sim/kernel/md.ts'
import { DirectMapSfBufs } from '../../../src/sim/kernel/sf-buf/direct-map.ts'
import { FreeBsdSfBufs } from '../../../src/sim/kernel/sf-buf/freebsd.ts'
import type { PageWindow } from '../../../src/sim/kernel/sf-buf/page-window.ts'
import { QenterWindow } from '../../../src/sim/kernel/sf-buf/qenter-window.ts'
import { KernelThreads } from '../../../src/sim/kernel/sleep-channel.ts'
import { CopyCalls } from '../../../src/sim/kernel/vm/copy-calls.ts'
import { FirstFitArena } from '../../../src/sim/kernel/vm/first-fit-arena.ts'
import { KVA_BASE } from '../../../src/sim/machine/page-table.ts'
import { PAGE_SIZE } from '../../../src/sim/machine/page.ts'
import { KernelBench } from './kernel-bench.ts'

const PAGES = 64
const SECTORS = PAGES * 8
const DATA_PAGES = 17
const DATA = KVA_BASE

const WINDOWS: Record<string, (bench: KernelBench, sfBufs: number) => PageWindow> = {
  'pmap_qenter for each page': ({ pmap }) => new QenterWindow(pmap, new FirstFitArena(100, 4)),
  sf_bufs: ({ machine, pmap }, count) =>
    new FreeBsdSfBufs(machine, pmap, new KernelThreads(1, () => undefined), 200, count),
  'no mapping': () => new DirectMapSfBufs(),
}

function setup(window: string, sfBufs = 8) {
  const bench = new KernelBench({ cpus: 2, kvaPages: 1024, memoryPages: 1024, sanitizer: true })
  bench.mapPages(0, DATA_PAGES)
  const free = bench.pages.freePages
  const { machine, pages, counters } = bench
  const parts = { pages, copies: new CopyCalls(machine, counters), window: WINDOWS[window]!(bench, sfBufs) }
  return { bench, free, disk: new MemoryDisk(parts, PAGES) }
}

function bytesAt(bench: KernelBench, kva: number, count: number): Uint8Array {
  return Uint8Array.from(
    { length: count },
    (_, i) => bench.machine.memory.bytesAt(bench.machine.translate(kva + i), 1)[0]!,
  )
}

function store(bench: KernelBench, kva: number, bytes: Uint8Array): void {
  bytes.forEach(
    (byte, i) => (bench.machine.memory.bytesAt(bench.machine.translate(kva + i, true), 1)[0] = byte),
  )
}

describe.each(Object.keys(WINDOWS))('a memory disk with %s', (window) => {
  it('holds what was written last, at any place and length, and zeros before', () => {
    const access = fc.record({
      write: fc.boolean(),
      sector: fc.integer({ min: 0, max: SECTORS - 1 }),
      sectors: fc.integer({ min: 1, max: 20 }),
      offset: fc.integer({ min: 0, max: PAGE_SIZE - 1 }),
      salt: fc.nat(255),
    })
    fc.assert(
      fc.property(fc.array(access, { minLength: 1, maxLength: 12 }), (accesses) => {
        const { bench, disk, free } = setup(window)
        const mirror = new Uint8Array(SECTORS * 512)
        for (const { write, sector, sectors, offset, salt } of accesses) {
          const bytes = Math.min(sectors, SECTORS - sector) * 512
          const at = sector * 512
          if (write) {
            const data = Uint8Array.from({ length: bytes }, (_, i) => i * 7 + (i >> 8) + salt)
            store(bench, DATA + offset, data)
            mirror.set(data, at)
          }
          expect(disk.mdstart(write, sector, DATA + offset, bytes)).toBe(OK)
          if (!write) expect(bytesAt(bench, DATA + offset, bytes)).toEqual(mirror.slice(at, at + bytes))
        }
        expect(bench.machine.sanitizer!.violations).toEqual([])
        disk.destroy()
        expect(bench.pages.freePages).toBe(free)
      }),
      { numRuns: 15 },
    )
  })

  it('refuses what is not on it', () => {
    const { disk } = setup(window)
    expect(disk.mdstart(true, SECTORS, DATA, 512)).toBe(EINVAL)
    expect(disk.mdstart(true, SECTORS - 1, DATA, 1024)).toBe(EINVAL)
    expect(disk.mdstart(true, -1, DATA, 512)).toBe(EINVAL)
    expect(disk.mdstart(true, 0, DATA, 100)).toBe(EINVAL)
    expect(disk.resident).toBe(0)
  })

  it('says so when memory runs out', () => {
    const { bench, disk } = setup(window)
    while (bench.pages.alloc() >= 0) continue
    expect(disk.mdstart(true, 0, DATA, 512)).toBe(ENOSPC)
  })
})

/** Processor time of the second of two passes over the disk in 64 KiB requests, ns; and what it did to the page table. */
function secondPass(window: string, sfBufs: number) {
  const { bench, disk } = setup(window, sfBufs)
  const pass = (): void => {
    for (let sector = 0; sector < SECTORS; sector += 128)
      expect(disk.mdstart(false, sector, DATA, 64 * 1024)).toBe(OK)
  }
  pass()
  const { machine, counters } = bench
  const [from, written, ipis] = [machine.cpu.clock, counters.pteWrites, machine.counters.ipis]
  pass()
  return {
    ns: machine.cpu.clock - from,
    pteWrites: counters.pteWrites - written,
    ipis: machine.counters.ipis - ipis,
  }
}

describe('reading a memory disk again', () => {
  it('costs as much as its mappings do', () => {
    const qenter = secondPass('pmap_qenter for each page', 0)
    const cold = secondPass('sf_bufs', PAGES / 2)
    const warm = secondPass('sf_bufs', PAGES)
    const none = secondPass('no mapping', 0)
    expect(qenter).toMatchObject({ pteWrites: 2 * PAGES, ipis: 2 * PAGES })
    // Fewer sf_bufs than pages, read in order: none is found again, and all are private to one processor.
    expect(cold).toMatchObject({ pteWrites: PAGES, ipis: 0 })
    expect(warm).toMatchObject({ pteWrites: 0, ipis: 0 })
    expect(none).toMatchObject({ pteWrites: 0, ipis: 0 })
    expect([qenter.ns, cold.ns, warm.ns, none.ns]).toEqual(
      [qenter.ns, cold.ns, warm.ns, none.ns].toSorted((a, b) => b - a),
    )
  })
})
