import { expect, it } from 'vitest'
import { SequentialHeuristic } from '../../../../src/sim/kernel/bufcache/sequential.ts'

const KIB = 1024

/** What each of several reads, of an offset and a length in KiB, is worth. */
function worth(...reads: readonly (readonly [offset: number, kib: number])[]): number[] {
  const file = new SequentialHeuristic()
  return reads.map(([offset, kib]) => file.next(offset * KIB, kib * KIB))
}

it('counts each 16 KiB, or part of them, of reads that go on where the last one ended', () => {
  expect(worth([0, 4], [4, 16], [20, 17], [37, 128])).toEqual([1, 2, 4, 12])
})

it('counts to 127', () => {
  expect(worth([0, 2000], [2000, 64], [2064, 64])).toEqual([125, 127, 127])
})

it('makes nothing of a read elsewhere, and remembers 1 of what was before, once', () => {
  expect(worth([0, 64], [500, 4], [504, 4])).toEqual([4, 0, 2])
  expect(worth([0, 64], [500, 4], [900, 4], [904, 4])).toEqual([4, 0, 0, 1])
})

it('takes a read at 0 for a new beginning, if any was in order before', () => {
  expect(worth([0, 64], [64, 64], [0, 64])).toEqual([4, 8, 12])
  expect(worth([8, 4], [0, 4], [4, 4])).toEqual([0, 0, 1])
})
