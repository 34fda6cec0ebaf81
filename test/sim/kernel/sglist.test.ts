import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EFAULT, EFBIG, EINVAL, OK } from '../../../src/sim/kernel/errno.ts'
import {
  Sglist,
  sglist_append,
  sglist_append_phys,
  sglist_append_vmpages,
  sglist_reset,
} from '../../../src/sim/kernel/sglist.ts'

/** Kernel addresses are page numbers of this table; -1 is a hole. */
function pmapOf(frames: readonly number[]) {
  return {
    pmap_kextract: (va: number): number => {
      const frame = frames[va >> 12] ?? -1
      return frame < 0 ? -1 : frame * 4096 + (va & 4095)
    },
  }
}

function ranges(sg: Sglist): [number, number][] {
  return Array.from({ length: sg.sg_nseg }, (_, i) => [sg.ss_paddr[i]!, sg.ss_len[i]!])
}

describe('sglist', () => {
  it('joins ranges that touch, however long, and keeps the others apart', () => {
    const sg = new Sglist(3)
    expect(sglist_append_phys(sg, 0x1000, 0x100000)).toBe(OK)
    expect(sglist_append_phys(sg, 0x101000, 8)).toBe(OK)
    expect(sglist_append_phys(sg, 0x1000 - 8, 8)).toBe(OK)
    expect(sglist_append_phys(sg, 0, 0)).toBe(OK)
    expect(ranges(sg)).toEqual([
      [0x1000, 0x100008],
      [0xff8, 8],
    ])
    sglist_reset(sg)
    expect(ranges(sg)).toEqual([])
  })

  it('is as before when it is full, or when an address is not mapped', () => {
    const sg = new Sglist(2)
    sglist_append_phys(sg, 0x9000 - 16, 16)
    const before = ranges(sg)
    expect(sglist_append(sg, pmapOf([9, 20, 30]), 0, 3 * 4096)).toBe(EFBIG)
    expect(ranges(sg)).toEqual(before)
    expect(sglist_append_vmpages(sg, Int32Array.of(9, 20, 30), 0, 3 * 4096)).toBe(EFBIG)
    expect(ranges(sg)).toEqual(before)
    expect(sglist_append(sg, pmapOf([9, -1]), 0, 2 * 4096)).toBe(EFAULT)
    expect(ranges(sg)).toEqual(before)
    expect(sglist_append(sg, pmapOf([9, 20]), 0, 2 * 4096)).toBe(OK)
    expect(sglist_append_phys(sg, 0x1000, 4)).toBe(EFBIG)
    expect(ranges(sg)).toEqual([
      [0x9000 - 16, 4096 + 16],
      [20 * 4096, 4096],
    ])
  })

  it('of no ranges takes nothing', () => {
    const sg = new Sglist(0)
    expect(sglist_append_phys(sg, 0, 1)).toBe(EINVAL)
    expect(sglist_append(sg, pmapOf([1]), 0, 1)).toBe(EINVAL)
    expect(sglist_append_vmpages(sg, Int32Array.of(1), 0, 1)).toBe(EINVAL)
  })

  it('describes the bytes of any buffer and page list in order, in as few ranges as there are', () => {
    const arbitrary = fc.record({
      frames: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 10 }),
      offset: fc.nat(9000),
      bytes: fc.nat(40_000),
      byPages: fc.boolean(),
    })
    fc.assert(
      fc.property(arbitrary, ({ frames, offset, bytes, byPages }) => {
        const from = offset % (frames.length * 4096)
        const count = Math.min(bytes, frames.length * 4096 - from)
        const sg = new Sglist(10)
        const error = byPages
          ? sglist_append_vmpages(sg, Int32Array.from(frames), from, count)
          : sglist_append(sg, pmapOf(frames), from, count)
        expect(error).toBe(OK)
        const expected: [number, number][] = []
        for (let at = from; at < from + count; at += 4096 - (at % 4096)) {
          const address = frames[Math.floor(at / 4096)]! * 4096 + (at % 4096)
          const length = Math.min(4096 - (at % 4096), from + count - at)
          const last = expected.at(-1)
          if (last !== undefined && last[0] + last[1] === address) last[1] += length
          else expected.push([address, length])
        }
        expect(ranges(sg)).toEqual(expected)
      }),
      { numRuns: 2000 },
    )
  })
})
