import { SECTOR_SIZE } from '../../machine/page.ts'
import { NDADDR } from './inode.ts'
import { PAYLOAD_WORDS } from './meta-sector.ts'

/** Bits of a sector of the bitmap. */
export const BITMAP_BITS = PAYLOAD_WORDS * 32

export interface FsGeometry {
  /** A multiple of 4096. */
  readonly blockBytes: number
  /** Files; their inodes are numbered from 0 on. */
  readonly files: number
  /** Most blocks of a file. */
  readonly blocksPerFile: number
  /** Where the file system begins on the disk. */
  readonly firstSector: number
}

/**
 * Where things lie on the disk: the superblock, the bitmap of used blocks, the inodes, and then an area for each file with room
 * for its data and its indirect blocks. mkfs and the allocator keep a file to its area as long as it has room, as FFS keeps one
 * to its cylinder group. Block and sector numbers count from the start of the file system.
 */
export class FsLayout implements FsGeometry {
  readonly blockBytes: number
  readonly files: number
  readonly blocksPerFile: number
  readonly firstSector: number
  readonly sectorsPerBlock: number
  /** Pointers of an indirect block. */
  readonly nindir: number
  /** Blocks of the bitmap that each of its blocks speaks for. */
  readonly blocksPerBitmap: number
  readonly bitmapStart = 1
  readonly bitmapBlocks: number
  readonly inodeStart: number
  readonly areaStart: number
  readonly areaBlocks: number
  /** All blocks. */
  readonly blocks: number

  constructor(geometry: FsGeometry) {
    const { blockBytes, files, blocksPerFile } = geometry
    this.blockBytes = blockBytes
    this.files = files
    this.blocksPerFile = blocksPerFile
    this.firstSector = geometry.firstSector
    this.sectorsPerBlock = blockBytes / SECTOR_SIZE
    this.nindir = PAYLOAD_WORDS * this.sectorsPerBlock
    this.blocksPerBitmap = BITMAP_BITS * this.sectorsPerBlock
    this.areaBlocks = blocksPerFile + this.indirectsBefore(blocksPerFile - 1)
    const inodeBlocks = Math.ceil(files / this.sectorsPerBlock)
    const others = 1 + inodeBlocks + files * this.areaBlocks
    let bitmapBlocks = Math.ceil(others / this.blocksPerBitmap)
    while (bitmapBlocks * this.blocksPerBitmap < others + bitmapBlocks) bitmapBlocks++
    this.bitmapBlocks = bitmapBlocks
    this.inodeStart = this.bitmapStart + bitmapBlocks
    this.areaStart = this.inodeStart + inodeBlocks
    this.blocks = others + bitmapBlocks
  }

  /** Most blocks that pointers of this size of block reach. */
  get mostBlocks(): number {
    return NDADDR + this.nindir + this.nindir * this.nindir
  }

  /** Sector of an inode. */
  inodeSector(ino: number): number {
    return this.inodeStart * this.sectorsPerBlock + ino
  }

  /** First block of a file's area. */
  areaOf(ino: number): number {
    return this.areaStart + ino * this.areaBlocks
  }

  /** Where mkfs puts a block of a file: in order, with each indirect block before the first block that it is needed for. */
  homeOf(ino: number, lblkno: number): number {
    return this.areaOf(ino) + lblkno + this.indirectsBefore(lblkno)
  }

  /** Sector of the disk where a block begins. */
  diskSector(block: number): number {
    return this.firstSector + block * this.sectorsPerBlock
  }

  /** Indirect blocks that mkfs puts before a block of a file. */
  private indirectsBefore(lblkno: number): number {
    const { nindir } = this
    if (lblkno < NDADDR) return 0
    if (lblkno < NDADDR + nindir) return 1
    return 3 + Math.floor((lblkno - NDADDR - nindir) / nindir)
  }
}
