import { SECTOR_SIZE } from '../../machine/page.ts'
import { MAXPHYS } from './limits.ts'
import type { VmObject } from '../vm/vm-pages.ts'

/** What buffers belong to: a file, or a disk as a whole. */
export class Vnode {
  readonly id: number
  /** Bytes of a logical block: f_iosize of a file, 512 for a disk. A buffer may have another size. */
  readonly blockSize: number
  /** Its pages in memory; null for a vnode whose buffers have memory of their own (not VMIO). */
  readonly object: VmObject | null
  /** Most bytes of one transfer (mnt_iosize_max): what its device takes, and not above MAXPHYS. */
  readonly iosizeMax: number
  private readonly firstSector: number
  private readonly blockSectors: number

  /**
   * @param id differs from that of every other vnode
   * @param blockSize a multiple of 512
   * @param firstSector where it begins on the disk
   * @param iosizeMax a multiple of a page
   */
  constructor(
    id: number,
    blockSize: number,
    object: VmObject | null,
    firstSector = 0,
    iosizeMax: number = MAXPHYS,
  ) {
    this.id = id
    this.blockSize = blockSize
    this.object = object
    this.firstSector = firstSector
    this.blockSectors = blockSize / SECTOR_SIZE
    this.iosizeMax = iosizeMax
  }

  /** VOP_BMAP: number of the disk's sector where a logical block begins; NONE for a hole. */
  bmap(lblkno: number): number {
    return this.firstSector + lblkno * this.blockSectors
  }

  /**
   * VOP_BMAP's runp: how many blocks after this one continue it on the disk, at most as many as one transfer takes. Here all do;
   * a file in pieces says how far its piece goes.
   */
  runAfter(_lblkno: number): number {
    return Math.max(0, Math.floor(this.iosizeMax / this.blockSize) - 1)
  }
}
