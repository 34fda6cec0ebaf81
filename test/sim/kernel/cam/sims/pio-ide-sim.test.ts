import { describe, expect, it } from 'vitest'
import { EFAULT, EINVAL, EIO, ENOMEM, OK } from '../../../../../src/sim/kernel/errno.ts'
import { KVA_BASE } from '../../../../../src/sim/machine/page-table.ts'
import { NO_FAULTS, WholeBench } from './whole-bench.ts'
import type { BenchOptions, BenchRequest } from './whole-bench.ts'

const MILLION = 1_000_000

function bench(options: BenchOptions = {}): { lab: WholeBench; read: BenchRequest; write: BenchRequest } {
  const lab = new WholeBench('ide-pio-disk', options)
  const pages = lab.takePages(4, 2 ** 32, 2 ** 33 - 1)
  const read: BenchRequest = { operation: 'read', sector: 8, sectors: 32, pages, offset: 0, form: 'msf' }
  return { lab, read, write: { ...read, operation: 'write' } }
}

describe('the PIO driver', () => {
  it('maps a page list for as long as the transfer takes, and counts it', () => {
    const { lab, read } = bench()
    const { slots } = lab.kernel
    const before = slots.free
    lab.start(read)
    lab.simulator.run(3)
    expect(slots.free).toBe(before - 1)
    lab.settle()
    expect(lab.finished[0]!.status).toBe(OK)
    expect(slots.free).toBe(before)
    expect(lab.counters).toMatchObject({ kvaMaps: 1, kvaUnmaps: 1, msfRecreated: 1 })
    expect(lab.machine.counters.ipis).toBe(0)
  })

  it('uses what is mapped already', () => {
    const { lab, write } = bench()
    lab.run({ ...write, form: 'mapped' })
    expect(lab.counters).toMatchObject({ kvaMaps: 0, msfRecreated: 0, msfCreated: 0 })
  })

  it('lets another processor touch a mapping only once it is entered there', () => {
    const { lab, write } = bench()
    // The first block goes from processor 1, the others from processor 0, which serves interrupts.
    expect(lab.run(write, 1).status).toBe(OK)
    expect(lab.run(write, 0).status).toBe(OK)
    expect(lab.machine.counters.staleAccesses).toBe(0)
    expect(lab.violations).toEqual([])
  })

  it('spends the processor for every byte at the rate of the channel', () => {
    const { lab, read } = bench()
    lab.machine.resetMeasurement()
    lab.run(read)
    const tree = JSON.stringify(lab.machine.accounting.tree())
    const found = [...tree.matchAll(/"name":"ata_pio_data","layer":"driver","selfNs":([\d.]+)/g)]
    const ns = found.reduce((sum, match) => sum + Number(match[1]), 0)
    expect(ns).toBeCloseTo((16384 * 1e9) / 16.6e6, -1)
  })

  it('costs the same time without bytes', () => {
    const [a, b] = [true, false].map((holdsData) => {
      const { lab, read, write } = bench({ holdsData })
      lab.run(read)
      lab.run(write, 1)
      lab.run({ ...read, operation: 'capacity', sectors: 0, form: 'mapped' })
      return { at: lab.simulator.now, ...lab.machine.counters, busy: lab.machine.cpus.map((c) => c.busyNs) }
    })
    expect(a).toEqual(b)
  })

  it('waits for KVA and goes on when there is some', () => {
    const { lab, read } = bench()
    const { slots } = lab.kernel
    const taken = Array.from({ length: slots.free }, () => slots.take())
    lab.start(read)
    lab.simulator.run(4)
    expect(lab.finished).toEqual([])
    taken.forEach((slot) => slots.give(slot))
    lab.settle()
    expect(lab.finished.map(({ status, resid }) => [status, resid])).toEqual([[OK, 0]])
  })

  it('does not wait for KVA for ever', () => {
    const { lab, read, write } = bench()
    const { slots } = lab.kernel
    while (slots.free > 0) slots.take()
    expect(lab.run(read).status).toBe(ENOMEM)
    expect(lab.run(write).status).toBe(ENOMEM)
    expect(lab.run({ ...read, form: 'mapped' }).status).toBe(OK)
  })

  it('refuses addresses that no mapping leads to, and goes on with the next request', () => {
    const { lab, read } = bench()
    const ccb = lab.start({ ...read, form: 'mapped' })
    lab.settle()
    ccb.usePhysical(Float64Array.of(0x100000), Float64Array.of(16384))
    lab.xpt.xpt_action(ccb)
    lab.settle()
    expect(ccb.status).toBe(EINVAL)
    ccb.useBuffer(KVA_BASE + lab.machine.pageTable.pages * 4096 - 8192, 16384)
    lab.xpt.xpt_action(ccb)
    lab.settle()
    expect(ccb.status).toBe(EFAULT)
    expect(lab.run(read).status).toBe(OK)
  })

  it.each([
    ['a media error', { mediaErrors: MILLION }, EIO, 0],
    ['a short transfer', { shortTransfers: MILLION }, OK, 512],
  ])('tells of %s', (_what, faults, status, leastResid) => {
    for (const changes of [{}, { pio: { bytesPerSecond: 16.6e6, sectorsPerInterrupt: 8 } }]) {
      const { lab, read, write } = bench({ faults: { ...NO_FAULTS, ...faults }, changes })
      const free = lab.kernel.slots.free
      for (const request of [read, write, read, write]) {
        const ccb = lab.run(request)
        expect(ccb.status).toBe(status)
        expect(ccb.resid).toBeGreaterThanOrEqual(leastResid)
        expect(ccb.resid % 512).toBe(0)
      }
      expect(lab.kernel.slots.free).toBe(free)
    }
  })

  it('finds out by its timer that an interrupt was lost', () => {
    const { lab, read, write } = bench({ faults: { lostInterrupts: MILLION } })
    expect(lab.run(read).status).toBe(OK)
    expect(lab.run(write).status).toBe(OK)
    expect(lab.counters.commandTimeouts).toBe(2)
    expect(lab.simulator.now).toBeGreaterThan(10e9)
  })

  it('has a drive that takes no blocks of that size move single sectors', () => {
    const { lab, read } = bench({ changes: { pio: { bytesPerSecond: 16.6e6, sectorsPerInterrupt: 3 } } })
    expect(lab.run(read).status).toBe(OK)
    expect(lab.storage.bus.faults).toBe(0)
  })
})
