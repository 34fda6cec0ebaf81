import type { Operation } from './operation.ts'

/** What times are compared with, on whatever host: 16 numbers written to an array, and 16 counters of 16 bits counted up. */
export function yardstick(): Operation {
  const words = new Int32Array(64)
  const counters = new Uint16Array(64)
  return {
    name: 'yardstick: 16 Int32 writes, 16 Uint16 increments',
    run(count) {
      for (let i = 0; i < count; i++) {
        const first = (i & 3) * 16
        for (let at = first; at < first + 16; at++) {
          words[at] = i
          counters[at] = counters[at]! + 1
        }
      }
    },
  }
}

/** Allocates one object of one field: shows that the heap measurement sees such a thing. */
export function objectPerOperation(): Operation {
  let last = { value: 0 }
  return {
    name: 'control: one small object',
    run(count) {
      for (let i = 0; i < count; i++) last = { value: last.value ^ i }
    },
  }
}
