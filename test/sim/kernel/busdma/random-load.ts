import { Random } from '../../../../src/sim/engine/random.ts'
import {
  BUS_DMA_ALIGNED,
  BUS_DMA_KEEP_PG_OFFSET,
  BUS_SPACE_MAXADDR,
} from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { UNRESTRICTED } from './small-machine.ts'

export const ENTRIES = ['load', 'pages', 'mbuf', 'uio'] as const

/** One load on a fresh kernel: everything follows from one seed. */
export interface RandomLoad {
  readonly entry: (typeof ENTRIES)[number]
  readonly tag: BusDmaTagArgs
  readonly parent: BusDmaTagArgs | null
  /** Page frames of the region, all at 0x200 and above. */
  readonly pages: number[]
  /** [offset, length] of each piece in the region, ascending; one for a buffer or a page list. */
  readonly pieces: [number, number][]
  /** Page frames of the bounce pool, all below 0x200. */
  readonly pool: number[]
}

const BOUNDARIES = [0, 0, 256, 512, 2048, 4096, 8192, 65536]
const SEGMENT_SIZES = [0xffffffff, 0xffffffff, 65536, 8192, 6144, 4096, 1536, 1000, 512]
const WINDOWS = [BUS_SPACE_MAXADDR, BUS_SPACE_MAXADDR, 0xffffff, 0x3fffff, 0x1ffffff]

export function randomLoad(seed: number): RandomLoad {
  const random = new Random(seed, 0)
  const pages = randomPages(random)
  const entry = pick(random, ENTRIES)
  const region = pages.length * 4096
  return {
    entry,
    tag: randomTag(random, 1 + random.below(24)),
    parent: random.below(4) === 0 ? randomTag(random, 16) : null,
    pages,
    pieces:
      entry === 'mbuf' || entry === 'uio' ? randomPieces(random, region) : [randomRange(random, region)],
    pool: randomPool(random),
  }
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T
}

function randomTag(random: Random, nsegments: number): BusDmaTagArgs {
  const alignment = random.below(2) === 0 ? 1 : 1 << random.below(13)
  const lowaddr = pick(random, WINDOWS)
  let flags = 0
  if (alignment === 1 && random.below(4) === 0) flags |= BUS_DMA_KEEP_PG_OFFSET
  if (alignment > 1 && random.below(4) === 0) flags |= BUS_DMA_ALIGNED
  return {
    ...UNRESTRICTED,
    alignment,
    boundary: pick(random, BOUNDARIES),
    lowaddr,
    // Some devices reach the memory above a hole.
    highaddr: random.below(4) === 0 ? 0x2ffffff : BUS_SPACE_MAXADDR,
    nsegments,
    maxsegsz: pick(random, SEGMENT_SIZES),
    flags,
  }
}

/** Runs of neighbouring frames, on both sides of the windows' ends; a frame may come twice. */
function randomPages(random: Random): number[] {
  const pages: number[] = []
  for (let runs = 1 + random.below(5); runs > 0; runs--) {
    const first = 0x200 + random.below(pick(random, [0x300, 0x1000, 0x4000]))
    for (let i = 0, count = 1 + random.below(5); i < count; i++) pages.push(first + i)
  }
  return pages
}

function randomRange(random: Random, region: number): [number, number] {
  const offset = random.below(3) === 0 ? 0 : random.below(Math.min(region, 4096))
  const length = random.below(8) === 0 ? random.below(64) : random.below(region - offset + 1)
  return [offset, Math.min(length, region - offset)]
}

function randomPieces(random: Random, region: number): [number, number][] {
  const pieces: [number, number][] = []
  let at = random.below(2) === 0 ? 0 : random.below(4096)
  for (let count = 1 + random.below(6); count > 0 && at < region; count--) {
    const length = Math.min(random.below(pick(random, [64, 2048, 9000])), region - at)
    pieces.push([at, length])
    at += length + (random.below(2) === 0 ? 0 : random.below(3000))
  }
  return pieces
}

function randomPool(random: Random): number[] {
  const pool: number[] = []
  let pfn = 1 + random.below(16)
  for (let count = random.below(30); count > 0; count--) {
    pool.push(pfn)
    pfn += random.below(3) === 0 ? 1 + random.below(8) : 1
  }
  return random.below(2) === 0 ? pool : pool.reverse()
}
