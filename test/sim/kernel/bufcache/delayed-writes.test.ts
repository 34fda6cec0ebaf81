import { describe, expect, it } from 'vitest'
import { BufDaemon } from '../../../../src/sim/kernel/bufcache/buf-daemon.ts'
import { B_ASYNC, B_CALL, B_DEFERRED, B_FREEBUF, B_READ } from '../../../../src/sim/kernel/bufcache/buf.ts'
import type { BufferCacheLimits } from '../../../../src/sim/kernel/bufcache/limits.ts'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'
import type { Vnode } from '../../../../src/sim/kernel/bufcache/vnode.ts'
import type { Errno } from '../../../../src/sim/kernel/errno.ts'
import { EIO, EINPROGRESS, OK } from '../../../../src/sim/kernel/errno.ts'
import { ASLEEP, CacheBench, KIB } from './cache-bench.ts'

const DAEMON = 7
const LIMITS: BufferCacheLimits = { ...limitsForBuffers(24, 16 * KIB), lodirtybuffers: 4, hidirtybuffers: 10 }

/** A cache with its daemon, on a disk whose transfers take 1 ms each. */
class DirtyBench extends CacheBench {
  readonly vp: Vnode
  readonly daemon: BufDaemon
  /** How the disk's transfers end. */
  outcome: () => Errno = () => OK
  private readonly done = this.simulator.on(() => this.end(this.outcome()))

  constructor(limits = LIMITS, keep = false) {
    super({ limits, keep })
    this.vp = this.vnode(16 * KIB)
    const { simulator, machine, threads, cache } = this
    this.daemon = new BufDaemon({ simulator, machine, threads, cache }, DAEMON, 1)
    this.onWake = (thread) => {
      if (thread === DAEMON) this.daemon.wake()
    }
  }

  dirty(block: number): void {
    this.cache.bdwrite(this.get(this.vp, block, 16 * KIB))
  }

  /** Lets time pass: up to `events` events, the ends of transfers included. @returns simulated ns */
  pass(events = 1000): number {
    for (let i = 0; i < events; i++) {
      for (let j = this.scheduled; j < this.log.length; j++)
        this.simulator.schedule(this.simulator.now + 1e6, this.done, 0)
      this.scheduled = this.log.length
      if (this.simulator.run(1) === 0) break
    }
    return this.simulator.now
  }

  get dirtyNow(): number {
    return this.cache.dirty.numdirtybuffers
  }

  private scheduled = 0
}

