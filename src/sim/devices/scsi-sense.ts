import {
  SENSE_ADDITIONAL_LENGTH,
  SENSE_ASC,
  SENSE_ASCQ,
  SENSE_BYTES,
  SENSE_FIXED,
  SENSE_INFORMATION,
  SENSE_KEY,
  SENSE_VALID,
} from '../machine/datasheets/scsi.ts'
import { writeBigEndian } from '../machine/word-memory.ts'

/**
 * Writes sense data of fixed format.
 * @param key sense key, with the flags for tapes beside it @param asc additional sense code and, in bits 8 to 15, its qualifier
 * @param information place or rest, with a sign; null for none, or one that 32 bits do not hold
 */
export function writeSense(bytes: Uint8Array, key: number, asc: number, information: number | null): void {
  const isValid = information !== null && information >= -0x80000000 && information <= 0xffffffff
  bytes[0] = SENSE_FIXED | (isValid ? SENSE_VALID : 0)
  bytes[SENSE_KEY] = key
  writeBigEndian(bytes, SENSE_INFORMATION, 4, isValid ? information >>> 0 : 0)
  bytes[SENSE_ADDITIONAL_LENGTH] = SENSE_BYTES - 8
  bytes[SENSE_ASC] = asc & 0xff
  bytes[SENSE_ASCQ] = asc >>> 8
}
