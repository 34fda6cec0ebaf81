import {
  ATA_LOG_BYTES,
  IDENTIFY_BYTES,
  IDENTIFY_MODEL,
  IDENTIFY_MODEL_BYTES,
  IDENTIFY_SECTORS_HIGH,
  IDENTIFY_SECTORS_LOW,
  NCQ_ERROR_NONE,
} from '../machine/datasheets/ata.ts'

/** The data of IDENTIFY DEVICE for a drive of `sectors` sectors, whose write cache is off. */
export function identifyData(sectors: number): Uint8Array {
  const bytes = new Uint8Array(IDENTIFY_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(IDENTIFY_SECTORS_LOW, sectors % 0x100000000, true)
  view.setUint32(IDENTIFY_SECTORS_HIGH, Math.floor(sectors / 0x100000000), true)
  const model = 'DMALAB DISK'.padEnd(IDENTIFY_MODEL_BYTES)
  for (let i = 0; i < IDENTIFY_MODEL_BYTES; i++) bytes[IDENTIFY_MODEL + (i ^ 1)] = model.charCodeAt(i)
  return bytes
}

/** The log of failed queued commands, without one in it: a command that fails here is reported where it failed. */
export function ncqErrorLog(): Uint8Array {
  const bytes = new Uint8Array(ATA_LOG_BYTES)
  bytes[0] = NCQ_ERROR_NONE
  bytes[ATA_LOG_BYTES - 1] = 0x100 - NCQ_ERROR_NONE
  return bytes
}
