import type { Random } from '../../engine/random.ts'
import type { BlockTable } from './block-table.ts'
import { BLOCK_PAGES } from './zones.ts'

/** Most pages that others take without letting one go, and the share of memory, one in so many, that bounds it too. */
const STOCK_PAGES = 1024
const STOCK_SHARE = 64
/** Blocks looked into for one page. */
const BLOCKS_TRIED = 64

/** Finds a page, somewhere, that the rest of the system could let go. */
export class StrangerPages {
  private readonly table: BlockTable
  private readonly random: Random

  constructor(table: BlockTable, random: Random) {
    this.table = table
    this.random = random
  }

  /** Pages that others have at least before they let one go for each that they get. @param pages of the machine */
  static stockOf(pages: number): number {
    return Math.min(STOCK_PAGES, Math.floor(pages / STOCK_SHARE))
  }

  /** A page of others, at random among the blocks opened; -1 when none was found. */
  pick(): number {
    const { table, random } = this
    if (table.slots === 0) return -1
    const start = random.below(table.slots)
    for (let i = 0; i < Math.min(BLOCKS_TRIED, table.slots); i++) {
      const slot = (start + i) % table.slots
      const page = table.nextOthers(slot, random.below(BLOCK_PAGES))
      if (page >= 0) return table.block(slot) * BLOCK_PAGES + page
    }
    return -1
  }
}
