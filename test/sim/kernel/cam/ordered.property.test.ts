import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { B_ORDERED, B_READ } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { ADAPTERS, CamBench } from './cam-bench.ts'

const times = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 50 }), isOrdered: fc.boolean() }), {
  minLength: 2,
  maxLength: 24,
})

/** The sectors of requests in the order in which the drive was done with them. */
function orderOf(
  adapter: (typeof ADAPTERS)[number],
  requests: readonly { ms: number; isOrdered: boolean }[],
) {
  const cam = new CamBench(adapter, { serviceNs: (sector) => requests[sector / 8]!.ms * 1e6 })
  requests.forEach(({ isOrdered }, i) => cam.start(i, i * 8, B_READ | (isOrdered ? B_ORDERED : 0)))
  cam.settle()
  expect(cam.errors).toEqual(requests.map(() => 0))
  return cam.order.map((sector) => sector / 8)
}

describe.each(ADAPTERS)('ordered buffers through %s', (adapter) => {
  it('are overtaken by nothing, and overtake nothing', () => {
    fc.assert(
      fc.property(times, (requests) => {
        const order = orderOf(adapter, requests)
        requests.forEach(({ isOrdered }, i) => {
          if (!isOrdered) return
          const place = order.indexOf(i)
          expect(order.slice(0, place).every((other) => other < i)).toBe(true)
          expect(place).toBe(i)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('leave the others free to be overtaken', () => {
    const simple = (ms: number) => ({ ms, isOrdered: false })
    expect(orderOf(adapter, [simple(30), simple(10)])).toEqual([1, 0])
    expect(orderOf(adapter, [simple(30), simple(10), { ms: 1, isOrdered: true }, simple(1)])).toEqual([
      1, 0, 2, 3,
    ])
  })
})
