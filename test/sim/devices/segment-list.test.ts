import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SectorStore } from '../../../src/sim/devices/segment-list.ts'
import { SegmentList } from '../../../src/sim/devices/segment-list.ts'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'

const PAGES = 16

/** Segments in a memory of 16 pages, none over another, in total a number of sectors. */
const segments = fc
  .array(fc.integer({ min: 1, max: 6000 }), { minLength: 1, maxLength: 12 })
  .chain((cuts) =>
    fc.record({
      lengths: fc.constant(cuts),
      gaps: fc.array(fc.integer({ min: 0, max: 700 }), { minLength: cuts.length, maxLength: cuts.length }),
      order: fc.shuffledSubarray(
        cuts.map((_, i) => i),
        { minLength: cuts.length },
      ),
      even: fc.boolean(),
    }),
  )
  .map(({ lengths, gaps, order, even }) => {
    let at = 0
    const placed = lengths.map((length, i): [number, number] => {
      at += even ? gaps[i]! * 4 : gaps[i]!
      const own: [number, number] = [at, even ? (length & ~3) + 4 : length]
      at += own[1]
      return own
    })
    return order.map((i) => placed[i]!).filter(([address, length]) => address + length <= PAGES * 4096)
  })

function build(list: readonly (readonly [number, number])[], toMemory = true): [PhysicalMemory, SegmentList] {
  const memory = new PhysicalMemory(PAGES, true)
  const transfer = new SegmentList(new DmaBus(memory, { addressBits: 32, isHeld: () => true }))
  transfer.start(toMemory)
  for (const [address, length] of list) transfer.add(address, length)
  return [memory, transfer]
}

/** The bytes that segments name, in order. */
function gather(memory: PhysicalMemory, list: readonly (readonly [number, number])[]): number[] {
  return list.flatMap(([address, length]) =>
    Array.from({ length }, (_, i) => memory.bytesAt(address + i, 1)[0]!),
  )
}

const wordAt = (index: number): number => Math.imul(index + 1, 0x9e3779b1)

describe('SegmentList', () => {
  it('moves sectors to memory and back as flat bytes would, in odd segments too', () => {
    fc.assert(
      fc.property(segments, (list) => {
        const [memory, transfer] = build(list)
        const sectors = Math.floor(transfer.totalBytes / 512)
        expect(transfer.totalBytes).toBe(list.reduce((sum, [, length]) => sum + length, 0))
        const flat = new Int32Array(sectors * 128).map((_, i) => wordAt(i))
        transfer.moveSectors(store(flat), 0, sectors)
        const bytes = gather(memory, list)
        expect(Buffer.compare(Buffer.from(bytes.slice(0, sectors * 512)), Buffer.from(flat.buffer))).toBe(0)
        expect(bytes.slice(sectors * 512).every((byte) => byte === 0)).toBe(true)
        transfer.start(false)
        for (const [address, length] of list) transfer.add(address, length)
        const back = new Int32Array(sectors * 128)
        transfer.moveSectors(store(back), 0, sectors)
        expect(back).toEqual(flat)
      }),
      { numRuns: 60 },
    )
  })

  it('touches nothing outside of its segments', () => {
    const [memory, transfer] = build([
      [4096 - 256, 256],
      [8192 + 2, 130],
      [300, 126],
    ])
    for (let page = 0; page < PAGES; page++) memory.bytesAt(page * 4096, 4096).fill(1)
    transfer.moveSectors(store(new Int32Array(128)), 0, 1)
    const zeros = Array.from({ length: PAGES * 4096 }, (_, i) => i).filter(
      (i) => memory.bytesAt(i, 1)[0] === 0,
    )
    const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)
    expect(zeros).toEqual([...range(300, 126), ...range(3840, 256), ...range(8194, 130)])
  })

  it('takes many segments, and fills them with bytes of its own or drains them', () => {
    const list = Array.from({ length: 500 }, (_, i) => [i * 32, 16] as const)
    const [memory, transfer] = build(list)
    expect(transfer.totalBytes).toBe(8000)
    const content = Uint8Array.from({ length: 9000 }, (_, i) => i % 251)
    expect(transfer.fill(content)).toBe(8000)
    expect(gather(memory, list)).toEqual([...content.slice(0, 8000)])
    transfer.start(false)
    for (const [address, length] of list) transfer.add(address, length)
    const back = new Uint8Array(100)
    expect(transfer.drain(back)).toBe(100)
    expect(back).toEqual(content.slice(0, 100))
  })

  it('is refused as a whole when the device cannot reach a part', () => {
    const memory = new PhysicalMemory(PAGES, true)
    const bus = new DmaBus(memory, { addressBits: 12, isHeld: () => true })
    const transfer = new SegmentList(bus)
    transfer.start(true)
    transfer.add(4000, 96)
    expect([transfer.isRefused, bus.faults]).toEqual([false, 0])
    transfer.add(4000, 97)
    expect([transfer.isRefused, bus.faults, transfer.totalBytes]).toEqual([true, 1, 193])
    transfer.start(true)
    expect(transfer.isRefused).toBe(false)
    transfer.refuse()
    expect(transfer.isRefused).toBe(true)
  })

  it('that goes astray leaves the place that it was given, up to the end of a page', () => {
    const [memory, transfer] = build([
      [512, 1024],
      [8192, 1024],
    ])
    // 512 bytes are left in the page at 0x5e00.
    transfer.misdirect(0x5e00)
    const flat = Int32Array.from({ length: 4 * 128 }, (_, i) => wordAt(i))
    transfer.moveSectors(store(flat), 0, 4)
    expect(memory.read32(0x5e00)).toBe(wordAt(0) >>> 0)
    expect(memory.read32(512)).toBe(0)
    expect([1024, 8192, 8704].map((at) => memory.read32(at))).toEqual(
      [1, 2, 3].map((sector) => wordAt(sector * 128) >>> 0),
    )
  })
})

/** A medium that is an array of words. */
function store(content: Int32Array): SectorStore {
  return {
    read: (sector, words, base) => words.set(content.subarray(sector * 128, sector * 128 + 128), base),
    write: (sector, words, base) => content.set(words.subarray(base, base + 128), sector * 128),
  }
}