describe('the buf daemon', () => {
  it('leaves a few dirty buffers alone, and no event behind', () => {
    const bench = new DirtyBench()
    for (const block of [1, 2, 3, 4]) bench.dirty(block)
    expect([bench.pass(), bench.dirtyNow, bench.log]).toEqual([0, 4, []])
  })

  it('writes the oldest at its next look, a second after the last, down to the lower mark', () => {
    const bench = new DirtyBench()
    for (const block of [1, 2, 3, 4, 5, 6]) bench.dirty(block)
    bench.dirty(1)
    expect(bench.pass(1)).toBe(1e9)
    expect([bench.log, bench.dirtyNow]).toEqual([['write 64+16384', 'write 96+16384'], 4])
    bench.pass()
    expect(bench.dirtyNow).toBe(4)
  })

  it('starts at once in the middle between the marks', () => {
    const bench = new DirtyBench()
    for (let block = 0; block < 7; block++) bench.dirty(block)
    expect(bench.pass(1)).toBeLessThan(1e6)
    expect(bench.log).toEqual(['write 0+16384', 'write 32+16384', 'write 64+16384'])
  })

  it('lets who is about to dirty a buffer wait at the upper mark, until it is below the middle', () => {
    const bench = new DirtyBench()
    for (let block = 0; block < 9; block++) bench.dirty(block)
    expect(bench.as(2).cache.bwillwrite()).toBe(OK)
    bench.dirty(9)
    expect([bench.cache.bwillwrite(), bench.waitsFor()]).toEqual([ASLEEP, 'flswai'])
    bench.pass()
    expect([bench.woken.filter((thread) => thread === 2), bench.dirtyNow]).toEqual([[2], 4])
    expect(bench.as(2).cache.bwillwrite()).toBe(OK)
  })

  it('waits while more than a megabyte is being written, until half of it is left', () => {
    const limits = {
      ...LIMITS,
      nbuf: 24,
      lorunningspace: 32 * KIB,
      hirunningspace: 64 * KIB,
      lodirtybuffers: 0,
    }
    const bench = new DirtyBench(limits)
    for (let block = 0; block < 9; block++) bench.dirty(block)
    bench.pass(1)
    expect([bench.log.length, bench.as(DAEMON).waitsFor()]).toEqual([5, 'wdrain'])
    bench.pass(3)
    expect([bench.log.length, bench.started.length]).toEqual([5, 2])
    bench.pass()
    expect([bench.log.length, bench.dirtyNow, bench.cache.running.runningbufspace]).toEqual([9, 0, 0])
  })

  it('comes back each half second while it is stuck', () => {
    const bench = new DirtyBench()
    for (let block = 0; block < 6; block++) bench.dirty(block)
    const held = [0, 1, 2, 3, 4, 5].map((block) => bench.get(bench.vp, block, 16 * KIB))
    expect(bench.pass(1)).toBe(1e9)
    const second = bench.pass(1)
    expect(Math.abs(second - 1.5e9)).toBeLessThan(1e4)
    for (const buf of held) bench.cache.bqrelse(buf)
    expect(Math.abs(bench.pass(1) - 2e9)).toBeLessThan(1e5)
    expect(bench.dirtyNow).toBe(4)
  })

  it('puts a buffer with dependencies off once', () => {
    const bench = new DirtyBench({ ...LIMITS, lodirtybuffers: 0 })
    const buf = bench.get(bench.vp, 1, 16 * KIB)
    buf.b_dep = 1
    bench.cache.bdwrite(buf)
    bench.dirty(2)
    expect([bench.cache.flushbufqueues(), bench.log]).toEqual([true, ['write 64+16384']])
    expect(buf.b_flags & B_DEFERRED).toBe(B_DEFERRED)
    expect([bench.cache.flushbufqueues(), bench.log.at(-1)]).toEqual([true, 'write 32+16384'])
    expect([bench.cache.flushbufqueues(), buf.b_flags & B_DEFERRED]).toEqual([false, 0])
  })
})

describe('a sync', () => {
  it.each([
    ['below the lower mark', 3],
    ['that the daemon would have written in a second', 6],
    ['that the daemon writes already', 9],
  ])('writes all that is dirty, and waits for the end: %s', (_, blocks) => {
    const bench = new DirtyBench()
    for (let block = 0; block < blocks; block++) bench.dirty(block)
    let ends = 0
    bench.daemon.sync(() => {
      ends++
      expect([bench.dirtyNow, bench.started]).toEqual([0, []])
    })
    expect(bench.daemon.isSyncing).toBe(true)
    expect(bench.pass()).toBeLessThanOrEqual(1e9)
    expect([ends, bench.daemon.isSyncing, bench.log.length]).toEqual([1, false, blocks])
    expect(bench.counters.daemonWrites).toBe(blocks)
    expect(bench.problems()).toEqual([])
  })

  it('with nothing to write ends too, and later the daemon is as before', () => {
    const bench = new DirtyBench()
    let ends = 0
    bench.daemon.sync(() => ends++)
    bench.pass()
    expect(ends).toBe(1)
    for (let block = 0; block < 7; block++) bench.dirty(block)
    bench.pass()
    expect([ends, bench.dirtyNow, bench.log.length]).toEqual([1, 4, 3])
  })

  it('writes again what failed', () => {
    const bench = new DirtyBench()
    let writes = 0
    bench.outcome = () => (++writes <= 3 ? EIO : OK)
    for (const block of [1, 2]) bench.dirty(block)
    bench.daemon.sync(() => undefined)
    bench.pass()
    expect([writes, bench.dirtyNow, bench.lost, bench.daemon.isSyncing]).toEqual([5, 0, [], false])
  })

  it('ends on a disk that is broken for good: data is given up after three writes', () => {
    const bench = new DirtyBench(LIMITS, true)
    bench.outcome = () => EIO
    for (const block of [1, 2]) bench.dirty(block)
    bench.daemon.sync(() => undefined)
    bench.pass()
    expect([bench.log.length, bench.dirtyNow, bench.lost]).toEqual([6, 0, [1, 2]])
    expect(bench.problems()).toEqual([])
    // Neither a buffer nor the object's pages pass the lost data off as the disk's.
    expect([bench.cache.incore(bench.vp, 1), bench.cache.inmem(bench.vp, 1)]).toEqual([null, false])
    expect(bench.vm.residentPages).toBe(0)
  })

  it('that cannot write a buffer, because somebody has it, says so', () => {
    const bench = new DirtyBench()
    bench.dirty(1)
    bench.get(bench.vp, 1, 16 * KIB)
    bench.daemon.sync(() => undefined)
    expect(() => bench.pass()).toThrow('1 dirty buffers that the sync cannot write')
  })
})

