import { PAYLOAD_AT } from './meta-sector.ts'

/** Blocks that an inode names itself, and how deep indirect blocks go beyond them. */
export const NDADDR = 12
export const NIADDR = 2

/** Words of an inode, which takes a sector. Sizes and times are two words, the low one first. */
export const DI_SIZE = PAYLOAD_AT
export const DI_MTIME = PAYLOAD_AT + 2
/** Direct pointers, then those to the single and the double indirect block. A pointer is a block's number; 0 is a hole. */
export const DI_DB = PAYLOAD_AT + 4
export const DI_IB = DI_DB + NDADDR

const WORD = 0x100000000

/** A number below 2^53 at two words. */
export function readPair(words: Int32Array, at: number): number {
  return (words[at + 1]! >>> 0) * WORD + (words[at]! >>> 0)
}

export function writePair(words: Int32Array, at: number, value: number): void {
  words[at] = (value % WORD) | 0
  words[at + 1] = Math.floor(value / WORD)
}
