import { IDENTIFY_BYTES, IDENTIFY_SECTORS_HIGH, IDENTIFY_SECTORS_LOW } from '../../machine/datasheets/ata.ts'
import { NVME_IDENTIFY_BYTES } from '../../machine/datasheets/nvme.ts'
import { READ_CAPACITY_10_BYTES, READ_CAPACITY_16_BYTES } from '../../machine/datasheets/scsi.ts'

/**
 * The language that an adapter's disk speaks. `scsi-10`: through an adapter that takes no CDB of 16 bytes. `ata-pio`: with the
 * data through the data register. `isa`: that of the disks before ATA.
 */
export type DiskProtocol = 'ata' | 'ata-pio' | 'isa' | 'scsi' | 'scsi-10' | 'nvme' | 'virtio'

const IDENTIFY = {
  bytes: IDENTIFY_BYTES,
  sectorsIn: (word: (offset: number) => number): number =>
    word(IDENTIFY_SECTORS_HIGH) * 0x100000000 + word(IDENTIFY_SECTORS_LOW),
}

/** How each tells its size: the bytes of the answer, and where the number of sectors stands in it. */
export const CAPACITY_ANSWERS: Readonly<
  Record<
    DiskProtocol,
    { readonly bytes: number; readonly sectorsIn: (word: (offset: number) => number) => number }
  >
> = {
  ata: IDENTIFY,
  'ata-pio': IDENTIFY,
  isa: IDENTIFY,
  // READ CAPACITY (16) names the last block, in big-endian order.
  scsi: {
    bytes: READ_CAPACITY_16_BYTES,
    sectorsIn: (word) => swapped(word(0)) * 0x100000000 + swapped(word(4)) + 1,
  },
  'scsi-10': { bytes: READ_CAPACITY_10_BYTES, sectorsIn: (word) => swapped(word(0)) + 1 },
  nvme: { bytes: NVME_IDENTIFY_BYTES, sectorsIn: (word) => word(4) * 0x100000000 + word(0) },
  virtio: { bytes: 8, sectorsIn: (word) => word(4) * 0x100000000 + word(0) },
}

function swapped(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}
