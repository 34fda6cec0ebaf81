import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Buf } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { B_CACHE, B_READ } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { BufferCache } from '../../../../src/sim/kernel/bufcache/buffer-cache.ts'
import { EIO, OK } from '../../../../src/sim/kernel/errno.ts'
import type { IoPathHooks } from '../../../../src/sim/kernel/path/io-path.ts'
import { KernelBench } from '../kernel-bench.ts'

const BLOCK_PAGES = 2

/** A cache over a device whose transfers end when the test says so, and a log of what it did. */
class CacheBench extends KernelBench {
  readonly log: string[] = []
  readonly cache: BufferCache

  constructor(buffers: number, threads = 8) {
    super()
    const log = (what: string) => (buf: Buf) => void this.log.push(`${what} ${buf.lblkno}`)
    const path: IoPathHooks = {
      newBuffer: log('new'),
      reuse: log('reuse'),
      toDevice: log('device'),
      openPage: () => 0,
      closePage: () => undefined,
    }
    this.cache = new BufferCache(
      { machine: this.machine, counters: this.counters, pages: this.pages, xios: this.xios, path },
      {
        strategy: (buf) => this.log.push(`${(buf.flags & B_READ) !== 0 ? 'read' : 'write'} ${buf.lblkno}`),
        transferDone: (thread) => this.log.push(`done ${thread}`),
        wake: (thread) => this.log.push(`wake ${thread}`),
      },
      buffers,
      BLOCK_PAGES * 4096,
      threads,
    )
  }

  /** Takes a block through a read that succeeds, if needed, and gives it back. @returns whether it was cached */
  use(lblkno: number): boolean {
    const buf = this.get(lblkno)
    const cached = (buf.flags & B_CACHE) !== 0
    if (!cached) {
      this.cache.startRead(buf, 0)
      this.cache.biodone(buf.id, OK)
    }
    this.cache.brelse(buf)
    return cached
  }

  get(lblkno: number, thread = 0): Buf {
    const buf = this.cache.getblk(lblkno, thread)
    if (buf === null) throw new Error(`block ${lblkno} is busy`)
    expect(buf.lblkno).toBe(lblkno)
    return buf
  }
}

describe('BufferCache', () => {
  it('reads a block once, and finds it again', () => {
    const bench = new CacheBench(4)
    expect([bench.use(7), bench.use(7)]).toEqual([false, true])
    expect(bench.log).toEqual(['new 7', 'read 7', 'done 0'])
    expect(bench.counters).toMatchObject({ cacheHits: 1, cacheMisses: 1 })
  })

  it('does not take a block for valid that was never read, or whose transfer failed', () => {
    const bench = new CacheBench(4)
    bench.cache.brelse(bench.get(1))
    expect(bench.get(1).flags & B_CACHE).toBe(0)
    const buf = bench.get(2)
    bench.cache.startRead(buf, 3)
    bench.cache.biodone(buf.id, EIO)
    expect(bench.log.at(-1)).toBe('done 3')
    bench.cache.brelse(buf)
    expect(bench.use(2)).toBe(false)
    const written = bench.get(2)
    bench.cache.startWrite(written, 0)
    bench.cache.biodone(written.id, EIO)
    bench.cache.brelse(written)
    expect(bench.use(2)).toBe(false)
  })

  it('keeps what was written whole', () => {
    const bench = new CacheBench(4)
    const buf = bench.get(2)
    bench.cache.startWrite(buf, 5)
    bench.cache.biodone(buf.id, OK)
    bench.cache.brelse(buf)
    expect(bench.log).toEqual(['new 2', 'write 2', 'done 5'])
    expect(bench.use(2)).toBe(true)
  })

  it('takes the pages from a buffer before it gets others, and holds those of cached blocks only', () => {
    const bench = new CacheBench(2)
    const old = bench.get(1)
    const pages = [...old.xio.pages.subarray(0, old.xio.npages)]
    bench.cache.brelse(old)
    bench.use(2)
    bench.use(3)
    expect(bench.log).toEqual(['new 1', 'new 2', 'read 2', 'done 0', 'reuse 1', 'new 3', 'read 3', 'done 0'])
    expect(pages.map((pfn) => [bench.holds.of(pfn), bench.pages.isPinned(pfn)])).toEqual([
      [0, false],
      [0, false],
    ])
    expect(bench.holds.total).toBe(2 * BLOCK_PAGES)
  })

  it('wakes who slept on a buffer in the order they came, and nobody else', () => {
    const bench = new CacheBench(4)
    const one = bench.get(1)
    const two = bench.get(2)
    for (const thread of [5, 2, 7]) expect(bench.cache.getblk(1, thread)).toBeNull()
    for (const thread of [4, 1]) expect(bench.cache.getblk(2, thread)).toBeNull()
    bench.log.length = 0
    bench.cache.brelse(two)
    expect(bench.log).toEqual(['wake 4', 'wake 1'])
    bench.cache.brelse(one)
    expect(bench.log.slice(2)).toEqual(['wake 5', 'wake 2', 'wake 7'])
    bench.log.length = 0
    bench.cache.brelse(bench.get(1))
    expect(bench.log).toEqual([])
  })

  it('keeps a locked buffer out of reuse, and says so when all are locked', () => {
    const bench = new CacheBench(2)
    const one = bench.get(1)
    bench.use(2)
    bench.use(3)
    expect(bench.cache.getblk(1, 1)).toBeNull()
    bench.get(3)
    expect(() => bench.cache.getblk(4, 1)).toThrow('every buffer is locked')
    expect(one.lblkno).toBe(1)
  })

  it('caches exactly what a model of least recently used blocks caches', () => {
    const step = fc.record({ block: fc.nat(12), hold: fc.boolean() })
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 7 }), fc.array(step, { maxLength: 200 }), (buffers, steps) => {
        const bench = new CacheBench(buffers)
        // Least recently used first; a block that is held is in neither list.
        const cached: number[] = []
        let held: Buf | null = null
        const expectedReuse: string[] = []
        for (const { block, hold } of steps) {
          if (held?.lblkno === block) {
            bench.cache.brelse(held)
            cached.push(block)
            held = null
          }
          const at = cached.indexOf(block)
          if (at >= 0) cached.splice(at, 1)
          else if (cached.length === buffers - (held === null ? 0 : 1))
            expectedReuse.push(`reuse ${cached.shift()}`)
          if (hold && held === null) {
            held = bench.get(block)
            if ((held.flags & B_CACHE) === 0) {
              bench.cache.startRead(held, 0)
              bench.cache.biodone(held.id, OK)
            }
          } else {
            expect(bench.use(block)).toBe(at >= 0)
            cached.push(block)
          }
        }
        expect(bench.log.filter((line) => line.startsWith('reuse'))).toEqual(expectedReuse)
      }),
    )
  })
})
