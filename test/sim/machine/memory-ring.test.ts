import { describe, expect, it } from 'vitest'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { MemoryRing } from '../../../src/sim/machine/memory-ring.ts'
import type { RingMemory } from '../../../src/sim/machine/memory-ring.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'
import { Sanitizer } from '../../../src/sim/machine/sanitizer.ts'
import { testMachine } from './test-machine.ts'

const PAGES = 1 << 20
const ENTRY_BYTES = 64
/** Two entries before the end of a page, so that the ring lies in three. */
const START = 0x80003000 - 2 * ENTRY_BYTES
const ENTRIES = 70

/** @returns what each access of a device asked about */
function watchedBus(memory: PhysicalMemory): [DmaBus, number[]] {
  const asked: number[] = []
  const translate = (address: number): number => (asked.push(address), address)
  const translation = { translate, takeMisses: () => 0 }
  return [new DmaBus(memory, { addressBits: 64, isHeld: () => true, translation }), asked]
}

describe('MemoryRing', () => {
  it.each<[string, (memory: PhysicalMemory) => RingMemory]>([
    ['the processor', (memory) => memory],
    ['a device', (memory) => new DmaBus(memory, { addressBits: 64, isHeld: () => true })],
    ['a device behind an IOMMU', (memory) => watchedBus(memory)[0]],
  ])('goes through all entries in turn, over pages and round, as %s', (_who, view) => {
    const memory = new PhysicalMemory(PAGES, true)
    const ring = new MemoryRing(view(memory), START, ENTRIES, ENTRY_BYTES)
    for (let step = 0; step < 2 * ENTRIES + 5; step++) {
      const place = step % ENTRIES
      expect(ring.place).toBe(place)
      ring.write(15, 0x80000000 + step)
      expect(memory.read32(START + place * ENTRY_BYTES + 60)).toBe(0x80000000 + step)
      memory.write32(START + place * ENTRY_BYTES + 4, 0xffffff00 + place)
      memory.write32(START + place * ENTRY_BYTES + 8, 3)
      expect([ring.read(1) >>> 0, ring.readAddress(1)]).toEqual([
        0xffffff00 + place,
        3 * 2 ** 32 + 0xffffff00 + place,
      ])
      ring.next()
    }
  })

  it('asks the IOMMU about each access', () => {
    const [bus, asked] = watchedBus(new PhysicalMemory(PAGES, true))
    const ring = new MemoryRing(bus, START, ENTRIES, ENTRY_BYTES)
    ring.next()
    ring.read(2)
    ring.write(3, 1)
    ring.read(2)
    expect(asked).toEqual([START + 72, START + 76, START + 72])
  })

  it('lets the sanitizer see each access', () => {
    const sanitizer = new Sanitizer(testMachine())
    const memory = new PhysicalMemory(PAGES, true)
    const bus = new DmaBus(memory, { addressBits: 64, isHeld: () => false, sanitizer })
    const ring = new MemoryRing(bus, START, ENTRIES, ENTRY_BYTES)
    ring.read(0)
    ring.write(0, 1)
    expect(sanitizer.counts['dma-to-free-page']).toBe(2)
  })

  it('is refused what the device does not reach, entry by entry', () => {
    const memory = new PhysicalMemory(PAGES, true)
    const bus = new DmaBus(memory, { addressBits: 31, isHeld: () => true })
    const ring = new MemoryRing(bus, 0x80000000 - ENTRY_BYTES, 2, ENTRY_BYTES)
    ring.write(0, 5)
    expect([ring.read(0), bus.faults]).toEqual([5, 0])
    ring.next()
    ring.write(0, 5)
    expect([ring.read(0) >>> 0, bus.faults, memory.read32(0x80000000)]).toEqual([0xffffffff, 2, 0])
    ring.next()
    expect([ring.place, ring.read(0)]).toEqual([0, 5])
  })
})
