import { SECTOR_WORDS } from '../../machine/page.ts'

/**
 * All metadata of the file system lies in sectors of one form, because a disk writes whole sectors and a power cut can part a
 * block between any two: word 0 says what the sector is, word 1 where it belongs, then come `PAYLOAD_WORDS` words of content,
 * and the last word is a checksum of all others.
 */
export const PAYLOAD_AT = 2
export const PAYLOAD_WORDS = SECTOR_WORDS - 3
const CHECKSUM_AT = SECTOR_WORDS - 1

/** What a sector of metadata is. */
export const MAGIC_SUPERBLOCK = 0x19540119
export const MAGIC_BITMAP = 0x0c6b1753
export const MAGIC_INODE = 0x011954aa
export const MAGIC_INDIRECT = 0x1d1c7b10

function checksum(words: Int32Array, base: number): number {
  let sum = 0x2f6e2b1
  for (let i = base; i < base + CHECKSUM_AT; i++) sum = Math.imul(sum ^ words[i]!, 0x01000193) ^ (sum >>> 15)
  return sum | 0
}

/**
 * Makes the 128 words from `base` on a sound sector; its content is there already.
 * @param self sector of the file system that it is
 * @returns its checksum
 */
export function sealSector(words: Int32Array, base: number, magic: number, self: number): number {
  words[base] = magic
  words[base + 1] = self | 0
  const sum = checksum(words, base)
  words[base + CHECKSUM_AT] = sum
  return sum
}

/** Whether the words are a sound sector of that kind that belongs there. */
export function isSound(words: Int32Array, base: number, magic: number, self: number): boolean {
  return (
    words[base] === magic &&
    words[base + 1] === (self | 0) &&
    words[base + CHECKSUM_AT] === checksum(words, base)
  )
}

/** The checksum that a sector carries. */
export function sealOf(words: Int32Array, base: number): number {
  return words[base + CHECKSUM_AT]!
}
