import { describe, expect, it } from 'vitest'
import { FsLayout } from '../../../../src/sim/kernel/fs/layout.ts'
import type { HasBlock } from '../../../../src/sim/kernel/fs/mkfs.ts'
import { mkfs } from '../../../../src/sim/kernel/fs/mkfs.ts'
import { sealOf } from '../../../../src/sim/kernel/fs/meta-sector.ts'
import { fsck } from './fsck.ts'

const WORDS = 128

function made(blocksPerFile: number, hasBlock: HasBlock) {
  const layout = new FsLayout({ blockBytes: 4096, files: 5, blocksPerFile, firstSector: 0 })
  const disk = new Map<number, Int32Array>()
  mkfs(layout, hasBlock, (sector, words, checksum) => {
    expect(disk.has(sector)).toBe(false)
    expect(checksum).toBe(sealOf(words, 0))
    disk.set(sector, words.slice())
  })
  return { layout, disk, report: fsck(layout, (sector) => disk.get(sector) ?? new Int32Array(WORDS)) }
}

describe.each([1, 12, 13, 1012, 1013, 2013, 3000])('mkfs with files of %d blocks', (blocksPerFile) => {
  it('makes files that have every block at its home', () => {
    const { layout, report } = made(blocksPerFile, () => true)
    expect([report.problems, report.leaked]).toEqual([[], []])
    report.blocks.forEach((blocks, ino) => {
      expect(blocks.size).toBe(blocksPerFile)
      for (const [lblkno, block] of blocks) expect(block).toBe(layout.homeOf(ino, lblkno))
    })
    expect(report.sizes).toEqual(Array.from({ length: 5 }, () => blocksPerFile * 4096))
  })

  it('leaves out what is to be a hole, and calls it free', () => {
    const { report } = made(blocksPerFile, (ino, lblkno) => (ino + lblkno) % 3 !== 0)
    expect([report.problems, report.leaked]).toEqual([[], []])
    report.blocks.forEach((blocks, ino) => {
      for (let i = 0; i < blocksPerFile; i++) expect(blocks.has(i)).toBe((ino + i) % 3 !== 0)
    })
  })
})

describe('the checker', () => {
  const { layout, disk } = made(1100, () => true)
  const problemsWith = (sector: number, change: (words: Int32Array) => void): readonly string[] => {
    const words = disk.get(sector)!.slice()
    change(words)
    return fsck(layout, (each) => (each === sector ? words : (disk.get(each) ?? new Int32Array(WORDS))))
      .problems
  }

  it('finds damaged metadata of every kind', () => {
    const first = layout.sectorsPerBlock
    const single = layout.homeOf(2, 12) - 1
    for (const sector of [0, layout.bitmapStart * first, layout.inodeSector(2), single * first + 3])
      expect(problemsWith(sector, (words) => (words[50]! ^= 1))).not.toEqual([])
  })
})
