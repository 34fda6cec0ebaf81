import { expect, it } from 'vitest'
import { FreeQueue } from '../../../../src/sim/kernel/vm/free-queue.ts'

it('tells a page before its turn, around the end of the ring too', () => {
  const queue = new FreeQueue(3)
  for (const pfn of [4, 5, 6]) queue.push(pfn)
  queue.shift()
  queue.push(7)
  expect([0, 1, 2, 3].map((distance) => queue.peek(distance))).toEqual([5, 6, 7, 0])
  expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([5, 6, 7])
})
