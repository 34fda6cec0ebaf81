import { SECTOR_WORDS } from '../../machine/page.ts'

/**
 * Content of the metadata on a machine that holds no bytes: what was put there last, by sector of the file system. The file
 * system parses this in place of memory, so that it finds the same pointers. It differs from what a disk would hold only after
 * a write was given up.
 */
export class MetadataMirror {
  private readonly sectors = new Map<number, Int32Array>()

  /** The 128 words of a sector, zeros at first; they stay its own. */
  words(sector: number): Int32Array {
    let words = this.sectors.get(sector)
    if (words === undefined) {
      words = new Int32Array(SECTOR_WORDS)
      this.sectors.set(sector, words)
    }
    return words
  }
}
