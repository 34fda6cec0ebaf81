/** Pages of a top block: the largest buddy chunk, 4 MiB. */
export const BLOCK_SHIFT = 10
export const BLOCK_PAGES = 1 << BLOCK_SHIFT

/** What addresses a zone has: below 16 MiB for ISA DMA, below 4 GiB for 32-bit devices, and the rest. */
export const ZONE_KINDS = ['dma', 'dma32', 'normal'] as const
export type ZoneKind = (typeof ZONE_KINDS)[number]

/** Top block at which each kind ends. */
const ZONE_END: Readonly<Record<ZoneKind, number>> = {
  dma: (16 * 1024 * 1024) / (BLOCK_PAGES * 4096),
  dma32: (4 * 1024 * 1024 * 1024) / (BLOCK_PAGES * 4096),
  normal: Infinity,
}

/** A zone keeps back one page for this many pages of the zones above it (lowmem_reserve_ratio of Linux). */
const RESERVE_RATIO = 256

/** One kind of memory in one NUMA domain: top blocks `firstBlock` to `endBlock` - 1. */
export interface ZoneLayout {
  readonly domain: number
  readonly kind: ZoneKind
  readonly firstBlock: number
  readonly endBlock: number
  /** Pages that requests which a higher zone could serve leave alone. */
  readonly reserve: number
}

/**
 * Divides memory: domains of equal size, in address order, each cut into zones.
 * @param blocks top blocks of the machine; the last may be partly there
 * @returns for each domain its zones, highest first, as allocation falls back
 */
export function layoutZones(blocks: number, domains: number): ZoneLayout[][] {
  return Array.from({ length: domains }, (_, domain) => {
    const first = Math.floor((blocks * domain) / domains)
    const end = Math.floor((blocks * (domain + 1)) / domains)
    const zones: ZoneLayout[] = []
    let above = 0
    for (let i = ZONE_KINDS.length - 1; i >= 0; i--) {
      const kind = ZONE_KINDS[i]!
      const firstBlock = Math.max(first, i === 0 ? 0 : ZONE_END[ZONE_KINDS[i - 1]!])
      const endBlock = Math.min(end, ZONE_END[kind])
      if (firstBlock >= endBlock) continue
      const pages = (endBlock - firstBlock) * BLOCK_PAGES
      zones.push({
        domain,
        kind,
        firstBlock,
        endBlock,
        reserve: Math.min(pages, Math.floor(above / RESERVE_RATIO)),
      })
      above += pages
    }
    return zones
  })
}

/** The NUMA domain of each processor: equal shares, in order. */
export function domainsOfCpus(cpus: number, domains: number): Uint8Array {
  return Uint8Array.from({ length: cpus }, (_, cpu) => Math.floor((cpu * domains) / cpus))
}
