import {
  NVME_IDENTIFY_BYTES,
  NVME_LBAF0,
  NVME_MODEL,
  NVME_MODEL_BYTES,
  NVME_NCAP,
  NVME_NSZE,
  NVME_NUSE,
} from '../machine/datasheets/nvme.ts'

const SECTOR_SIZE_LOG2 = 9

/** The data of IDENTIFY for a namespace of `sectors` sectors. */
export function identifyNamespace(sectors: number): Uint8Array {
  const bytes = new Uint8Array(NVME_IDENTIFY_BYTES)
  const view = new DataView(bytes.buffer)
  for (const field of [NVME_NSZE, NVME_NCAP, NVME_NUSE]) {
    view.setUint32(field, sectors % 0x100000000, true)
    view.setUint32(field + 4, Math.floor(sectors / 0x100000000), true)
  }
  view.setUint32(NVME_LBAF0, SECTOR_SIZE_LOG2 << 16, true)
  return bytes
}

/** The data of IDENTIFY for the controller, which has no volatile write cache. */
export function identifyController(): Uint8Array {
  const bytes = new Uint8Array(NVME_IDENTIFY_BYTES)
  const model = 'DMALAB DISK'.padEnd(NVME_MODEL_BYTES)
  for (let i = 0; i < NVME_MODEL_BYTES; i++) bytes[NVME_MODEL + i] = model.charCodeAt(i)
  return bytes
}
