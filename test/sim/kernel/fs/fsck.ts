import { DI_DB, DI_IB, DI_SIZE, NDADDR, readPair } from '../../../../src/sim/kernel/fs/inode.ts'
import { BITMAP_BITS } from '../../../../src/sim/kernel/fs/layout.ts'
import type { FsLayout } from '../../../../src/sim/kernel/fs/layout.ts'
import {
  isSound,
  MAGIC_BITMAP,
  MAGIC_INDIRECT,
  MAGIC_INODE,
  MAGIC_SUPERBLOCK,
  PAYLOAD_AT,
  PAYLOAD_WORDS,
} from '../../../../src/sim/kernel/fs/meta-sector.ts'

/** Gives the 128 words of a sector of the file system, as the disk holds them. */
export type ReadSector = (sector: number) => Int32Array

export interface FsckReport {
  readonly problems: readonly string[]
  /** Blocks that the bitmap calls used and nobody has. */
  readonly leaked: readonly number[]
  /** Data blocks of each file, by block of the file. */
  readonly blocks: readonly ReadonlyMap<number, number>[]
  readonly sizes: readonly number[]
}

/** Checks everything that the disk says of a file system: written apart from the code that makes and changes it. */
export function fsck(layout: FsLayout, read: ReadSector): FsckReport {
  return new Fsck(layout, read).run()
}

class Fsck {
  private readonly problems: string[] = []
  private readonly owners = new Map<number, string>()
  private readonly blocks: Map<number, number>[] = []
  private readonly sizes: number[] = []
  private readonly layout: FsLayout
  private readonly readSector: ReadSector

  constructor(layout: FsLayout, readSector: ReadSector) {
    this.layout = layout
    this.readSector = readSector
  }

  run(): FsckReport {
    const { layout } = this
    for (let i = 0; i < layout.sectorsPerBlock; i++) this.sound(i, MAGIC_SUPERBLOCK, 'superblock')
    for (let block = 0; block < layout.areaStart; block++) this.owners.set(block, 'the file system')
    for (let ino = 0; ino < layout.files; ino++) this.checkFile(ino)
    return {
      problems: this.problems,
      leaked: this.checkBitmap(),
      blocks: this.blocks,
      sizes: this.sizes,
    }
  }

  private checkFile(ino: number): void {
    const { layout } = this
    const data = new Map<number, number>()
    this.blocks.push(data)
    const name = `file ${ino}`
    const inode = this.sound(layout.inodeStart * layout.sectorsPerBlock + ino, MAGIC_INODE, `inode ${ino}`)
    if (inode === null) return
    for (let i = 0; i < NDADDR; i++) this.own(inode[DI_DB + i]!, data, i, name)
    const single = inode[DI_IB]!
    if (single !== 0) this.checkIndirect(single, data, NDADDR, name)
    const double = inode[DI_IB + 1]!
    if (double !== 0) {
      this.pointersOf(double, name).forEach((inner, i) => {
        if (inner !== 0) this.checkIndirect(inner, data, NDADDR + layout.nindir * (1 + i), name)
      })
    }
    const size = readPair(inode, DI_SIZE)
    this.sizes.push(size)
    for (const lblkno of data.keys()) {
      if (lblkno >= layout.blocksPerFile) this.problems.push(`${name} has block ${lblkno}`)
      if (lblkno * layout.blockBytes >= size) this.problems.push(`${name} has block ${lblkno} beyond ${size}`)
    }
  }

  private checkIndirect(block: number, data: Map<number, number>, first: number, name: string): void {
    this.pointersOf(block, name).forEach((pointer, i) => this.own(pointer, data, first + i, name))
  }

  private pointersOf(block: number, name: string): number[] {
    const { sectorsPerBlock } = this.layout
    this.claim(block, name)
    return Array.from({ length: sectorsPerBlock }, (_, i) => {
      const words = this.sound(
        block * sectorsPerBlock + i,
        MAGIC_INDIRECT,
        `indirect block ${block} of ${name}`,
      )
      return words === null ? [] : [...words.subarray(PAYLOAD_AT, PAYLOAD_AT + PAYLOAD_WORDS)]
    }).flat()
  }

  private own(block: number, data: Map<number, number>, lblkno: number, name: string): void {
    if (block === 0) return
    data.set(lblkno, block)
    this.claim(block, name)
  }

  private claim(block: number, name: string): void {
    const owner = this.owners.get(block)
    if (owner !== undefined) this.problems.push(`block ${block} belongs to ${owner} and to ${name}`)
    if (!(block > 0 && block < this.layout.blocks))
      this.problems.push(`${name} has block ${block} of the disk`)
    this.owners.set(block, name)
  }

  private checkBitmap(): number[] {
    const { layout } = this
    const leaked: number[] = []
    for (let block = 0; block < layout.bitmapBlocks * layout.blocksPerBitmap; block++) {
      const index = Math.floor(block / BITMAP_BITS)
      const bit = block % BITMAP_BITS
      const words =
        bit === 0
          ? this.sound(layout.bitmapStart * layout.sectorsPerBlock + index, MAGIC_BITMAP, `bitmap ${index}`)
          : this.bitmap
      this.bitmap = words
      if (words === null) continue
      const used = ((words[PAYLOAD_AT + (bit >>> 5)]! >>> (bit & 31)) & 1) === 1
      const owner = this.owners.get(block)
      if (owner !== undefined && !used) this.problems.push(`block ${block} of ${owner} is called free`)
      if (owner === undefined && used && block < layout.blocks) leaked.push(block)
      if (block >= layout.blocks && !used)
        this.problems.push(`block ${block}, beyond the end, is called free`)
    }
    return leaked
  }

  private bitmap: Int32Array | null = null

  private sound(sector: number, magic: number, what: string): Int32Array | null {
    const words = this.readSector(sector)
    if (isSound(words, 0, magic, sector)) return words
    this.problems.push(`${what}: sector ${sector} is damaged`)
    return null
  }
}
