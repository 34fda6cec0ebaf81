import { describe, expect, it } from 'vitest'
import { SwiotlbPool } from '../../../../src/sim/kernel/busdma/dialects/swiotlb.ts'

const KIB = 1024
const SLOT = 2 * KIB
const GROUP = 256 * KIB
const BASE = 0x400000

function pool(pages: number): SwiotlbPool {
  const made = new SwiotlbPool(0xffffff)
  made.addRange(BASE / 4096, pages)
  return made
}

/** Where `bytes` bytes from `paddr` on go, from the start of the pool on; -1 for nowhere. */
function place(from: SwiotlbPool, paddr: number, bytes: number, minAlign = SLOT, boundary = 0): number {
  const mapping = from.map(paddr, bytes, minAlign, boundary)
  return mapping < 0 ? -1 : from.busaddr(mapping) - BASE
}

describe('the swiotlb pool', () => {
  it('keeps the offset in a slot, and goes on after the last mapping', () => {
    const slots = pool(64)
    expect(place(slots, 0x9000123, 100)).toBe(0x123)
    expect(place(slots, 0x9000800, 2048)).toBe(SLOT)
    expect(place(slots, 0x90007ff, 2)).toBe(2 * SLOT + 0x7ff)
    expect(place(slots, 0x9000000, 10)).toBe(4 * SLOT)
    expect([slots.total, slots.free, slots.active]).toEqual([128, 123, 5])
  })

  it('starts mappings of a page and more at a page', () => {
    const slots = pool(64)
    place(slots, 0, 1)
    expect(place(slots, 0x800, 4096)).toBe(2 * SLOT)
    expect(place(slots, 0x800, 4095)).toBe(4 * SLOT)
    // With the offset it needs a page.
    place(slots, 0, 1)
    expect(place(slots, 0x801, 4095)).toBe(8 * SLOT + 1)
  })

  it('keeps the offset in a larger block where one is asked for', () => {
    const slots = pool(64)
    expect(place(slots, 0x9000a00, 0x100, 4096)).toBe(0xa00)
    expect(place(slots, 0x9001a00, 0x100, 4096)).toBe(0x1a00)
    expect(place(slots, 0x9000200, 0x2000, 4096)).toBe(0x2200)
    expect(place(slots, 0x9008000, 0x100, 0x8000)).toBe(0x8000)
  })

  it('crosses no boundary of the device', () => {
    const slots = pool(64)
    place(slots, 0, 0xf000)
    expect(place(slots, 0x2000, 0x2000, SLOT, 0x10000)).toBe(0x10000)
    expect(place(slots, 0x7ff, 0x1001, SLOT, 0)).toBe(0x12000 + 0x7ff)
    const whole = pool(64)
    place(whole, 0, 0xf000)
    expect(place(whole, 0x2000, 0x2000)).toBe(0xf000)
  })

  it('lets no mapping leave its group', () => {
    const slots = pool(128)
    place(slots, 0, GROUP - 4 * KIB)
    expect(place(slots, 0, 8 * KIB)).toBe(GROUP)
    expect(place(slots, 0, GROUP)).toBe(-1)
    expect(place(slots, 0, 4 * KIB)).toBe(GROUP + 8 * KIB)
    expect(place(slots, 0, GROUP - 8 * KIB)).toBe(-1)
    expect(place(slots, 0, GROUP - 12 * KIB)).toBe(GROUP + 12 * KIB)
    // Once around: what the second mapping passed over.
    expect(place(slots, 0, 4 * KIB)).toBe(GROUP - 4 * KIB)
    expect(slots.free).toBe(0)
  })

  it('joins what is given back, and counts every slot', () => {
    const slots = pool(64)
    const mappings = Array.from({ length: 32 }, (_, i) => slots.map(i, 8 * KIB - i, SLOT, 0))
    expect(slots.free).toBe(0)
    expect(slots.map(0, 1, SLOT, 0)).toBe(-1)
    const [a, b, c, d] = [4, 6, 5, 7].map((i) => mappings[i] as number) as [number, number, number, number]
    slots.unmap(a)
    slots.unmap(b)
    expect(slots.map(0, 10 * KIB, SLOT, 0)).toBe(-1)
    slots.unmap(c)
    expect(slots.freeList()).toEqual(Array.from({ length: 12 }, (_, i) => 16 + i))
    slots.unmap(d)
    expect(place(slots, 0, 32 * KIB)).toBe(32 * KIB)
    expect([slots.free, slots.active]).toEqual([0, 128])
  })

  it('maps a group less one block at most', () => {
    expect(pool(64).maxMapping(SLOT)).toBe(GROUP - SLOT)
    expect(pool(200).maxMapping(4096)).toBe(GROUP - 4096)
    expect(pool(4).maxMapping(SLOT)).toBe(7 * SLOT)
    expect(pool(1).maxMapping(4096)).toBe(SLOT)
  })

  it('is one stretch of memory', () => {
    const slots = new SwiotlbPool(0xffffff)
    slots.addPage(0x80)
    slots.addPage(0x81)
    expect(slots.total).toBe(4)
    expect(slots.busaddr(slots.map(0, 8192, SLOT, 0))).toBe(0x80000)
    expect(() => slots.addPage(0x83)).toThrow('page 131 does not follow')
  })
})
