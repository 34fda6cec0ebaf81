import { describe, expect, it } from 'vitest'
import { FsLayout } from '../../../../src/sim/kernel/fs/layout.ts'
import { DI_DB, DI_IB } from '../../../../src/sim/kernel/fs/inode.ts'
import { PointerPath } from '../../../../src/sim/kernel/fs/pointer-path.ts'

const SIZES = [1, 11, 12, 13, 1012, 1013, 2012, 2013, 5000] as const

describe('the layout', () => {
  it.each(SIZES)('gives files of %d blocks areas that overlap nothing', (blocksPerFile) => {
    const layout = new FsLayout({ blockBytes: 4096, files: 10, blocksPerFile, firstSector: 16 })
    const homes = new Set<number>()
    for (let ino = 0; ino < 10; ino++) {
      for (let i = 0; i < blocksPerFile; i++) {
        const home = layout.homeOf(ino, i)
        expect(home >= layout.areaOf(ino) && home < layout.areaOf(ino) + layout.areaBlocks).toBe(true)
        homes.add(home)
      }
    }
    expect(homes.size).toBe(10 * blocksPerFile)
    expect(layout.areaOf(10)).toBe(layout.blocks)
    expect(layout.areaBlocks - blocksPerFile).toBe(
      blocksPerFile <= 12 ? 0 : blocksPerFile <= 1012 ? 1 : 2 + Math.ceil((blocksPerFile - 1012) / 1000),
    )
    expect(layout.inodeSector(9)).toBeLessThan(layout.areaStart * layout.sectorsPerBlock)
    expect(layout.bitmapBlocks * layout.blocksPerBitmap).toBeGreaterThanOrEqual(layout.blocks)
    expect(layout.diskSector(3)).toBe(16 + 24)
  })

  it('has as many blocks of bitmap as its blocks need, its own included', () => {
    for (const files of [15, 16, 3900]) {
      const layout = new FsLayout({ blockBytes: 4096, files, blocksPerFile: 2000, firstSector: 0 })
      const needed = Math.ceil(layout.blocks / layout.blocksPerBitmap)
      expect(layout.bitmapBlocks).toBe(needed)
      expect(layout.inodeStart).toBe(1 + needed)
    }
  })
})

describe('the way to a block', () => {
  it('is another one for each block, and never leaves what there is', () => {
    const path = new PointerPath()
    const nindir = 20
    const ways = new Set<string>()
    const blocks = 12 + nindir + nindir * nindir
    for (let lblkno = 0; lblkno < blocks; lblkno++) {
      path.find(lblkno, nindir)
      const { levels, inodeWord, index } = path
      const used = index.slice(0, levels)
      expect(inodeWord).toBe(levels === 0 ? DI_DB + lblkno : DI_IB + levels - 1)
      expect(used.every((each) => each >= 0 && each < nindir)).toBe(true)
      ways.add([inodeWord, ...used].join())
    }
    expect(ways.size).toBe(blocks)
    path.find(12 + nindir + 3 * nindir + 7, nindir)
    expect([path.levels, ...path.index]).toEqual([2, 3, 7])
  })
})
