import { describe, expect, it } from 'vitest'
import * as flags from '../../../../src/sim/kernel/bufcache/buf.ts'
import {
  QUEUE_CLEAN,
  QUEUE_DIRTY,
  QUEUE_EMPTY,
  QUEUE_EMPTYKVA,
  QUEUE_LOCKED,
} from '../../../../src/sim/kernel/bufcache/buf-queues.ts'
import { EIO, OK } from '../../../../src/sim/kernel/errno.ts'
import { CacheBench, KIB } from './cache-bench.ts'

const { B_AGE, B_CACHE, B_DELWRI, B_ERROR, B_INVAL, B_LOCKED, B_NOCACHE, B_READ, B_RELBUF, B_VMIO } = flags

type Place = 'head' | 'tail'
type Row = readonly [what: string, shared: boolean, set: number, queue: number, place: Place]

/** Releases block 1 between blocks 0 and 2 of the same kind; says where it went. */
function placed(
  path: 'mapped' | 'direct',
  shared: boolean,
  set: number,
  quick: boolean,
): readonly [number, Place] {
  const bench = new CacheBench({ path })
  const vp = bench.vnode(8 * KIB, shared)
  const bufs = [0, 1, 2].map((block) => bench.get(vp, block, 8 * KIB))
  const release = (index: number, extra: number): void => {
    const buf = bufs[index]!
    buf.b_flags |= B_CACHE
    if ((extra & B_DELWRI) !== 0) bench.cache.bdirty(buf)
    buf.b_flags |= extra
    if (quick) bench.cache.bqrelse(buf)
    else bench.cache.brelse(buf)
  }
  const [before, buf] = bufs
  // A failed write becomes dirty.
  const failedWrite = (set & (B_ERROR | B_READ)) === B_ERROR
  release(0, failedWrite ? B_DELWRI : set & (B_DELWRI | B_LOCKED))
  release(1, set)
  const { b_qindex: queue } = buf!
  const { queues } = bench.cache
  const alone = queue === QUEUE_EMPTYKVA || queue === QUEUE_EMPTY
  const at = queues.first(queue) === buf!.id ? 'head' : 'tail'
  if (!alone && before!.b_qindex !== queue) throw new Error('nothing to compare with')
  if (at === 'tail' && queues.after(buf!.id) !== flags.NONE) throw new Error('neither head nor tail')
  return [queue, at]
}

const BRELSE: readonly Row[] = [
  ['clean data', true, 0, QUEUE_CLEAN, 'tail'],
  ['clean data, to be reused soon', true, B_AGE, QUEUE_CLEAN, 'head'],
  ['dirty data', true, B_DELWRI, QUEUE_DIRTY, 'tail'],
  ['dirty data, to be written soon', true, B_DELWRI | B_AGE, QUEUE_DIRTY, 'head'],
  ['locked data', true, B_LOCKED, QUEUE_LOCKED, 'tail'],
  ['locked data after an error', true, B_LOCKED | B_ERROR | B_READ, QUEUE_LOCKED, 'tail'],
  ['invalid data', true, B_INVAL, QUEUE_EMPTYKVA, 'head'],
  ['data not to be kept', true, B_NOCACHE, QUEUE_EMPTYKVA, 'head'],
  ['dirty data not to be kept', true, B_DELWRI | B_NOCACHE, QUEUE_EMPTYKVA, 'head'],
  ['a failed read', true, B_READ | B_ERROR, QUEUE_EMPTYKVA, 'head'],
  ['pages given back', true, B_RELBUF, QUEUE_EMPTYKVA, 'head'],
  ['pages of dirty data, which are not', true, B_RELBUF | B_DELWRI, QUEUE_DIRTY, 'tail'],
  ['a failed write', true, B_ERROR, QUEUE_DIRTY, 'tail'],
  ['memory of its own, given back', false, B_RELBUF, QUEUE_CLEAN, 'head'],
  ['memory of its own, invalid', false, B_INVAL, QUEUE_EMPTYKVA, 'head'],
  ['memory of its own', false, 0, QUEUE_CLEAN, 'tail'],
]

