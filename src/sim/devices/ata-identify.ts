import { IDENTIFY_BYTES, IDENTIFY_SECTORS_HIGH, IDENTIFY_SECTORS_LOW } from '../machine/datasheets/ata.ts'

/** The data of IDENTIFY DEVICE for a drive of `sectors` sectors. */
export function identifyData(sectors: number): Uint8Array {
  const bytes = new Uint8Array(IDENTIFY_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(IDENTIFY_SECTORS_LOW, sectors % 0x100000000, true)
  view.setUint32(IDENTIFY_SECTORS_HIGH, Math.floor(sectors / 0x100000000), true)
  return bytes
}
