import {
  ATA_IDENTIFY_DEVICE,
  ATA_IDENTIFY_DEVICE_DMA,
  ATA_LOG_BYTES,
  ATA_LOG_NCQ_ERROR,
  ATA_READ_LOG_DMA_EXT,
  ATA_READ_LOG_EXT,
  IDENTIFY_BYTES,
  IDENTIFY_ENABLED,
  IDENTIFY_MODEL,
  IDENTIFY_SECTORS_HIGH,
  IDENTIFY_SECTORS_LOW,
  IDENTIFY_WRITE_CACHE,
} from '../../machine/datasheets/ata.ts'
import { ISA_DISK_IDENTIFY, ISA_DISK_SENSE, ISA_SENSE_BYTES } from '../../machine/datasheets/isa-dma.ts'
import {
  NVME_GET_LOG_PAGE,
  NVME_IDENTIFY,
  NVME_IDENTIFY_BYTES,
  NVME_IDENTIFY_CONTROLLER,
  NVME_IDENTIFY_NAMESPACE,
  NVME_LOG_ERROR,
  NVME_LOG_ERROR_BYTES,
  NVME_MODEL,
  NVME_NSZE,
  NVME_VWC,
} from '../../machine/datasheets/nvme.ts'
import {
  INQUIRY_BYTES,
  MODE_DISABLE_BLOCK_DESCRIPTOR,
  MODE_PAGE_CACHING,
  MODE_PAGE_MASK,
  READ_CAPACITY_10_BYTES,
  READ_CAPACITY_16_BYTES,
  SCSI_INQUIRY,
  SCSI_MODE_SENSE_6,
  SCSI_READ_CAPACITY_10,
  SCSI_READ_CAPACITY_16,
  SCSI_REQUEST_SENSE,
  SCSI_SERVICE_ACTION_IN_16,
  SENSE_BYTES,
  SENSE_FIXED,
} from '../../machine/datasheets/scsi.ts'
import { readBigEndian } from '../../machine/word-memory.ts'
import type { DiskProtocol } from './capacity.ts'

/** A small command with its answer. */
export interface PassCommand {
  /** The command in the device's own language, as `Ccb.cdb` takes it. */
  readonly cdb: readonly number[]
  /** Bytes of the answer. */
  readonly bytes: number
  /** Whether an answer is that of a disk of the lab with so many sectors. */
  isRight(answer: Uint8Array, sectors: number): boolean
}

/** What each asks: who the device is, how large it is, how it works, and what went wrong last. */
export const INQUIRY = 0
export const READ_CAPACITY = 1
export const MODE_SENSE = 2
export const REQUEST_SENSE = 3
export const PASS_COMMANDS = 4

const VENDOR = 'DMALAB'
const MODE_BYTES = 24
/** All bytes of a log of ATA add up to a multiple of this. */
const CHECKSUM = 256

