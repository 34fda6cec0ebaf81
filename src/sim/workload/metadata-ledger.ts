import { SparseWords } from '../engine/sparse-words.ts'
import type { MetadataAudit } from '../kernel/fs/meta-view.ts'

/** The checksum that every sector of metadata should carry, kept apart from the simulated system: an older content shows too. */
export class MetadataLedger implements MetadataAudit {
  private readonly sums = new SparseWords()
  private readonly unknown = new Set<number>()
  /** Sectors found damaged, or not as written last. */
  errors = 0

  sealed(sector: number, checksum: number): void {
    this.sums.set(sector, checksum >>> 0)
    if (this.unknown.size > 0) this.unknown.delete(sector)
  }

  parsed(sector: number, checksum: number, sound: boolean): boolean {
    if (this.unknown.has(sector)) return sound
    if (sound && this.sums.get(sector) === checksum >>> 0) return true
    this.errors++
    return false
  }

  inDoubt(sector: number): void {
    this.unknown.add(sector)
  }
}
