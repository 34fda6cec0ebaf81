import { expect, it } from 'vitest'
import { KernelCounters } from '../../../src/sim/kernel/counters.ts'

it('starts counting afresh, and still knows what is mapped', () => {
  const counters = new KernelCounters()
  counters.addMapped(8192)
  counters.addMapped(4096)
  counters.addMapped(-8192)
  counters.pteWrites = 5
  counters.cacheHits = 7
  expect([counters.kvaBytes, counters.kvaBytesMax]).toEqual([4096, 12288])
  counters.reset()
  const { kvaBytes, kvaBytesMax, ...others } = counters
  expect([kvaBytes, kvaBytesMax]).toEqual([4096, 4096])
  expect(Object.values(others).every((value) => value === 0)).toBe(true)
})
