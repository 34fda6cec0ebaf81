import { SparseWords } from '../engine/sparse-words.ts'
import { stampMatches, writeStamp } from '../engine/sector-stamp.ts'

/** What every sector should hold: the version of the last write, kept apart from the simulated system. */
export class Ledger {
  private readonly versions = new SparseWords()
  /** Sectors whose last write failed: the device holds either version. */
  private readonly unknown = new Set<number>()
  /** Sectors found wrong so far. */
  errors = 0

  /** Writes the next version of a sector to memory. @param base index of its first word */
  write(sector: number, words: Int32Array, base: number): void {
    const version = (this.versions.get(sector) + 1) >>> 0
    this.versions.set(sector, version)
    if (this.unknown.size > 0) this.unknown.delete(sector)
    writeStamp(words, base, sector, version)
  }

  /** The write of a sector failed: until it is written again, nobody can say what it holds. */
  writeFailed(sector: number): void {
    this.unknown.add(sector)
  }

  /** Compares all bytes of a sector in memory with what was last written to it. */
  verify(sector: number, words: Int32Array, base: number): void {
    if (this.unknown.size > 0 && this.unknown.has(sector)) return
    if (!stampMatches(words, base, sector, this.versions.get(sector))) this.errors++
  }
}
