import { describe, expect, it } from 'vitest'
import { EIO } from '../../../../src/sim/kernel/errno.ts'
import type { FileVnode } from '../../../../src/sim/kernel/fs/file-vnode.ts'
import { DI_MTIME, readPair, writePair } from '../../../../src/sim/kernel/fs/inode.ts'
import { STEP_DONE, STEP_FAILED } from '../../../../src/sim/kernel/fs/step.ts'
import { NONE } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { fsck } from './fsck.ts'
import { FsBench } from './fs-bench.ts'

describe('two words', () => {
  it.each([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 2 ** 53 - 1])('hold %d', (value) => {
    const words = new Int32Array(4)
    writePair(words, 1, value)
    expect(readPair(words, 1)).toBe(value)
    expect([words[0], words[3]]).toEqual([0, 0])
  })
})

describe('an update of an inode', () => {
  it('sets the time, and the size of a file that became longer', () => {
    const bench = new FsBench()
    const { layout } = bench
    const { update } = bench.fs.attachThread()
    const before = fsck(layout, bench.onDisk).sizes
    bench.machine.cpu.clock = 5e9 + 7
    update.begin(1, 4096)
    expect(bench.finish(() => update.proceed())).toBe(STEP_DONE)
    expect(fsck(layout, bench.onDisk).sizes).toEqual(before)
    const inode = bench.onDisk(layout.inodeSector(1))
    expect(readPair(inode, DI_MTIME)).toBeGreaterThanOrEqual(5e9)
    expect(readPair(bench.onDisk(layout.inodeSector(0)), DI_MTIME)).toBe(0)
    update.begin(1, before[1]! + 512)
    expect(bench.finish(() => update.proceed())).toBe(STEP_DONE)
    expect(fsck(layout, bench.onDisk).sizes).toEqual([before[0], before[1]! + 512, before[2]])
    expect(fsck(layout, bench.onDisk).problems).toEqual([])
  })

  it('fails when the inode is damaged or cannot be read or written', () => {
    for (const failing of [0, 1]) {
      const bench = new FsBench()
      const { update } = bench.fs.attachThread()
      update.begin(0, 0)
      expect(bench.finish(() => update.proceed(), failing, EIO)).toBe(STEP_FAILED)
      expect(bench.cache.bufs.every((buf) => !buf.locked)).toBe(true)
      expect(bench.audit.errors).toBe(0)
      update.begin(0, 0)
      expect(bench.finish(() => update.proceed())).toBe(STEP_DONE)
    }
    const bench = new FsBench()
    bench.onDisk(bench.layout.inodeSector(2))[60]! ^= 1
    const { update } = bench.fs.attachThread()
    update.begin(2, 0)
    expect(bench.finish(() => update.proceed())).toBe(STEP_FAILED)
    expect([bench.audit.errors, bench.log.filter((each) => each.startsWith('write'))]).toEqual([1, []])
  })
})

describe('a look at a file', () => {
  it('reads the inode, and an indirect block where there is one', () => {
    const bench = new FsBench({ hasBlock: (ino, lblkno) => ino === 0 || lblkno < 12 })
    const { stat } = bench.fs.attachThread()
    const viewsOf = (ino: number): number => {
      const before = bench.counters.metadataViews
      stat.begin(ino)
      expect(bench.finish(() => stat.proceed())).toBe(STEP_DONE)
      return bench.counters.metadataViews - before
    }
    expect([viewsOf(0), viewsOf(1)]).toEqual([2, 1])
    const fresh = new FsBench()
    fresh.onDisk((fresh.layout.homeOf(0, 12) - 1) * 8)[60]! ^= 1
    const damaged = fresh.fs.attachThread().stat
    damaged.begin(0)
    expect(fresh.finish(() => damaged.proceed())).toBe(STEP_FAILED)
    expect(fresh.audit.errors).toBe(1)
  })
})

describe("a file's vnode", () => {
  const vnode = (): FileVnode => new FsBench().fs.files[1]!

  it('tells of the blocks that the last walk found, and of no others', () => {
    const file = vnode()
    file.found(20, 500, 3)
    expect([19, 20, 22, 23].map((lblkno) => file.bmap(lblkno))).toEqual([
      NONE,
      80 + 500 * 8,
      80 + 502 * 8,
      NONE,
    ])
    expect([file.runAfter(20), file.runAfter(22)]).toEqual([2, 0])
    file.found(0, 500, 1000)
    expect(file.runAfter(0)).toBe(31)
  })
})
