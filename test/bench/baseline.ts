import type { Operation } from './operation.ts'

/*
 * The pinned baseline: what recorded figures are ratios of, so that those of two computers, or of a busy and an idle one, can be
 * compared. It must never change, or what was recorded means nothing any more. It imports nothing of the simulator.
 */

const PENDING = 256
const WORDS = 1 << 18

/**
 * One step of a small event loop: takes the earliest of 256 pending events off a binary heap, touches 16 words of a MiB, and
 * puts the event back at a later time.
 */
export function baseline(): Operation {
  const times = new Float64Array(PENDING)
  const args = new Int32Array(PENDING)
  const words = new Int32Array(WORDS)
  let state = 1
  for (let i = 0; i < PENDING; i++) {
    times[i] = i
    args[i] = i
  }
  function step(): void {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    const arg = args[0]!
    const time = times[0]! + 1 + (state >>> 22)
    const first = (arg * 1021 + (state >>> 14)) & (WORDS - 16)
    for (let at = first; at < first + 16; at++) words[at] = words[at]! + arg
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= PENDING) break
      if (child + 1 < PENDING && times[child + 1]! < times[child]!) child++
      if (times[child]! >= time) break
      times[hole] = times[child]!
      args[hole] = args[child]!
      hole = child
    }
    times[hole] = time
    args[hole] = arg
  }
  return {
    name: 'baseline: a step of a pinned event loop',
    run(count) {
      for (let i = 0; i < count; i++) step()
    },
  }
}
