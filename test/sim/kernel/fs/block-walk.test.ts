import { describe, expect, it } from 'vitest'
import { EIO } from '../../../../src/sim/kernel/errno.ts'
import { STEP_DONE, STEP_FAILED } from '../../../../src/sim/kernel/fs/step.ts'
import type { Step } from '../../../../src/sim/kernel/fs/step.ts'
import { fsck } from './fsck.ts'
import type { FsOptions } from './fs-bench.ts'
import { FsBench, GEOMETRY } from './fs-bench.ts'

/** On both sides of each change of level. */
const PLACES = [0, 11, 12, 500, 1011, 1012, 2011, 2012, 2099] as const

class WalkBench extends FsBench {
  readonly thread

  constructor(options: FsOptions = {}) {
    super(options)
    this.thread = this.fs.attachThread()
  }

  walk(ino: number, lblkno: number, allocate = false, failAfter = Infinity): Step {
    const { walk } = this.thread
    walk.begin(ino, lblkno, allocate)
    return this.finish(() => walk.proceed(), failAfter, EIO)
  }

  get nobodyHasABuffer(): boolean {
    return this.cache.bufs.every((buf) => !buf.locked)
  }
}

describe.each(['mapped', 'direct'] as const)('a walk to a block, on the %s path', (path) => {
  it('finds what mkfs put there, by one view for each level', () => {
    const bench = new WalkBench({ path })
    for (const ino of [0, 2]) {
      for (const lblkno of PLACES) {
        const views = bench.counters.metadataViews
        const maps = bench.counters.kvaMaps
        expect(bench.walk(ino, lblkno)).toBe(STEP_DONE)
        expect(bench.thread.walk.block).toBe(bench.layout.homeOf(ino, lblkno))
        expect(bench.thread.walk.isNew).toBe(false)
        expect(bench.counters.metadataViews - views).toBe(lblkno < 12 ? 1 : lblkno < 1012 ? 2 : 3)
        if (path === 'direct')
          expect(bench.counters.kvaMaps - maps).toBe(bench.counters.metadataViews - views)
      }
    }
    expect(bench.nobodyHasABuffer).toBe(true)
    expect(bench.slots.free).toBe(bench.slots.size)
    expect(bench.audit.errors).toBe(0)
    expect(bench.problems()).toEqual([])
  })

  it('says how far the disk goes on as the file does, within one sector of pointers', () => {
    const bench = new WalkBench({ path, hasBlock: (_, lblkno) => lblkno !== 20 })
    const runOf = (lblkno: number): number => {
      bench.walk(1, lblkno)
      return bench.thread.walk.run
    }
    expect([0, 10, 12, 19, 20, 21, 12 + 120].map(runOf)).toEqual([12, 2, 8, 1, 1, 116, 5])
  })

  it('makes blocks that are missing, next to those before them', () => {
    const bench = new WalkBench({ path, hasBlock: () => false })
    const { layout, thread } = bench
    for (const lblkno of [0, 1, 11, 12, 13, 1012, 2012, 2099]) {
      expect(bench.walk(1, lblkno)).toBe(STEP_DONE)
      expect(thread.walk.block).toBe(0)
      expect(bench.walk(1, lblkno, true)).toBe(STEP_DONE)
      expect([thread.walk.isNew, thread.walk.run]).toEqual([true, 1])
      const { block } = thread.walk
      expect(block >= layout.areaOf(1) && block < layout.areaOf(2)).toBe(true)
      expect(bench.walk(1, lblkno, true)).toBe(STEP_DONE)
      expect([thread.walk.isNew, thread.walk.block]).toEqual([false, block])
    }
    const { problems, leaked, blocks } = fsck(layout, bench.onDisk)
    expect([problems, leaked, blocks.map((each) => each.size)]).toEqual([[], [], [0, 8, 0]])
    expect(blocks[1]!.get(1)! - blocks[1]!.get(0)!).toBe(1)
    expect(blocks[1]!.get(13)! - blocks[1]!.get(12)!).toBe(1)
    expect(bench.audit.errors).toBe(0)
    expect(bench.nobodyHasABuffer).toBe(true)
  })

  it('leaves them in memory when writes are delayed, until they are written', () => {
    const bench = new WalkBench({ path, hasBlock: () => false, delayedWrites: true })
    for (const lblkno of PLACES) bench.walk(0, lblkno, true)
    expect(fsck(bench.layout, bench.onDisk).blocks[0]!.size).toBe(0)
    expect(bench.counters.delayedWrites).toBeGreaterThan(9)
    bench.sync()
    const { problems, leaked, blocks } = fsck(bench.layout, bench.onDisk)
    expect([problems, leaked, blocks[0]!.size]).toEqual([[], [], PLACES.length])
  })

  it('fails when the disk is full, and has nothing locked then', () => {
    const geometry = { ...GEOMETRY, files: 1, blocksPerFile: 40 }
    const bench = new WalkBench({ path, geometry, hasBlock: (_, lblkno) => lblkno >= 3 })
    for (const lblkno of [0, 1, 2]) expect(bench.walk(0, lblkno, true)).toBe(STEP_DONE)
    // The file could have more blocks; the disk cannot.
    expect(bench.walk(0, 40, true)).toBe(STEP_FAILED)
    expect(bench.nobodyHasABuffer).toBe(true)
    expect(bench.problems()).toEqual([])
    const { problems, leaked, blocks } = fsck(bench.layout, bench.onDisk)
    expect([problems, leaked, blocks[0]!.size]).toEqual([[], [], 40])
  })

  it('fails when metadata cannot be read, and finds it at the next try', () => {
    for (const failing of [0, 1, 2]) {
      const bench = new WalkBench({ path })
      expect(bench.walk(0, 2012, false, failing)).toBe(STEP_FAILED)
      expect(bench.nobodyHasABuffer).toBe(true)
      expect(bench.walk(0, 2012)).toBe(STEP_DONE)
      expect(bench.thread.walk.block).toBe(bench.layout.homeOf(0, 2012))
    }
  })

  it('at worst loses a free block when power fails between its writes, or a write fails', () => {
    for (let failing = 0; failing < 9; failing++) {
      const bench = new WalkBench({ path, hasBlock: () => false })
      const step = bench.walk(0, 2012, true, failing)
      const { problems, leaked } = fsck(bench.layout, bench.onDisk)
      expect(problems).toEqual([])
      expect(leaked.length).toBeLessThanOrEqual(1)
      expect(step).toBe(STEP_FAILED)
      expect(bench.nobodyHasABuffer).toBe(true)
      expect(bench.walk(0, 2012, true)).toBe(STEP_DONE)
      expect(bench.audit.errors).toBe(0)
    }
  })
})

