import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventHeap } from '../../../src/sim/engine/event-heap.ts'

type Event = readonly [time: number, kind: number, arg: number]

function taken(heap: EventHeap): Event {
  const event: Event = [heap.time, heap.kind, heap.arg]
  heap.drop()
  return event
}

describe('EventHeap', () => {
  it('keeps events at one time in the order they came, beyond its first capacity', () => {
    const heap = new EventHeap()
    for (let arg = 0; arg < 1000; arg++) heap.push(arg % 3, arg % 7, arg)
    const args = Array.from({ length: 1000 }, () => taken(heap)[2])
    const inOrder = [0, 1, 2].flatMap((time) => Array.from({ length: 334 }, (_, i) => 3 * i + time))
    expect(args).toEqual(inOrder.filter((arg) => arg < 1000))
    expect(heap.size).toBe(0)
  })

  it('agrees with a sorted list under any mix of pushes and takes', () => {
    const step = fc.option(fc.record({ time: fc.nat(20), kind: fc.nat(5) }), { freq: 2 })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const heap = new EventHeap()
        const list: Event[] = []
        steps.forEach((each, arg) => {
          if (each === null) {
            const next = list.shift()
            if (next !== undefined) expect(taken(heap)).toEqual(next)
          } else {
            heap.push(each.time / 4, each.kind, arg)
            const at = list.findIndex(([time]) => time > each.time / 4)
            list.splice(at < 0 ? list.length : at, 0, [each.time / 4, each.kind, arg])
          }
          expect(heap.size).toBe(list.length)
        })
        while (list.length > 0) expect(taken(heap)).toEqual(list.shift())
      }),
    )
  })
})
