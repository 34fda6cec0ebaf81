import { stampVersion, writeStamp } from '../engine/sector-stamp.ts'
import { SparseWords } from '../engine/sparse-words.ts'
import { SECTOR_WORDS } from '../machine/page.ts'

/**
 * The disk's surface. A sector that was never written holds the stamp of version 0. One that holds a proper stamp is kept
 * as its version alone; any other content is kept as its bytes. Nothing is lost either way.
 */
export class Media {
  readonly sectors: number
  private readonly versions = new SparseWords()
  private readonly foreign = new Map<number, Int32Array>()

  /** @param sectors capacity */
  constructor(sectors: number) {
    this.sectors = sectors
  }

  /** Puts a sector's 128 words at `base`. */
  read(sector: number, words: Int32Array, base: number): void {
    const bytes = this.foreign.size === 0 ? undefined : this.foreign.get(sector)
    if (bytes === undefined) writeStamp(words, base, sector, this.versions.get(sector))
    else words.set(bytes, base)
  }

  /** Takes a sector's 128 words from `base`. */
  write(sector: number, words: Int32Array, base: number): void {
    const version = stampVersion(words, base, sector)
    if (version < 0) {
      this.foreign.set(sector, words.slice(base, base + SECTOR_WORDS))
      return
    }
    if (this.foreign.size > 0) this.foreign.delete(sector)
    if (version !== 0 || this.versions.get(sector) !== 0) this.versions.set(sector, version)
  }
}
