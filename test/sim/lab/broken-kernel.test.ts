import { afterEach, describe, expect, it, vi } from 'vitest'
import { BusDma } from '../../../src/sim/kernel/busdma/busdma.ts'
import { BUS_DMASYNC_PREWRITE } from '../../../src/sim/kernel/busdma/constants.ts'
import { DiskPeripheral } from '../../../src/sim/kernel/cam/disk.ts'
import { AhciSim } from '../../../src/sim/kernel/cam/sims/ahci-sim.ts'
import { IdeSim } from '../../../src/sim/kernel/cam/sims/ide-sim.ts'
import { BufferCache } from '../../../src/sim/kernel/bufcache/buffer-cache.ts'
import { PageAllocator } from '../../../src/sim/kernel/vm/page-allocator.ts'
import { B_CACHE } from '../../../src/sim/kernel/bufcache/buf.ts'
import { Machine } from '../../../src/sim/machine/machine.ts'
import { methodOf } from './method-of.ts'
import { runToEnd, spec } from './scenarios.ts'

/** A kernel with a bug in it: the lab must notice, for that is what its bytes are for. */
afterEach(() => vi.restoreAllMocks())

const SMALL = { requests: 800, requestKiB: 16, spanMiB: 8 }
const machine = { cacheMiB: 1, tlbEntries: 1024 }

describe('a kernel that', () => {
  it('forgets all TLB invalidation reads through stale entries', () => {
    vi.spyOn(Machine.prototype, 'shootDownOthers').mockReturnValue(false)
    vi.spyOn(Machine.prototype, 'invalidateLocal').mockReturnValue()
    const { metrics } = runToEnd(spec('mapped', machine, SMALL))
    expect(metrics.tlb_stale_accesses).toBeGreaterThan(0)
    expect(metrics.verify_errors).toBeGreaterThan(0)
  })

  it('invalidates locally and tells no other processor reads through stale entries', () => {
    vi.spyOn(Machine.prototype, 'shootDownOthers').mockReturnValue(false)
    const { metrics } = runToEnd(spec('mapped', machine, SMALL))
    expect(metrics.tlb_stale_accesses).toBeGreaterThan(0)
    expect(metrics.verify_errors).toBeGreaterThan(0)
    const direct = runToEnd(spec('direct', machine, SMALL)).metrics
    expect([direct.tlb_stale_accesses, direct.verify_errors]).toEqual([0, 0])
  })

  it('does not synchronise loses what was bounced, and nothing else', () => {
    vi.spyOn(BusDma.prototype, 'bus_dmamap_sync').mockReturnValue()
    const errors = (device: 'ide-disk' | 'ahci-ssd', memoryMiB: number): number =>
      runToEnd(spec('direct', { ...machine, device, memoryMiB }, SMALL)).metrics.verify_errors
    expect(errors('ide-disk', 8192)).toBeGreaterThan(0)
    expect(errors('ide-disk', 2048)).toBe(0)
    expect(errors('ahci-ssd', 8192)).toBe(0)
  })

  it('synchronises after the transfer only loses what was written', () => {
    const sync = methodOf(BusDma.prototype, 'bus_dmamap_sync')
    vi.spyOn(BusDma.prototype, 'bus_dmamap_sync').mockImplementation(function (this: BusDma, tag, map, op) {
      if (op !== BUS_DMASYNC_PREWRITE) sync.call(this, tag, map, op)
    })
    expect(
      runToEnd(spec('mapped', { ...machine, device: 'ide-disk' }, SMALL)).metrics.verify_errors,
    ).toBeGreaterThan(0)
  })

  it.each([
    ['ahci-ssd', AhciSim],
    ['ide-disk', IdeSim],
  ] as const)('hands the segments to %s in the wrong order fails verification', (device, driver) => {
    const start = methodOf(driver.prototype, 'start')
    vi.spyOn(driver.prototype, 'start').mockImplementation(function (
      this: AhciSim & IdeSim,
      slot,
      ccb,
      map,
      segments,
      from,
      bytes,
    ) {
      if (segments >= 2 && map.segLen[0] === map.segLen[1]) {
        const [first, second] = map.segAddr
        map.segAddr.set([second!, first!])
      }
      start.call(this, slot, ccb, map, segments, from, bytes)
    })
    expect(runToEnd(spec('direct', { ...machine, device }, SMALL)).metrics.verify_errors).toBeGreaterThan(0)
  })

  it('hands the address of a page that nobody holds to the device fails verification, and is reported', () => {
    const start = methodOf(AhciSim.prototype, 'start')
    vi.spyOn(AhciSim.prototype, 'start').mockImplementation(function (
      this: AhciSim,
      slot,
      ccb,
      map,
      segments,
      from,
      bytes,
    ) {
      if (ccb.operation !== 'capacity') map.segAddr[0] = 0x7000
      start.call(this, slot, ccb, map, segments, from, bytes)
    })
    const { metrics, violations } = runToEnd(spec('direct', machine, SMALL))
    expect(metrics.verify_errors).toBeGreaterThan(0)
    expect(violations?.[0]).toMatchObject({ kind: 'dma-to-free-page' })
  })

  it('frees a page under a transfer is stopped', () => {
    const strategy = methodOf(DiskPeripheral.prototype, 'strategy')
    const kernelPages: PageAllocator[] = []
    const alloc = methodOf(PageAllocator.prototype, 'alloc')
    vi.spyOn(PageAllocator.prototype, 'alloc').mockImplementation(function (this: PageAllocator) {
      kernelPages[0] = this
      return alloc.call(this)
    })
    vi.spyOn(DiskPeripheral.prototype, 'strategy').mockImplementation(function (this: DiskPeripheral, buf) {
      strategy.call(this, buf)
      kernelPages[0]!.free(buf.b_xio.pages[0]!)
    })
    expect(() => runToEnd(spec('direct', machine, SMALL))).toThrow(
      /page \d+, which (nobody holds|has 0 wirings)/,
    )
  })

  it('takes a block for valid before it was read fails verification', () => {
    const getblk = methodOf(BufferCache.prototype, 'getblk')
    vi.spyOn(BufferCache.prototype, 'getblk').mockImplementation(function (
      this: BufferCache,
      vp,
      block,
      size,
    ) {
      const buf = getblk.call(this, vp, block, size)
      if (buf !== null && block === 5) buf.b_flags |= B_CACHE
      return buf
    })
    expect(runToEnd(spec('direct', machine, SMALL)).metrics.verify_errors).toBeGreaterThan(0)
  })

  it('never completes a request: the drivers give up, and every request fails', () => {
    vi.spyOn(AhciSim.prototype, 'interrupt').mockImplementation(function (this: AhciSim) {
      for (let slot = 0; slot < 32; slot++)
        if (this.sim.ccbAt(slot)?.operation === 'capacity') this.sim.complete(slot)
    })
    const { metrics } = runToEnd(spec('direct', machine, { ...SMALL, requests: 20 }))
    expect([metrics.requests, metrics.io_errors]).toEqual([20, 20])
  })
})
