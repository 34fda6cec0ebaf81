import { describe, expect, it } from 'vitest'
import { KernelThreads, SleepChannel, WOULD_BLOCK } from '../../../src/sim/kernel/sleep-channel.ts'

function setup() {
  const woken: number[] = []
  const threads = new KernelThreads(4, (thread) => woken.push(thread))
  const channel = new SleepChannel(threads)
  const sleep = (thread: number, interruptible = false): number => {
    threads.current = thread
    return channel.sleep(interruptible)
  }
  return { woken, threads, channel, sleep }
}

describe('SleepChannel', () => {
  it('wakes one thread at a time in the order they came, and none when all are awake', () => {
    const { woken, channel, sleep } = setup()
    expect([2, 0, 3].map((thread) => sleep(thread))).toEqual([WOULD_BLOCK, WOULD_BLOCK, WOULD_BLOCK])
    channel.wakeupOne()
    expect(woken).toEqual([2])
    channel.wakeup()
    channel.wakeupOne()
    expect(woken).toEqual([2, 0, 3])
    expect(channel.waiting).toBe(0)
  })

  it.each([
    [2, [0, 3]],
    [0, [2, 3]],
    [3, [2, 0]],
  ])('lets thread %i leave by itself', (leaver, left) => {
    const { woken, threads, channel, sleep } = setup()
    for (const thread of [2, 0, 3]) sleep(thread)
    threads.current = leaver
    channel.resume()
    channel.resume()
    expect(channel.waiting).toBe(2)
    sleep(1)
    channel.wakeup()
    expect(woken).toEqual([...left, 1])
  })

  it('remembers which sleeps a signal ends', () => {
    const { threads, sleep } = setup()
    sleep(1, true)
    sleep(2, false)
    expect([...threads.interruptible]).toEqual([0, 1, 0, 0])
  })

  it('does not wake a thread twice that goes back to sleep when it is woken', () => {
    const woken: number[] = []
    const threads = new KernelThreads(2, (thread) => {
      woken.push(thread)
      threads.current = thread
      channel.sleep(false)
    })
    const channel = new SleepChannel(threads)
    channel.sleep(false)
    channel.wakeup()
    expect(woken).toEqual([0])
    expect(channel.waiting).toBe(1)
  })
})
