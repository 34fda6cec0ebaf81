import { stampVersion } from '../../../src/sim/engine/sector-stamp.ts'
import type { Media } from '../../../src/sim/devices/media.ts'
import { SECTOR_WORDS } from '../../../src/sim/machine/page.ts'
import type { BufferCache } from '../../../src/sim/kernel/bufcache/buffer-cache.ts'
import type { LabRun } from '../../../src/sim/lab/run.ts'
import type { SparseWords } from '../../../src/sim/engine/sparse-words.ts'

/** The parts of a run that a test of what survives looks into. */
export interface Inside {
  readonly storage: { readonly drive: { readonly media: Media } }
  readonly ledger: { readonly versions: SparseWords }
  readonly cache: BufferCache
}

export function insideOf(lab: LabRun): Inside {
  return lab as unknown as Inside
}

const words = new Int32Array(SECTOR_WORDS)

/** The version that the disk's surface holds of a sector; -1 when it holds anything else than a stamp of that sector. */
export function onMedium(lab: LabRun, sector: number): number {
  insideOf(lab).storage.drive.media.read(sector, words, 0)
  return stampVersion(words, 0, sector)
}

/** The version that the workload wrote last, into the cache or through it. */
export function written(lab: LabRun, sector: number): number {
  return insideOf(lab).ledger.versions.get(sector)
}
