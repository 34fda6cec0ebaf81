import { SparseWords } from '../engine/sparse-words.ts'
import { stampMatches, writeStamp } from '../engine/sector-stamp.ts'

/** What every sector should hold: the version of the last write, kept apart from the simulated system. */
export class Ledger {
  private readonly versions = new SparseWords()
  /** Sectors found wrong so far. */
  errors = 0

  /** Writes the next version of a sector to memory. @param base index of its first word */
  write(sector: number, words: Int32Array, base: number): void {
    const version = (this.versions.get(sector) + 1) >>> 0
    this.versions.set(sector, version)
    writeStamp(words, base, sector, version)
  }

  /** Compares all bytes of a sector in memory with what was last written to it. */
  verify(sector: number, words: Int32Array, base: number): void {
    if (!stampMatches(words, base, sector, this.versions.get(sector))) this.errors++
  }
}
