import {
  BUS_DMA_ALIGNED,
  BUS_DMA_ALLOCALL,
  BUS_DMA_ALLOCNOW,
  BUS_DMA_KEEP_PG_OFFSET,
  BUS_DMA_NOWAIT,
  BUS_DMA_ONEBPAGE,
  BUS_DMA_PRIVBZONE,
  BUS_SPACE_MAXADDR,
} from '../../../kernel/busdma/constants.ts'
import type { BusDmaFilter, BusDmaTag, BusDmaTagArgs } from '../../../kernel/busdma/tag.ts'
import { numberOf, objectOf, stringsOf, VectorError, type VectorObject } from '../vector-fields.ts'

const flagBits: ReadonlyMap<string, number> = new Map([
  ['NOWAIT', BUS_DMA_NOWAIT],
  ['ALLOCNOW', BUS_DMA_ALLOCNOW],
  ['ONEBPAGE', BUS_DMA_ONEBPAGE],
  ['ALIGNED', BUS_DMA_ALIGNED],
  ['PRIVBZONE', BUS_DMA_PRIVBZONE],
  ['ALLOCALL', BUS_DMA_ALLOCALL],
  ['KEEP_PG_OFFSET', BUS_DMA_KEEP_PG_OFFSET],
])

/** BUS_DMA_* bits of a list of flag names; absent means none. */
export function flagsOf(value: unknown, what: string): number {
  let flags = 0
  for (const name of stringsOf(value, what)) {
    const bit = flagBits.get(name)
    if (bit === undefined) throw new VectorError(`${what}: unknown flag ${name}`)
    flags |= bit
  }
  return flags
}

/** Creation arguments of a tag as a vector states them. */
export function tagArgsOf(tag: VectorObject): BusDmaTagArgs {
  return {
    alignment: numberOf(tag.alignment, 'alignment'),
    boundary: numberOf(tag.boundary, 'boundary'),
    lowaddr: addressOf(tag.lowaddr, 'lowaddr'),
    highaddr: addressOf(tag.highaddr, 'highaddr'),
    maxsize: numberOf(tag.maxsize, 'maxsize'),
    nsegments: numberOf(tag.nsegments, 'nsegments'),
    maxsegsz: numberOf(tag.maxsegsz, 'maxsegsz'),
    flags: flagsOf(tag.flags, 'tag flags'),
    filter: tag.filter === undefined ? undefined : filterOf(objectOf(tag.filter, 'filter')),
  }
}

/** A tag after inheritance, in the form of a vector's `effectiveTag`. */
export function effectiveTagOf(tag: BusDmaTag): VectorObject {
  return {
    alignment: tag.alignment,
    boundary: tag.boundary,
    lowaddr: vectorAddress(tag.lowaddr),
    highaddr: vectorAddress(tag.highaddr),
    maxsegsz: tag.maxsegsz,
    couldBounce: tag.couldBounce,
    chain: tag.chainLength,
  }
}

function addressOf(value: unknown, what: string): number {
  return value === null ? BUS_SPACE_MAXADDR : numberOf(value, what)
}

function vectorAddress(addr: number): number | null {
  return addr === BUS_SPACE_MAXADDR ? null : addr
}

function filterOf(filter: VectorObject): BusDmaFilter {
  if ('mask' in filter) {
    const mask = BigInt(numberOf(filter.mask, 'filter.mask'))
    const equals = BigInt(numberOf(filter.equals, 'filter.equals'))
    return (_arg, paddr) => (BigInt(paddr) & mask) === equals
  }
  const from = numberOf(filter.from, 'filter.from')
  const to = addressOf(filter.to, 'filter.to')
  return (_arg, paddr) => paddr >= from && paddr <= to
}
