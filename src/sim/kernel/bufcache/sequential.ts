import { BKVASIZE } from './limits.ts'

/** How far the readers of one open file have read in order (sequential_heuristic, vfs_vnops.c; f_seqcount and f_nextoff). */
export class SequentialHeuristic {
  private readonly max: number
  private seqcount = 0
  private nextOffset = 0

  /** @param max most blocks that reading in order is rewarded with (IO_SEQMAX) */
  constructor(max: number) {
    this.max = max
  }

  /** A read begins. @returns blocks to read ahead for it: more with each read that goes on where the last one ended */
  next(offset: number, bytes: number): number {
    const inOrder = offset === this.nextOffset || (offset === 0 && this.seqcount > 0)
    this.nextOffset = offset + bytes
    if (inOrder) this.seqcount = Math.min(this.max, this.seqcount + Math.ceil(bytes / BKVASIZE))
    else if (this.seqcount > 0) this.seqcount = this.seqcount > 1 ? 1 : 0
    return this.seqcount
  }
}