const scsiInquiry: PassCommand = {
  cdb: [SCSI_INQUIRY, 0, 0, 0, INQUIRY_BYTES, 0],
  bytes: INQUIRY_BYTES,
  isRight: (answer) => textAt(answer, 8, 0),
}
const scsiCapacity10: PassCommand = {
  cdb: [SCSI_READ_CAPACITY_10, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  bytes: READ_CAPACITY_10_BYTES,
  isRight: (answer, sectors) => readBigEndian(answer, 0, 4) === Math.min(sectors - 1, 0xffffffff),
}
const scsiCapacity16: PassCommand = {
  cdb: [
    SCSI_SERVICE_ACTION_IN_16,
    SCSI_READ_CAPACITY_16,
    ...[0, 0, 0, 0, 0, 0, 0, 0],
    ...[0, 0, 0, READ_CAPACITY_16_BYTES, 0, 0],
  ],
  bytes: READ_CAPACITY_16_BYTES,
  isRight: (answer, sectors) => readBigEndian(answer, 0, 8) === sectors - 1,
}
const scsiMode: PassCommand = {
  cdb: [SCSI_MODE_SENSE_6, MODE_DISABLE_BLOCK_DESCRIPTOR, MODE_PAGE_CACHING, 0, MODE_BYTES, 0],
  bytes: MODE_BYTES,
  isRight: (answer) => answer[0] === MODE_BYTES - 1 && (answer[4]! & MODE_PAGE_MASK) === MODE_PAGE_CACHING,
}
const scsiSense: PassCommand = {
  cdb: [SCSI_REQUEST_SENSE, 0, 0, 0, SENSE_BYTES, 0],
  bytes: SENSE_BYTES,
  isRight: (answer) => (answer[0]! & 0x7f) === SENSE_FIXED && answer[7] === SENSE_BYTES - 8,
}

const nvme: readonly PassCommand[] = [
  {
    cdb: [NVME_IDENTIFY, NVME_IDENTIFY_CONTROLLER],
    bytes: NVME_IDENTIFY_BYTES,
    isRight: (answer) => textAt(answer, NVME_MODEL, 0),
  },
  {
    cdb: [NVME_IDENTIFY, NVME_IDENTIFY_NAMESPACE],
    bytes: NVME_IDENTIFY_BYTES,
    isRight: (answer, sectors) =>
      littleEndian(answer, NVME_NSZE + 4) * 0x100000000 + littleEndian(answer, NVME_NSZE) === sectors,
  },
  {
    cdb: [NVME_IDENTIFY, NVME_IDENTIFY_CONTROLLER],
    bytes: NVME_IDENTIFY_BYTES,
    isRight: (answer) => textAt(answer, NVME_MODEL, 0) && (answer[NVME_VWC]! & 1) === 0,
  },
  {
    cdb: [NVME_GET_LOG_PAGE, NVME_LOG_ERROR],
    bytes: NVME_LOG_ERROR_BYTES,
    isRight: (answer) => answer.subarray(0, NVME_LOG_ERROR_BYTES).every((byte) => byte === 0),
  },
]

/**
 * The four small commands of each language, in the order of the numbers above. What is no SCSI device gets the commands with
 * which the translation of SCSI to its language (SAT, and NVMe's) finds the answers; a virtio disk takes CDBs in packets.
 */
export const PASS_COMMANDS_OF: Readonly<Record<DiskProtocol, readonly PassCommand[]>> = {
  scsi: [scsiInquiry, scsiCapacity16, scsiMode, scsiSense],
  'scsi-10': [scsiInquiry, scsiCapacity10, scsiMode, scsiSense],
  virtio: [scsiInquiry, scsiCapacity16, scsiMode, scsiSense],
  ata: [...identify(ATA_IDENTIFY_DEVICE_DMA), ataErrorLog(ATA_READ_LOG_DMA_EXT)],
  'ata-pio': [...identify(ATA_IDENTIFY_DEVICE), ataErrorLog(ATA_READ_LOG_EXT)],
  isa: [
    ...identify(ISA_DISK_IDENTIFY),
    {
      cdb: [ISA_DISK_SENSE],
      bytes: ISA_SENSE_BYTES,
      isRight: (answer) => answer[0] !== 0 || readBigEndian(answer, 1, 3) === 0,
    },
  ],
  nvme,
}

function identify(command: number): PassCommand[] {
  const withCheck = (isRight: PassCommand['isRight']): PassCommand => ({
    cdb: [command, 0],
    bytes: IDENTIFY_BYTES,
    isRight,
  })
  return [
    withCheck((answer) => textAt(answer, IDENTIFY_MODEL, 1)),
    withCheck(
      (answer, sectors) =>
        littleEndian(answer, IDENTIFY_SECTORS_HIGH) * 0x100000000 +
          littleEndian(answer, IDENTIFY_SECTORS_LOW) ===
        sectors,
    ),
    withCheck(
      (answer) =>
        textAt(answer, IDENTIFY_MODEL, 1) && (answer[IDENTIFY_ENABLED]! & IDENTIFY_WRITE_CACHE) === 0,
    ),
  ]
}

function ataErrorLog(command: number): PassCommand {
  return {
    cdb: [command, ATA_LOG_NCQ_ERROR],
    bytes: ATA_LOG_BYTES,
    isRight: (answer) => {
      let sum = 0
      for (let i = 0; i < ATA_LOG_BYTES; i++) sum += answer[i]!
      return sum > 0 && sum % CHECKSUM === 0
    },
  }
}

/** Whether the lab's name stands there. @param swap 1: with the characters of each word in the wrong order */
function textAt(answer: Uint8Array, at: number, swap: 0 | 1): boolean {
  for (let i = 0; i < VENDOR.length; i++) if (answer[at + (i ^ swap)] !== VENDOR.charCodeAt(i)) return false
  return true
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
