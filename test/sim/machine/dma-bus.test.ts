import { describe, expect, it } from 'vitest'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'
import { Sanitizer } from '../../../src/sim/machine/sanitizer.ts'
import { testMachine } from './test-machine.ts'

const MEMORY_PAGES = 1 << 20

function busOf(addressBits: number, held: (pfn: number) => boolean = () => true): [DmaBus, Sanitizer] {
  const memory = new PhysicalMemory(MEMORY_PAGES, true)
  memory.write32(0x3000, 0xcafe)
  const sanitizer = new Sanitizer(testMachine())
  return [new DmaBus(memory, { addressBits, isHeld: held, sanitizer }), sanitizer]
}

describe('DmaBus', () => {
  it('reads and writes memory', () => {
    const [bus, sanitizer] = busOf(32)
    expect(bus.read32(0x3000)).toBe(0xcafe)
    bus.write32(0x3004, 2)
    expect([bus.readAddress(0x3000), bus.faults, sanitizer.total]).toEqual([2 * 2 ** 32 + 0xcafe, 0, 0])
  })

  it('reports a page that nobody holds, and goes there as hardware would', () => {
    const [bus, sanitizer] = busOf(32, (pfn) => pfn !== 3)
    expect(bus.read32(0x3000)).toBe(0xcafe)
    expect(sanitizer.violations).toMatchObject([
      { kind: 'dma-to-free-page', object: 'DMA to page 3, which nobody holds' },
    ])
    expect(bus.faults).toBe(0)
  })

  it('refuses what needs more address lines than there are, to the byte', () => {
    const [bus, sanitizer] = busOf(24)
    expect(bus.resolve(0xfff000, 4096, true)).toBe(0xfff000)
    expect(bus.resolve(0xfff000, 4097, true)).toBe(-1)
    expect(bus.read32(0x1000000)).toBe(0xffffffff)
    bus.write32(0x1000000, 7)
    expect(bus.memory.read32(0x1000000)).toBe(0)
    expect([bus.faults, sanitizer.counts['dma-out-of-reach']]).toEqual([3, 3])
    expect(sanitizer.violations[0]!.object).toBe(
      "DMA to 0xfff000+4097, beyond the device's reach of 0xffffff",
    )
  })

  it('refuses what is no memory, and descriptors that the device rejects', () => {
    const [bus, sanitizer] = busOf(64)
    expect(bus.resolve(MEMORY_PAGES * 4096 - 8, 8, false)).toBe(MEMORY_PAGES * 4096 - 8)
    expect(bus.resolve(MEMORY_PAGES * 4096 - 8, 9, false)).toBe(-1)
    bus.reject('PRD 3 is odd')
    expect(sanitizer.violations.map(({ kind }) => kind)).toEqual(['dma-fault', 'bad-descriptor'])
    expect(bus.faults).toBe(2)
  })

  it('goes through an IOMMU, and asks it what the walks cost', () => {
    const memory = new PhysicalMemory(MEMORY_PAGES, true)
    let misses = 3
    const bus = new DmaBus(memory, {
      addressBits: 32,
      isHeld: () => true,
      translation: {
        translate: (address, write) => (write || address >= 0x2000 ? -1 : address + 0x8000),
        takeMisses: () => {
          const taken = misses
          misses = 0
          return taken
        },
      },
      walkNs: 100,
    })
    memory.write32(0x9000, 5)
    expect([bus.read32(0x1000), bus.isIdentity]).toEqual([5, false])
    expect([bus.resolve(0x2000, 4, false), bus.resolve(0x1000, 4, true)]).toEqual([-1, -1])
    expect([bus.faults, bus.takeDelay(), bus.takeDelay()]).toEqual([2, 300, 0])
  })
})
