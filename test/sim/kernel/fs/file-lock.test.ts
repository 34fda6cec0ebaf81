import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FileLock } from '../../../../src/sim/kernel/fs/file-lock.ts'
import { KernelThreads } from '../../../../src/sim/kernel/sleep-channel.ts'

const THREADS = 6

function bench() {
  const woken: number[] = []
  const threads = new KernelThreads(THREADS, (thread) => woken.push(thread))
  const lock = new FileLock(threads, new Uint8Array(THREADS))
  const acquire = (thread: number, exclusive: boolean): boolean => {
    threads.current = thread
    return lock.acquire(exclusive)
  }
  return { lock, woken, acquire }
}

describe("a file's lock", () => {
  it('lets readers in together and a writer alone, first come, first served', () => {
    const { lock, woken, acquire } = bench()
    expect([acquire(0, false), acquire(1, false)]).toEqual([true, true])
    expect([acquire(2, true), acquire(3, false), acquire(4, false), acquire(5, true)]).toEqual([
      false,
      false,
      false,
      false,
    ])
    lock.release()
    expect(woken).toEqual([])
    lock.release()
    expect(woken).toEqual([2])
    lock.release()
    expect(woken).toEqual([2, 3, 4])
    lock.release()
    lock.release()
    expect(woken).toEqual([2, 3, 4, 5])
    lock.release()
    expect(acquire(0, true)).toBe(true)
  })

  it('never has a writer beside anybody, and never forgets who waits', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(THREADS - 1), fc.boolean()), { maxLength: 80 }), (steps) => {
        const { lock, woken, acquire } = bench()
        const wishes = new Map<number, boolean>()
        const holders = new Map<number, boolean>()
        const release = (thread: number): void => {
          holders.delete(thread)
          lock.release()
          for (const each of woken.splice(0)) {
            holders.set(each, wishes.get(each)!)
            wishes.delete(each)
          }
        }
        const check = (): void => {
          if ([...holders.values()].includes(true)) expect(holders.size).toBe(1)
          if (holders.size === 0) expect(wishes.size).toBe(0)
        }
        for (const [thread, exclusive] of steps) {
          if (holders.has(thread)) release(thread)
          else if (!wishes.has(thread)) {
            if (acquire(thread, exclusive)) holders.set(thread, exclusive)
            else wishes.set(thread, exclusive)
          }
          check()
        }
        while (holders.size > 0) {
          release([...holders.keys()][0]!)
          check()
        }
        expect(wishes.size).toBe(0)
      }),
    )
  })
})