describe('brelse', () => {
  it.each(BRELSE)('puts %s', (_what, shared, set, queue, place) => {
    expect(placed('mapped', shared, set, false)).toEqual([queue, place])
    const empty = queue === QUEUE_EMPTYKVA ? QUEUE_EMPTY : queue
    expect(placed('direct', shared, set, false)[0]).toBe(empty)
  })

  it('makes a failed write dirty again, valid and found, and the next one ends it', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(8 * KIB)
    const buf = bench.get(vp, 3, 8 * KIB)
    bench.fill(buf, 77)
    bench.cache.bwrite(buf)
    bench.end(EIO)
    expect(bench.cache.bwriteWait(buf)).toBe(EIO)
    expect(buf.b_flags & (B_DELWRI | B_CACHE | B_ERROR | B_INVAL)).toBe(B_DELWRI | B_CACHE)
    expect(bench.cache.dirty.numdirtybuffers).toBe(1)
    expect(bench.use(vp, 3, 8 * KIB)).toBe(true)
    bench.cache.flushbufqueues()
    bench.end(OK)
    expect(bench.disk.get(48)).toBe(77)
    expect([bench.cache.dirty.numdirtybuffers, buf.b_qindex]).toEqual([0, QUEUE_CLEAN])
  })

  it('forgets what a failed read left, so that the next one reads', () => {
    const bench = new CacheBench({ keep: true })
    const vp = bench.vnode(8 * KIB)
    const buf = bench.cache.bread(vp, 1, 8 * KIB)!
    bench.end(EIO)
    expect(bench.cache.biowait(buf)).toBe(EIO)
    bench.cache.brelse(buf)
    expect([buf.b_vp, buf.b_flags & B_VMIO, buf.b_xio.npages]).toEqual([null, 0, 0])
    expect(bench.use(vp, 1, 8 * KIB)).toBe(false)
    expect(bench.problems()).toEqual([])
  })

  it('counts what is dirty down when the data is thrown away', () => {
    const bench = new CacheBench()
    const vp = bench.vnode(8 * KIB)
    bench.cache.bdwrite(bench.read(vp, 1, 8 * KIB))
    expect(bench.cache.dirty.numdirtybuffers).toBe(1)
    const buf = bench.get(vp, 1, 8 * KIB)
    buf.b_flags |= B_INVAL
    bench.cache.brelse(buf)
    expect(bench.cache.dirty.numdirtybuffers).toBe(0)
    expect(bench.use(vp, 1, 8 * KIB)).toBe(false)
  })

  it('gives pages back while memory is very short, but not those of dirty data', () => {
    const bench = new CacheBench({ maxPages: 16, severePages: 14 })
    const vp = bench.vnode(8 * KIB)
    const clean = bench.read(vp, 0, 8 * KIB)
    bench.cache.bqrelse(clean)
    expect(clean.b_qindex).toBe(QUEUE_CLEAN)
    const [a, b] = [bench.read(vp, 1, 8 * KIB), bench.read(vp, 2, 8 * KIB)]
    bench.cache.bdwrite(a)
    bench.cache.bqrelse(b)
    expect([a.b_qindex, b.b_qindex]).toEqual([QUEUE_DIRTY, QUEUE_EMPTYKVA])
  })
})

describe('bqrelse', () => {
  it.each<Row>([
    ['clean data', true, 0, QUEUE_CLEAN, 'tail'],
    ['clean data, whatever its age', true, B_AGE, QUEUE_CLEAN, 'tail'],
    ['dirty data', true, B_DELWRI, QUEUE_DIRTY, 'tail'],
    ['locked data', true, B_LOCKED, QUEUE_LOCKED, 'tail'],
  ])('puts %s', (_what, shared, set, queue, place) => {
    expect(placed('mapped', shared, set, true)).toEqual([queue, place])
  })
})
