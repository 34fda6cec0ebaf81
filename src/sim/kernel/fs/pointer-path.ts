import { DI_DB, DI_IB, NDADDR } from './inode.ts'

/** ufs_getlbns: which pointer to follow at each level, from the inode on, to come to a block of a file. */
export class PointerPath {
  /** Indirect blocks on the way, 0 to 2. */
  levels = 0
  /** Word of the inode that the first pointer is. */
  inodeWord = 0
  /** Index of the pointer in the indirect blocks on the way. */
  readonly index = [0, 0]

  /** @param nindir pointers of an indirect block @param lblkno below NDADDR + nindir + nindir^2 */
  find(lblkno: number, nindir: number): void {
    if (lblkno < NDADDR) {
      this.levels = 0
      this.inodeWord = DI_DB + lblkno
      return
    }
    const single = lblkno - NDADDR
    if (single < nindir) {
      this.levels = 1
      this.inodeWord = DI_IB
      this.index[0] = single
      return
    }
    const double = single - nindir
    this.levels = 2
    this.inodeWord = DI_IB + 1
    this.index[0] = Math.floor(double / nindir)
    this.index[1] = double % nindir
  }
}
