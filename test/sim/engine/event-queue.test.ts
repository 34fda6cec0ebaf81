import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventQueue } from '../../../src/sim/engine/event-queue.ts'

type Event = readonly [time: number, kind: number, arg: number]

function popped(queue: EventQueue): Event | null {
  return queue.pop() ? [queue.time, queue.kind, queue.arg] : null
}

describe('EventQueue', () => {
  it('is empty at first', () => {
    const queue = new EventQueue()
    expect(queue.size).toBe(0)
    expect(queue.pop()).toBe(false)
  })

  it('keeps events at one time in the order they came, beyond its first capacity', () => {
    const queue = new EventQueue()
    for (let arg = 0; arg < 1000; arg++) queue.push(arg % 3, arg % 7, arg)
    const order = Array.from({ length: 1000 }, () => popped(queue))
    const expected = [0, 1, 2].flatMap((time) =>
      Array.from({ length: 1000 }, (_, arg) => arg)
        .filter((arg) => arg % 3 === time)
        .map((arg) => [time, arg % 7, arg]),
    )
    expect(order).toEqual(expected)
    expect(queue.size).toBe(0)
  })

  it('takes an event that came when its time was far away before a later comer', () => {
    const queue = new EventQueue()
    queue.push(300_000, 1, 1)
    queue.push(100_000, 2, 2)
    expect(popped(queue)).toEqual([100_000, 2, 2])
    queue.push(300_000, 3, 3)
    expect([popped(queue), popped(queue)]).toEqual([
      [300_000, 1, 1],
      [300_000, 3, 3],
    ])
  })

  it('refuses more than 8191 events of the near future', () => {
    const queue = new EventQueue()
    for (let arg = 0; arg < 8191; arg++) queue.push(0, 0, arg)
    expect(() => queue.push(0, 0, 0)).toThrow('more than 8191 events within 262144 ns')
    queue.push(1e6, 0, 1)
    expect(queue.size).toBe(8192)
  })

  it('goes on from wherever time has jumped to', () => {
    const queue = new EventQueue()
    queue.push(1e9, 1, 1)
    popped(queue)
    queue.push(1e9 + 300_000, 2, 2)
    queue.push(1e9 + 50_000, 3, 3)
    expect([popped(queue), popped(queue)]).toEqual([
      [1e9 + 50_000, 3, 3],
      [1e9 + 300_000, 2, 2],
    ])
  })

  it('agrees with a sorted list when most events come in order, and timers and the near future in between', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('late' as const) },
      { weight: 3, arbitrary: fc.constant('soon' as const) },
      { weight: 1, arbitrary: fc.constant('timer' as const) },
      { weight: 5, arbitrary: fc.constant('pop' as const) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1500, minLength: 200 }), (steps) => {
        const queue = new EventQueue()
        const list: Event[] = []
        let now = 0
        let last = 0
        steps.forEach((each, arg) => {
          if (each === 'pop') {
            const next = list.shift() ?? null
            expect(popped(queue)).toEqual(next)
            if (next !== null) now = next[0]
            return
          }
          last = Math.max(last, now) + (each === 'late' ? arg % 3 : 0)
          const time = each === 'late' ? last : each === 'soon' ? now + (arg % 4) : now + 1000
          queue.push(time, 1, arg)
          const at = list.findIndex(([other]) => other > time)
          list.splice(at < 0 ? list.length : at, 0, [time, 1, arg])
        })
        while (list.length > 0) expect(popped(queue)).toEqual(list.shift())
        expect(queue.pop()).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  it('agrees with a sorted list under any mix of pushes and pops, from the same bucket to far beyond the wheel', () => {
    const step = fc.oneof(
      fc.record({ ahead: fc.integer({ min: 0, max: 20 }), unit: fc.constantFrom(0.25, 1000, 50_000) }),
      fc.constant('pop' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const queue = new EventQueue()
        const list: Event[] = []
        let now = 0
        steps.forEach((each, arg) => {
          if (each === 'pop') {
            const next = list.shift() ?? null
            expect(popped(queue)).toEqual(next)
            if (next !== null) now = next[0]
          } else {
            const time = now + each.ahead * each.unit
            queue.push(time, arg % 5, arg)
            const at = list.findIndex(([other]) => other > time)
            list.splice(at < 0 ? list.length : at, 0, [time, arg % 5, arg])
          }
          expect(queue.size).toBe(list.length)
        })
        while (list.length > 0) expect(popped(queue)).toEqual(list.shift())
        expect(queue.pop()).toBe(false)
      }),
    )
  })
})
