import { BusDma } from '../../src/sim/kernel/busdma/busdma.ts'
import { BUS_SPACE_MAXADDR, PAGE_SIZE } from '../../src/sim/kernel/busdma/constants.ts'
import { BUSDMA_DIALECTS } from '../../src/sim/kernel/busdma/dialects/index.ts'
import type { BusDmaDialectName } from '../../src/sim/kernel/busdma/dialects/names.ts'
import type { BusDmamap, BusDmamapCallback } from '../../src/sim/kernel/busdma/map.ts'
import type { BusDmaPlatform } from '../../src/sim/kernel/busdma/platform.ts'
import type { BusDmaTagArgs } from '../../src/sim/kernel/busdma/tag.ts'
import type { UserPages } from '../../src/sim/kernel/busdma/uio-vector.ts'
import { OK, type Errno } from '../../src/sim/kernel/errno.ts'
import type { Operation } from './operation.ts'

/** A request whose page frames are `firstPfn`, `firstPfn + pfnStep` and so on. */
export interface LoadCase {
  readonly name: string
  readonly tag: Pick<BusDmaTagArgs, 'alignment' | 'boundary' | 'lowaddr' | 'maxsegsz' | 'nsegments'>
  readonly bytes: number
  readonly firstPfn: number
  readonly pfnStep: number
  readonly bouncePages: number
  /** Segments that the device gets. */
  readonly segments: number
}

const PLAIN = { alignment: 1, boundary: 0, lowaddr: BUS_SPACE_MAXADDR, maxsegsz: 0xffffffff, nsegments: 33 }
const IDE = { ...PLAIN, alignment: 2, boundary: 65536, maxsegsz: 65536, nsegments: 256 }
/** At 5 GiB. */
const FIRST_PFN = 0x140000
const POOL = Array.from({ length: 64 }, (_, i) => 1 + i * 2)

export const LOAD_CASES: readonly LoadCase[] = [
  {
    name: '4 KiB, 1 page',
    tag: PLAIN,
    bytes: 4096,
    firstPfn: FIRST_PFN,
    pfnStep: 2,
    bouncePages: 0,
    segments: 1,
  },
  {
    name: '64 KiB, 16 scattered pages',
    tag: PLAIN,
    bytes: 65536,
    firstPfn: FIRST_PFN,
    pfnStep: 2,
    bouncePages: 0,
    segments: 16,
  },
  {
    name: '128 KiB, 32 scattered pages, IDE',
    tag: IDE,
    bytes: 131072,
    firstPfn: FIRST_PFN,
    pfnStep: 2,
    bouncePages: 32,
    segments: 32,
  },
  {
    name: '64 KiB, 16 pages bounced, no copy',
    tag: { ...PLAIN, lowaddr: 0xffffff },
    bytes: 65536,
    firstPfn: FIRST_PFN,
    pfnStep: 2,
    bouncePages: 32,
    segments: 16,
  },
]

/** Load, callback and unload of a page list under a dialect, on a machine that charges nothing. */
export function loadOperation(dialect: BusDmaDialectName, load: LoadCase): Operation {
  const busdma = new BusDma(new FreePlatform(), BUSDMA_DIALECTS[dialect])
  const { tag } = busdma.bus_dma_tag_create(null, {
    ...load.tag,
    highaddr: BUS_SPACE_MAXADDR,
    maxsize: load.bytes,
    flags: 0,
  })
  if (tag === null) throw new Error(`${dialect} refuses the tag of "${load.name}"`)
  if (tag.couldBounce) busdma.preloadZone(tag, POOL.slice(0, load.bouncePages))
  const { map } = busdma.bus_dmamap_create(tag, 0)
  if (map === null) throw new Error(`${dialect} refuses a map for "${load.name}"`)
  const { bytes, firstPfn, pfnStep } = load
  const npages = Math.ceil(bytes / PAGE_SIZE)
  const pages = Int32Array.from({ length: npages }, (_, i) => firstPfn + i * pfnStep)
  let failed = 0
  let segments = 0
  const done: BusDmamapCallback = (_arg: number, _map: BusDmamap, nsegs: number, error: Errno): void => {
    failed |= error
    segments = nsegs
  }
  return {
    name: dialect,
    run(count) {
      for (let i = 0; i < count; i++) {
        failed |= busdma.bus_dmamap_load_pages(tag, map, pages, npages, 0, bytes, done, 0, 0)
        busdma.bus_dmamap_unload(tag, map)
      }
      if (failed !== OK || segments !== load.segments)
        throw new Error(`${dialect}, "${load.name}": error ${failed}, ${segments} segments`)
    },
  }
}

/** A machine that charges nothing; bounce pages come from preloadZone alone. */
class FreePlatform implements BusDmaPlatform {
  readonly ramPages = 0x200000

  pmap_kextract(va: number): number {
    return va
  }
  pmap_extract(_space: UserPages, uaddr: number): number {
    return uaddr
  }
  allocBouncePage(): number {
    return -1
  }
  freeContiguous(): void {}
  allocContiguous(): number {
    return -1
  }
  freeBouncePage(): void {}
  bounceCopy(): void {}
  charge(): void {}
  raiseSoftInterrupt(): void {}
  wakeBusdmaThread(): void {}
  bounceWait(): void {}
}