it('writes that fail count anew after one that does not', () => {
  const bench = new DirtyBench({ ...LIMITS, lodirtybuffers: 0 })
  const outcomes = [EIO, EIO, OK, EIO, EIO, OK]
  bench.outcome = () => outcomes.shift()!
  for (let i = 0; i < 2; i++) {
    bench.dirty(1)
    bench.daemon.sync(() => undefined)
    bench.pass()
  }
  expect([outcomes, bench.lost, bench.dirtyNow]).toEqual([[], [], 0])
})

describe('writing', () => {
  it('bdwrite starts nothing; the data is found, and counted once however often it is written', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(16 * KIB)
    for (let i = 0; i < 3; i++) bench.cache.bdwrite(bench.get(vp, 1, 16 * KIB))
    expect(bench.counters.delayedWrites).toBe(3)
    expect([bench.log, bench.cache.dirty.numdirtybuffers]).toEqual([[], 1])
    expect(bench.use(vp, 1, 16 * KIB)).toBe(true)
  })

  it('bwrite sleeps until the end; bawrite releases at the end', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(16 * KIB)
    const one = bench.get(vp, 1, 16 * KIB)
    expect([bench.as(4).cache.bwrite(one), bench.cache.bwriteWait(one)]).toEqual([EINPROGRESS, ASLEEP])
    expect([bench.waitsFor(), one.locked]).toEqual(['biowr', true])
    bench.end()
    expect([bench.woken, bench.cache.bwriteWait(one), one.locked]).toEqual([[4], OK, false])
    const two = bench.get(vp, 2, 16 * KIB)
    expect([bench.cache.bawrite(two), two.locked]).toEqual([OK, true])
    bench.end()
    expect([two.locked, two.b_flags & B_ASYNC]).toEqual([false, 0])
    const three = bench.get(vp, 3, 16 * KIB)
    bench.cache.bowrite(three)
    bench.end(EIO)
    expect([bench.cache.dirty.numdirtybuffers, bench.use(vp, 3, 16 * KIB)]).toEqual([1, true])
  })

  it('bawrite waits while too much is being written', () => {
    const limits = { ...limitsForBuffers(8, 16 * KIB), lorunningspace: 16 * KIB, hirunningspace: 32 * KIB }
    const bench = new CacheBench({ limits })
    const vp = bench.vnode(16 * KIB)
    expect([1, 2, 3].map((block) => bench.as(block).cache.bawrite(bench.get(vp, block, 16 * KIB)))).toEqual([
      OK,
      OK,
      ASLEEP,
    ])
    expect(bench.waitsFor()).toBe('wdrain')
    bench.end()
    expect(bench.woken).toEqual([])
    bench.end()
    expect([bench.woken, bench.as(3).cache.waitrunningbufspace()]).toEqual([[3], OK])
  })

  it('bwrite of an invalid buffer, or bdwrite, only releases it', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(16 * KIB)
    for (const call of ['bwrite', 'bdwrite'] as const) {
      const buf = bench.get(vp, 1, 16 * KIB)
      buf.b_flags |= 0x2000
      bench.cache[call](buf)
      expect([buf.locked, buf.b_vp]).toEqual([false, null])
    }
    expect(bench.log).toEqual([])
  })

  it('the end of a transfer calls who asked for that, or frees the buffer', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(16 * KIB)
    const called: number[] = []
    const buf = bench.get(vp, 1, 16 * KIB)
    buf.b_flags |= B_CALL
    buf.b_iodone = ({ id }) => void called.push(id)
    bench.cache.bwrite(buf)
    bench.end()
    expect([called, buf.locked, buf.b_flags & B_CALL]).toEqual([[buf.id], true, 0])
    bench.cache.brelse(buf)
    const freed = bench.get(vp, 2, 16 * KIB)
    freed.b_flags |= B_FREEBUF | B_READ
    bench.cache.bwrite(freed)
    bench.end()
    expect([freed.locked, freed.b_vp]).toEqual([false, null])
  })
})
