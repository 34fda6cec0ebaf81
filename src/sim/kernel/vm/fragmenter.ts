import { Random } from '../../engine/random.ts'
import { BLOCK_PAGES } from './zones.ts'

const STREAM = 0

/** How one block is broken up: of `broken` pairs of chunks of `order`, the upper or the lower chunk is in use. */
interface Breakage {
  readonly random: Random
  readonly order: number
  readonly upper: boolean
  readonly firstPair: number
  readonly endPair: number
  readonly broken: number
}

/**
 * Which pages the rest of the system had in use before the run began. A block is broken into chunks of one size, smaller
 * the higher the percentage; of `percent` per cent of the pairs of such chunks, one chunk is in use, so that the other
 * cannot join. At 100 no two free pages are neighbours. Depends on seed and block alone, so it can be asked at any time.
 */
export class Fragmenter {
  readonly percent: number
  private readonly seed: number

  constructor(seed: number, percent: number) {
    this.seed = seed
    this.percent = percent
  }

  /** Pages in use by others, of the pages `from` to `to` - 1 that the block has. */
  countIn(block: number, from: number, to: number): number {
    if (this.percent === 0) return 0
    const { broken, order } = this.breakage(block, from, to)
    return broken << order
  }

  /** Calls `inUse` for each page, numbered within the block, that others have. */
  mark(block: number, from: number, to: number, inUse: (page: number) => void): void {
    if (this.percent === 0) return
    const { random, order, upper, firstPair, endPair, broken } = this.breakage(block, from, to)
    let need = broken
    for (let pair = firstPair; pair < endPair; pair++) {
      const left = endPair - pair
      if (need !== left && random.below(left) >= need) continue
      need--
      const first = (pair * 2 + (upper ? 1 : 0)) << order
      for (let page = first; page < first + (1 << order); page++) inUse(page)
    }
  }

  private breakage(block: number, from: number, to: number): Breakage {
    const random = new Random(this.seed ^ Math.imul(block + 1, 0x9e3779b1), STREAM)
    const highest = Math.floor((100 - this.percent) / 10)
    const order = random.below(highest + 1)
    const upper = random.below(2) === 1
    const firstPair = Math.ceil(from / (2 << order))
    const endPair = Math.max(firstPair, Math.floor(Math.min(to, BLOCK_PAGES) / (2 << order)))
    const broken = Math.floor(((endPair - firstPair) * this.percent) / 100 + random.unit())
    return { random, order, upper, firstPair, endPair, broken: Math.min(broken, endPair - firstPair) }
  }
}
