import { BKVASIZE } from './limits.ts'

/** Most that going on in order counts for (IO_SEQMAX). */
const IO_SEQMAX = 127

/** How far the users of one open file have read and written in order (sequential_heuristic, vfs_vnops.c; f_seqcount and f_nextoff). */
export class SequentialHeuristic {
  private seqcount = 0
  private nextOffset = 0

  /**
   * A read or a write begins.
   * @param offset of the file, bytes
   * @returns what it is worth to read ahead for it: 1 for each 16 KiB of those that went on where the last one ended, or began anew at
   * 0, up to 127; and 0 for one that did neither, of which the next one in order remembers at most 1
   */
  next(offset: number, bytes: number): number {
    const inOrder = offset === this.nextOffset || (offset === 0 && this.seqcount > 0)
    this.nextOffset = offset + bytes
    if (!inOrder) {
      this.seqcount = this.seqcount > 1 ? 1 : 0
      return 0
    }
    this.seqcount = Math.min(IO_SEQMAX, this.seqcount + Math.ceil(bytes / BKVASIZE))
    return this.seqcount
  }
}
