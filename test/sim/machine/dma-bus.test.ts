import { describe, expect, it } from 'vitest'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'

function bus(highest: number, held: readonly number[]): DmaBus {
  const memory = new PhysicalMemory(1 << 21, true)
  memory.write32(0x3000, 0xcafe)
  return new DmaBus(memory, highest, (pfn) => held.includes(pfn))
}

describe('DmaBus', () => {
  it('reads memory that is held', () => {
    expect(bus(0xffffffff, [3]).read32(0x3000)).toBe(0xcafe)
  })

  it('faults on a page that nobody holds, wherever it is in the range', () => {
    const some = bus(0xffffffff, [3, 4, 6])
    expect(() => some.check(0x3800, 0x1800)).not.toThrow()
    expect(() => some.check(0x3800, 0x1801)).toThrow('DMA to page 5, which nobody holds')
    expect(() => some.check(0x2fff, 2)).toThrow('page 2')
    expect(() => some.read32(0x5000)).toThrow('page 5')
  })

  it('faults beyond the address lines, to the byte', () => {
    const all = new DmaBus(new PhysicalMemory(1 << 21, true), 0xffffffff, () => true)
    expect(() => all.check(0xfffff000, 4096)).not.toThrow()
    expect(() => all.check(0xfffff000, 4097)).toThrow(
      "DMA to 0xfffff000+4097, beyond the device's reach of 0xffffffff",
    )
    expect(() => all.read32(0x1_0000_0000)).toThrow("beyond the device's reach")
  })
})
