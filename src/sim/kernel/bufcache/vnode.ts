import { SECTOR_SIZE } from '../../machine/page.ts'
import type { VmObject } from '../vm/vm-pages.ts'

/** What buffers belong to: a file, or a disk as a whole. */
export class Vnode {
  readonly id: number
  /** Bytes of a logical block: f_iosize of a file, 512 for a disk. A buffer may have another size. */
  readonly blockSize: number
  /** Its pages in memory; null for a vnode whose buffers have memory of their own (not VMIO). */
  readonly object: VmObject | null
  private readonly firstSector: number

  /**
   * @param id differs from that of every other vnode
   * @param blockSize a multiple of 512
   * @param firstSector where it begins on the disk
   */
  constructor(id: number, blockSize: number, object: VmObject | null, firstSector = 0) {
    this.id = id
    this.blockSize = blockSize
    this.object = object
    this.firstSector = firstSector
  }

  /** VOP_BMAP: number of the disk's sector where a logical block begins. */
  bmap(lblkno: number): number {
    return this.firstSector + lblkno * (this.blockSize / SECTOR_SIZE)
  }
}
