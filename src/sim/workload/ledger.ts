import { SparseWords } from '../engine/sparse-words.ts'
import { SECTOR_WORDS } from '../machine/page.ts'
import { stampMatches, writeStamp } from '../engine/sector-stamp.ts'

/** What every sector should hold: the version of the last write, kept apart from the simulated system. */
export class Ledger {
  private readonly versions = new SparseWords()
  /** Sectors whose last write failed: the device holds either version. */
  private readonly unknown = new Set<number>()
  /** Sectors found wrong so far. */
  errors = 0
  private readonly stamp = new Int32Array(SECTOR_WORDS)

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
    if (this.isInDoubt(sector)) return
    if (!stampMatches(words, base, sector, this.versions.get(sector))) this.errors++
  }

  /** Compares a sector that holds zeros until it is first written. */
  verifyOrZeros(sector: number, words: Int32Array, base: number): void {
    if (this.versions.get(sector) !== 0) this.verify(sector, words, base)
    else if (!this.isInDoubt(sector) && !isZero(words, base)) this.errors++
  }

  /** A sector was found not to exist: right if it was never written. @param existed it had content from the start */
  verifyUnwritten(sector: number, existed: boolean): void {
    if (!this.isInDoubt(sector) && (existed || this.versions.get(sector) !== 0)) this.errors++
  }

  /** Version that a sector has now; -1 when nobody can say. */
  versionOf(sector: number): number {
    return this.unknown.has(sector) ? -1 : this.versions.get(sector)
  }

  /**
   * Compares part of a sector with what it was in version `oldest` or has been since: whoever looks at pages that others may
   * write to meanwhile sees any of those.
   * @param base index of the first word of the part @param from which word of the sector that is @param to word after the last
   * @param oldest as versionOf gave it; -1: nothing is compared
   */
  verifySince(
    sector: number,
    words: Int32Array,
    base: number,
    from: number,
    to: number,
    oldest: number,
  ): void {
    if (oldest < 0 || this.unknown.has(sector)) return
    const newest = this.versions.get(sector)
    for (let version = oldest; version <= newest; version++) {
      writeStamp(this.stamp, 0, sector, version)
      let word = from
      while (word < to && words[base + word - from] === this.stamp[word]) word++
      if (word >= to) return
    }
    this.errors++
  }

  private isInDoubt(sector: number): boolean {
    return this.unknown.size > 0 && this.unknown.has(sector)
  }
}

function isZero(words: Int32Array, base: number): boolean {
  for (let i = base; i < base + SECTOR_WORDS; i++) if (words[i] !== 0) return false
  return true
}
