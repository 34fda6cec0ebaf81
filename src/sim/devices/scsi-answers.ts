import {
  INQUIRY_BYTES,
  MODE_DISABLE_BLOCK_DESCRIPTOR,
  MODE_PAGE_CACHING,
  READ_CAPACITY_10_BYTES,
  READ_CAPACITY_16_BYTES,
} from '../machine/datasheets/scsi.ts'
import { SECTOR_SIZE } from '../machine/page.ts'
import { writeBigEndian } from '../machine/word-memory.ts'

const MAX_32 = 0xffffffff

/** Standard INQUIRY data of a disk: direct access, SPC-2, takes tagged commands. */
export function inquiryData(): Uint8Array {
  const bytes = new Uint8Array(INQUIRY_BYTES)
  bytes.set([0x00, 0x00, 0x04, 0x02, INQUIRY_BYTES - 5, 0, 0, 0x02])
  putText(bytes, 8, 8, 'DMALAB')
  putText(bytes, 16, 16, 'DISK')
  putText(bytes, 32, 4, '1')
  return bytes
}

/** READ CAPACITY (10): the last block, all ones when that needs more than 32 bits, and the size of a block. */
export function capacity10(sectors: number): Uint8Array {
  const bytes = new Uint8Array(READ_CAPACITY_10_BYTES)
  writeBigEndian(bytes, 0, 4, Math.min(sectors - 1, MAX_32))
  writeBigEndian(bytes, 4, 4, SECTOR_SIZE)
  return bytes
}

/** READ CAPACITY (16). */
export function capacity16(sectors: number): Uint8Array {
  const bytes = new Uint8Array(READ_CAPACITY_16_BYTES)
  writeBigEndian(bytes, 0, 8, sectors - 1)
  writeBigEndian(bytes, 8, 4, SECTOR_SIZE)
  return bytes
}

/** MODE SENSE (6): header, one block descriptor unless byte 1 of the CDB forbids it, and the caching page. */
export function modeData(sectors: number, flags: number): Uint8Array {
  const descriptor = (flags & MODE_DISABLE_BLOCK_DESCRIPTOR) !== 0 ? 0 : 8
  const bytes = new Uint8Array(4 + descriptor + CACHING_PAGE_BYTES)
  bytes[0] = bytes.length - 1
  bytes[3] = descriptor
  if (descriptor > 0) {
    writeBigEndian(bytes, 5, 3, Math.min(sectors, 0xffffff))
    writeBigEndian(bytes, 9, 3, SECTOR_SIZE)
  }
  bytes[4 + descriptor] = MODE_PAGE_CACHING
  bytes[5 + descriptor] = CACHING_PAGE_BYTES - 2
  return bytes
}

const CACHING_PAGE_BYTES = 20

function putText(bytes: Uint8Array, at: number, width: number, text: string): void {
  for (let i = 0; i < width; i++) bytes[at + i] = i < text.length ? text.charCodeAt(i) : 0x20
}
