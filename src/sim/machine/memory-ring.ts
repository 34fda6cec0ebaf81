import { PAGE_MASK, PAGE_SIZE } from './page.ts'
import type { WordMemory } from './word-memory.ts'

/** Memory that can be looked at page by page, as the processor has it or as a device reaches it over its bus. */
export interface RingMemory extends WordMemory {
  /** Index of the word in the array that the last `wordsAt` returned. */
  readonly wordIndex: number
  /**
   * Where the word at an address is kept, for who goes on to the rest of its page.
   * @returns null: each access has to be made by itself
   */
  wordsAt(address: number): Int32Array | null
}

/**
 * A ring of entries in memory, for who goes through it entry by entry: looks for the memory once a page and not once an entry.
 * The memory must stay allocated for as long as the ring is used. Entries do not cross pages.
 */
export class MemoryRing {
  /** Number of the entry that is looked at. */
  place = 0
  private readonly memory: RingMemory
  private readonly start: number
  private readonly entries: number
  private readonly entryWords: number
  private words: Int32Array | null = null
  /** Index of the entry's first word. */
  private at = 0
  /** Number of the first entry that is not in the page, or of none. */
  private end = 0

  /** @param start address of the first entry, 4-byte aligned @param entryBytes of each: a multiple of 4 */
  constructor(memory: RingMemory, start: number, entries: number, entryBytes: number) {
    this.memory = memory
    this.start = start
    this.entries = entries
    this.entryWords = entryBytes / 4
    this.open()
  }

  /** Word `word` of the entry, with a sign. */
  read(word: number): number {
    return this.words === null ? this.memory.read32(this.addressOf(word)) | 0 : this.words[this.at + word]!
  }

  /** A number of 64 bits from word `word` of the entry on, low word first. */
  readAddress(word: number): number {
    return (this.read(word + 1) >>> 0) * 0x100000000 + (this.read(word) >>> 0)
  }

  write(word: number, value: number): void {
    if (this.words === null) this.memory.write32(this.addressOf(word), value)
    else this.words[this.at + word] = value
  }

  /** Goes to the next entry: after the last, to the first. */
  next(): void {
    this.place++
    if (this.place === this.end) this.open()
    else this.at += this.entryWords
  }

  private open(): void {
    if (this.place === this.entries) this.place = 0
    const address = this.addressOf(0)
    this.words = this.memory.wordsAt(address)
    this.at = this.memory.wordIndex
    const inPage = Math.floor((PAGE_SIZE - (address & PAGE_MASK)) / (4 * this.entryWords))
    this.end = Math.min(this.place + inPage, this.entries)
  }

  private addressOf(word: number): number {
    return this.start + 4 * (this.place * this.entryWords + word)
  }
}
