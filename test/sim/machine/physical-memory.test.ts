import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PhysicalMemory, SimulationFault } from '../../../src/sim/machine/physical-memory.ts'

const PAGES = 4
const BYTES = PAGES * 4096

function allBytes(memory: PhysicalMemory): Uint8Array {
  const bytes = new Uint8Array(BYTES)
  for (let page = 0; page < PAGES; page++) bytes.set(memory.bytesAt(page * 4096, 4096), page * 4096)
  return bytes
}

describe('PhysicalMemory', () => {
  it('stores words little end first, unsigned', () => {
    const memory = new PhysicalMemory(PAGES, true)
    memory.write32(4092, 0xfedcba98)
    memory.write32(4096, 7)
    expect([memory.read32(4092), memory.read32(4096), memory.read32(4100)]).toEqual([0xfedcba98, 7, 0])
    expect([...memory.bytesAt(4092, 4)]).toEqual([0x98, 0xba, 0xdc, 0xfe])
  })

  it('copies between ranges across pages as a flat array does', () => {
    const range = fc
      .record({ from: fc.nat(BYTES - 1), to: fc.nat(BYTES - 1), bytes: fc.integer({ min: 1, max: 9000 }) })
      .filter(
        ({ from, to, bytes }) =>
          from + bytes <= BYTES && to + bytes <= BYTES && (from + bytes <= to || to + bytes <= from),
      )
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (copies) => {
        const memory = new PhysicalMemory(PAGES, true)
        for (let i = 0; i < BYTES; i += 4) memory.write32(i, Math.imul(i + 1, 0x9e3779b1))
        const flat = allBytes(memory)
        for (const { from, to, bytes } of copies) {
          memory.copy(from, to, bytes)
          flat.copyWithin(to, from, from + bytes)
        }
        expect(Buffer.compare(allBytes(memory), flat)).toBe(0)
      }),
    )
  })

  it('moves no bulk data when it holds none, and still keeps control structures', () => {
    const memory = new PhysicalMemory(PAGES, false)
    memory.write32(0, 5)
    memory.copy(0, 4096, 4)
    expect([memory.read32(0), memory.read32(4096)]).toEqual([5, 0])
  })

  it.each([-4, PAGES * 4096, Number.NaN])('faults on address %d', (address) => {
    const memory = new PhysicalMemory(PAGES, true)
    expect(() => memory.read32(address)).toThrow(SimulationFault)
    expect(() => memory.write32(address, 1)).toThrow('beyond memory')
  })
})
