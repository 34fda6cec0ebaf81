import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
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

function build(list: readonly (readonly [number, number])[]): [PhysicalMemory, SegmentList] {
  const memory = new PhysicalMemory(PAGES, true)
  const transfer = new SegmentList(memory, new DmaBus(memory, 0xffffffff, () => true))
  transfer.clear()
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
        for (let sector = 0; sector < sectors; sector++)
          transfer.nextSector(true, (words, base) =>
            words.set(flat.subarray(sector * 128, sector * 128 + 128), base),
          )
        const bytes = gather(memory, list)
        expect(Buffer.compare(Buffer.from(bytes.slice(0, sectors * 512)), Buffer.from(flat.buffer))).toBe(0)
        expect(bytes.slice(sectors * 512).every((byte) => byte === 0)).toBe(true)
        transfer.clear()
        for (const [address, length] of list) transfer.add(address, length)
        for (let sector = 0; sector < sectors; sector++)
          transfer.nextSector(false, (words, base) =>
            expect(words.slice(base, base + 128)).toEqual(flat.slice(sector * 128, sector * 128 + 128)),
          )
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
    transfer.nextSector(true, (words, base) => words.fill(0, base, base + 128))
    const zeros = Array.from({ length: PAGES * 4096 }, (_, i) => i).filter(
      (i) => memory.bytesAt(i, 1)[0] === 0,
    )
    const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)
    expect(zeros).toEqual([...range(300, 126), ...range(3840, 256), ...range(8194, 130)])
  })

  it('takes many segments, and refuses one that the device cannot reach', () => {
    const [memory, transfer] = build(Array.from({ length: 500 }, (_, i) => [i * 16, 16] as const))
    expect(transfer.totalBytes).toBe(8000)
    const bus = new DmaBus(memory, 0xfff, () => true)
    expect(() => new SegmentList(memory, bus).add(4000, 100)).toThrow('beyond the device')
  })
})
