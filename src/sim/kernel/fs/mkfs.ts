import { SECTOR_WORDS } from '../../machine/page.ts'
import { DI_DB, DI_IB, DI_SIZE, NDADDR, writePair } from './inode.ts'
import type { FsLayout } from './layout.ts'
import { BITMAP_BITS } from './layout.ts'
import {
  MAGIC_BITMAP,
  MAGIC_INDIRECT,
  MAGIC_INODE,
  MAGIC_SUPERBLOCK,
  PAYLOAD_AT,
  PAYLOAD_WORDS,
  sealSector,
} from './meta-sector.ts'

/** Takes a finished sector. The words are the writer's again afterwards. */
export type PutSector = (sector: number, words: Int32Array, checksum: number) => void

/** Which blocks of the files exist at first; the others are holes. */
export type HasBlock = (ino: number, lblkno: number) => boolean

/**
 * Makes a file system: files of full length, whose blocks lie in order. Data blocks are given out and not written: the disk
 * holds there what it holds.
 */
export function mkfs(layout: FsLayout, hasBlock: HasBlock, put: PutSector): void {
  new Mkfs(layout, hasBlock, put).run()
}

class Mkfs {
  private readonly layout: FsLayout
  private readonly hasBlock: HasBlock
  private readonly put: PutSector
  private readonly used: Uint8Array
  private readonly words = new Int32Array(SECTOR_WORDS)

  constructor(layout: FsLayout, hasBlock: HasBlock, put: PutSector) {
    this.layout = layout
    this.hasBlock = hasBlock
    this.put = put
    this.used = new Uint8Array(layout.blocks)
  }

  run(): void {
    const { layout, words, used } = this
    used.fill(1, 0, layout.areaStart)
    for (let ino = 0; ino < layout.files; ino++) this.makeFile(ino)
    for (let i = 0; i < layout.sectorsPerBlock; i++) {
      words.fill(0)
      const facts = [layout.blockBytes, layout.files, layout.blocksPerFile, layout.blocks]
      facts.forEach((fact, at) => (words[PAYLOAD_AT + at] = fact))
      this.finish(i, MAGIC_SUPERBLOCK)
    }
    this.makeBitmap()
  }

  private makeFile(ino: number): void {
    const { layout } = this
    const { blocksPerFile, nindir } = layout
    const inode = new Int32Array(SECTOR_WORDS)
    writePair(inode, DI_SIZE, blocksPerFile * layout.blockBytes)
    for (let i = 0; i < Math.min(NDADDR, blocksPerFile); i++) inode[DI_DB + i] = this.dataBlock(ino, i)
    inode[DI_IB] = this.makeInner(ino, NDADDR)
    const first = NDADDR + nindir
    if (blocksPerFile > first) {
      const inner = Int32Array.from({ length: nindir }, (_, i) => this.makeInner(ino, first + i * nindir))
      inode[DI_IB + 1] = this.makeIndirect(layout.homeOf(ino, first) - 2, inner)
    }
    this.words.set(inode)
    this.finish(layout.inodeSector(ino), MAGIC_INODE)
  }

  /** The indirect block that names data blocks from `lblkno` on. @returns its number, 0 beyond the end of the file */
  private makeInner(ino: number, lblkno: number): number {
    const { nindir, blocksPerFile } = this.layout
    if (lblkno >= blocksPerFile) return 0
    return this.makeIndirect(
      this.layout.homeOf(ino, lblkno) - 1,
      Int32Array.from({ length: nindir }, (_, i) => this.dataBlock(ino, lblkno + i)),
    )
  }

  private dataBlock(ino: number, lblkno: number): number {
    if (lblkno >= this.layout.blocksPerFile || !this.hasBlock(ino, lblkno)) return 0
    const block = this.layout.homeOf(ino, lblkno)
    this.used[block] = 1
    return block
  }

  /** @returns `block`, or 0 when there is nothing to point to: then it does not exist either */
  private makeIndirect(block: number, pointers: Int32Array): number {
    const { layout, words } = this
    if (pointers.every((pointer) => pointer === 0)) return 0
    this.used[block] = 1
    for (let i = 0; i < layout.sectorsPerBlock; i++) {
      words.fill(0)
      words.set(pointers.subarray(i * PAYLOAD_WORDS, (i + 1) * PAYLOAD_WORDS), PAYLOAD_AT)
      this.finish(block * layout.sectorsPerBlock + i, MAGIC_INDIRECT)
    }
    return block
  }

  private makeBitmap(): void {
    const { layout, words, used } = this
    const sectors = layout.bitmapBlocks * layout.sectorsPerBlock
    for (let i = 0; i < sectors; i++) {
      words.fill(0)
      for (let bit = 0; bit < BITMAP_BITS; bit++) {
        const block = i * BITMAP_BITS + bit
        if (block >= layout.blocks || used[block] !== 0) words[PAYLOAD_AT + (bit >>> 5)]! |= 1 << (bit & 31)
      }
      this.finish(layout.bitmapStart * layout.sectorsPerBlock + i, MAGIC_BITMAP)
    }
  }

  private finish(sector: number, magic: number): void {
    this.put(sector, this.words, sealSector(this.words, 0, magic, sector))
  }
}