describe('damage', () => {
  const damaged = (sector: (bench: FsBench) => number): FsBench & WalkBench => {
    const bench = new WalkBench()
    const words = bench.surface.get(bench.layout.firstSector + sector(bench))!
    words[77]! ^= 4
    return bench
  }

  it('of an inode or an indirect block ends the walk and is counted', () => {
    const inode = damaged(({ layout }) => layout.inodeSector(0))
    expect([inode.walk(0, 3), inode.audit.errors, inode.nobodyHasABuffer]).toEqual([STEP_FAILED, 1, true])
    expect(inode.walk(1, 3)).toBe(STEP_DONE)
    const indirect = damaged(({ layout }) => (layout.homeOf(0, 12) - 1) * 8)
    expect([indirect.walk(0, 12), indirect.audit.errors]).toEqual([STEP_FAILED, 1])
    expect(indirect.walk(0, 12 + 125)).toBe(STEP_DONE)
  })

  it('of the bitmap ends the search for a free block', () => {
    const bench = new WalkBench({ hasBlock: () => false })
    bench.onDisk(bench.layout.bitmapStart * 8)[5]! ^= 1
    expect(bench.walk(0, 0, true)).toBe(STEP_FAILED)
    expect([bench.audit.errors, bench.nobodyHasABuffer]).toEqual([1, true])
  })

  it('shows, too, when a disk gives back an older content', () => {
    const bench = new WalkBench({ hasBlock: () => false })
    const sector = bench.layout.firstSector + bench.layout.inodeSector(0)
    const old = bench.surface.get(sector)!.slice()
    expect(bench.walk(0, 0, true)).toBe(STEP_DONE)
    bench.surface.set(sector, old)
    for (let i = 0; i < 40; i++) bench.use(bench.fs.devvp, bench.layout.areaStart + i, 4096)
    expect(bench.walk(0, 0)).toBe(STEP_FAILED)
    expect(bench.audit.errors).toBe(1)
  })
})
