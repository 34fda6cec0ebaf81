import { expect, it } from 'vitest'
import { MSF_PASSED, MsfOwner } from '../../../src/sim/kernel/msf-buf/msf-counts.ts'
import { KernelCounters } from '../../../src/sim/kernel/counters.ts'

it('starts counting afresh, and still knows what is mapped', () => {
  const counters = new KernelCounters()
  counters.addMapped(8192)
  counters.addMapped(4096)
  counters.addMapped(-8192)
  counters.pteWrites = 5
  counters.cacheHits = 7
  expect([counters.kvaBytes, counters.kvaBytesMax]).toEqual([4096, 12288])
  counters.msf.count(MSF_PASSED, MsfOwner.driver)
  expect(counters.msfPassed).toBe(1)
  counters.reset()
  expect(counters.msfPassed).toBe(0)
  const { kvaBytes, kvaBytesMax } = counters
  const others = Object.entries(counters).filter(([name]) => !name.startsWith('kvaBytes') && name !== 'msf')
  expect([kvaBytes, kvaBytesMax]).toEqual([4096, 4096])
  expect(others.every(([, value]) => value === 0)).toBe(true)
})
