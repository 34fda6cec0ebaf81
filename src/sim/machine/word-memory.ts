/** Memory in words of 32 bits, low byte first: as the processor has it, or as a device reaches it over its bus. */
export interface WordMemory {
  /** @param address 4-byte aligned */
  read32(address: number): number
  /** @param address 4-byte aligned */
  write32(address: number, value: number): void
}

/** Copies the first `count` bytes at any address to the start of `into`. */
export function readBytes(memory: WordMemory, address: number, into: Uint8Array, count: number): void {
  for (let at = 0; at < count;) {
    const skip = (address + at) & 3
    const word = memory.read32(address + at - skip)
    const end = Math.min(count, at + 4 - skip)
    for (let shift = skip * 8; at < end; shift += 8) into[at++] = word >>> shift
  }
}

/** Copies the first `count` of `bytes` to any address; the other bytes of the words at both ends stay. */
export function writeBytes(memory: WordMemory, address: number, bytes: Uint8Array, count: number): void {
  for (let at = 0; at < count;) {
    const skip = (address + at) & 3
    const place = address + at - skip
    const end = Math.min(count, at + 4 - skip)
    let word = end - at === 4 ? 0 : memory.read32(place)
    for (let shift = skip * 8; at < end; shift += 8)
      word = (word & ~(0xff << shift)) | (bytes[at++]! << shift)
    memory.write32(place, word)
  }
}

/** The number in `size` bytes from `at` on, high byte first. Beyond 2^53 it is rounded. */
export function readBigEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = at; i < at + size; i++) value = value * 256 + bytes[i]!
  return value
}

/** Puts a number into `size` bytes from `at` on, high byte first; what does not fit is cut off. */
export function writeBigEndian(bytes: Uint8Array, at: number, size: number, value: number): void {
  let rest = value
  for (let i = at + size - 1; i >= at; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
}
