import { describe, expect, it } from 'vitest'
import { AhciController } from '../../../src/sim/devices/ahci-controller.ts'
import type { FaultRates } from '../../../src/sim/devices/faults.ts'
import { stampMatches } from '../../../src/sim/engine/sector-stamp.ts'
import { ControllerBench, SERVICE_NS } from './controller-bench.ts'

const LIST = 0x10000
/** Above 4 GiB, so that the high halves of addresses matter. */
const TABLE = 0x1_4000_0000
const DATA = 0x1_8000_0000
const READ_FPDMA = 0x60

interface PrdFields {
  readonly address: number
  readonly count: number
}

class PortBench extends ControllerBench {
  readonly port = new AhciController(this.parts)

  constructor(rates: Partial<FaultRates> = {}) {
    super(64, rates)
    this.port.setCommandList(LIST)
  }

  /** Lays out a read of `sectors` sectors from `sector` on, as the AHCI specification has it. */
  prepare(slot: number, sector: number, sectors: number, prds: readonly PrdFields[]): void {
    const { memory } = this
    const table = TABLE + slot * 0x1000
    const header = LIST + slot * 32
    memory.write32(header, 5 | (prds.length << 16))
    memory.write32(header + 8, table % 2 ** 32)
    memory.write32(header + 12, Math.floor(table / 2 ** 32))
    memory.write32(table, 0x8027 | (READ_FPDMA << 16))
    memory.write32(table + 4, sector % 2 ** 24)
    memory.write32(table + 8, Math.floor(sector / 2 ** 24))
    memory.write32(table + 12, sectors)
    prds.forEach(({ address, count }, i) => {
      memory.write32(table + 128 + i * 16, address % 2 ** 32)
      memory.write32(table + 128 + i * 16 + 4, Math.floor(address / 2 ** 32))
      memory.write32(table + 128 + i * 16 + 12, count - 1)
    })
  }

  holds(address: number, sector: number): boolean {
    return stampMatches(new Int32Array(this.memory.bytesAt(address, 512).slice().buffer), 0, sector, 0)
  }
}

describe('AhciController', () => {
  it('reads headers, FISes and PRDs above 4 GiB, and reports the slots that are done', () => {
    const bench = new PortBench()
    const far = 2 ** 33
    bench.prepare(3, far, 2, [
      { address: DATA, count: 512 },
      { address: DATA + 0x10000, count: 512 },
    ])
    bench.prepare(31, 9, 1, [{ address: DATA + 0x20000, count: 512 }])
    bench.port.issue(3, 0)
    bench.port.issue(31, 0)
    bench.simulator.run(10)
    expect(bench.holds(DATA, far)).toBe(true)
    expect(bench.holds(DATA + 0x10000, far + 1)).toBe(true)
    expect(bench.holds(DATA + 0x20000, 9)).toBe(true)
    // The second is done before the first interrupt is answered: one interrupt for both.
    expect(bench.interrupts).toEqual([SERVICE_NS])
    expect(bench.port.takeCompleted() >>> 0).toBe(((1 << 3) | (1 << 31)) >>> 0)
    expect([bench.port.takeCompleted(), bench.port.takeFailed()]).toEqual([0, 0])
    expect([bench.memory.read32(LIST + 3 * 32 + 4), bench.memory.read32(LIST + 31 * 32 + 4)]).toEqual([
      1024, 512,
    ])
    bench.port.issue(3, 5000)
    bench.simulator.run(10)
    expect(bench.interrupts).toEqual([SERVICE_NS, 5000 + SERVICE_NS])
  })

  it.each([
    ['an odd address', { address: DATA + 1, count: 512 }, 'is odd'],
    ['an odd count', { address: DATA, count: 511 }, 'is odd'],
    ['an address that is no memory', { address: 2 ** 40, count: 512 }, 'where there is no memory'],
  ])('refuses %s', (_, prd, message) => {
    const bench = new PortBench()
    bench.prepare(0, 0, 1, [prd])
    bench.port.issue(0, 0)
    bench.simulator.run(10)
    expect([bench.port.takeCompleted(), bench.port.takeFailed(), bench.port.takeFailed()]).toEqual([1, 1, 0])
    expect(bench.objects.join()).toContain(message)
    expect(bench.memory.read32(LIST + 4)).toBe(0)
  })

  it('fails a command that its descriptors are too short for, and moves no more than it asks for', () => {
    const bench = new PortBench()
    bench.prepare(0, 0, 2, [{ address: DATA, count: 512 }])
    bench.prepare(1, 0, 1, [{ address: DATA + 0x1000, count: 1024 }])
    bench.port.issue(0, 0)
    bench.port.issue(1, 0)
    bench.simulator.run(10)
    expect([bench.port.takeCompleted(), bench.port.takeFailed()]).toEqual([3, 1])
    expect(bench.holds(DATA + 0x1000, 0)).toBe(true)
    expect(bench.memory.read32(DATA + 0x1200)).toBe(0)
  })

  it('ends a command at a bad sector, and says how far it came', () => {
    const bench = new PortBench({ mediaErrors: 1_000_000 })
    bench.prepare(0, 0, 8, [{ address: DATA, count: 4096 }])
    bench.port.issue(0, 0)
    bench.simulator.run(10)
    expect([bench.port.takeCompleted(), bench.port.takeFailed()]).toEqual([1, 1])
    const moved = bench.memory.read32(LIST + 4) / 512
    expect(moved).toBeLessThan(8)
    expect(Array.from({ length: 8 }, (_, i) => bench.holds(DATA + i * 512, i))).toEqual(
      Array.from({ length: 8 }, (_, i) => i < moved),
    )
  })

  it('completes a command whose interrupt gets lost', () => {
    const bench = new PortBench({ lostInterrupts: 1_000_000 })
    bench.prepare(0, 0, 1, [{ address: DATA, count: 512 }])
    bench.port.issue(0, 0)
    bench.simulator.run(10)
    expect(bench.interrupts).toEqual([])
    expect([bench.port.takeCompleted(), bench.port.takeFailed()]).toEqual([1, 0])
  })
})
