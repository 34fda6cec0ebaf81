import {
  CDB10_BLOCKS,
  CDB10_LBA,
  CDB16_ALLOCATION,
  CDB16_BLOCKS,
  CDB16_LBA,
  CDB6_ALLOCATION,
  READ_CAPACITY_16_BYTES,
  SCSI_READ_10,
  SCSI_READ_16,
  SCSI_READ_CAPACITY_10,
  SCSI_READ_CAPACITY_16,
  SCSI_REQUEST_SENSE,
  SCSI_SERVICE_ACTION_IN_16,
  SCSI_WRITE_10,
  SCSI_WRITE_16,
  SENSE_ASC,
  SENSE_ASCQ,
  SENSE_BYTES,
  SENSE_FIXED,
  SENSE_INFORMATION,
  SENSE_KEY,
  SENSE_KEY_MASK,
  SENSE_VALID,
  cdbLength,
} from '../../machine/datasheets/scsi.ts'
import { readBigEndian, readBytes, writeBigEndian } from '../../machine/word-memory.ts'
import type { WordMemory } from '../../machine/word-memory.ts'
import type { DiskProtocol } from './capacity.ts'
import type { Ccb } from './ccb.ts'

/** The commands of the direct-access peripheral, after scsi_all.c and scsi_da.c. Each fills `cdb` and returns its length. */

/** READ (10) or WRITE (10) where block number and count fit, else the commands of 16 bytes. */
export function scsi_read_write(cdb: Uint8Array, write: boolean, sector: number, sectors: number): number {
  cdb.fill(0)
  if (sector <= 0xffffffff && sectors <= 0xffff) {
    cdb[0] = write ? SCSI_WRITE_10 : SCSI_READ_10
    writeBigEndian(cdb, CDB10_LBA, 4, sector)
    writeBigEndian(cdb, CDB10_BLOCKS, 2, sectors)
  } else {
    cdb[0] = write ? SCSI_WRITE_16 : SCSI_READ_16
    writeBigEndian(cdb, CDB16_LBA, 8, sector)
    writeBigEndian(cdb, CDB16_BLOCKS, 4, sectors)
  }
  return cdbLength(cdb[0])
}

export function scsi_read_capacity(cdb: Uint8Array): number {
  cdb.fill(0)
  cdb[0] = SCSI_READ_CAPACITY_10
  return cdbLength(SCSI_READ_CAPACITY_10)
}

export function scsi_read_capacity_16(cdb: Uint8Array): number {
  cdb.fill(0)
  cdb[0] = SCSI_SERVICE_ACTION_IN_16
  cdb[1] = SCSI_READ_CAPACITY_16
  writeBigEndian(cdb, CDB16_ALLOCATION, 4, READ_CAPACITY_16_BYTES)
  return cdbLength(SCSI_SERVICE_ACTION_IN_16)
}

export function scsi_request_sense(cdb: Uint8Array): number {
  cdb.fill(0)
  cdb[0] = SCSI_REQUEST_SENSE
  cdb[CDB6_ALLOCATION] = SENSE_BYTES
  return cdbLength(SCSI_REQUEST_SENSE)
}

/** The command for (a part of) a request. */
export function scsi_fill_cdb(
  cdb: Uint8Array,
  protocol: DiskProtocol,
  ccb: Ccb,
  sector: number,
  sectors: number,
): number {
  if (ccb.operation === 'pass') {
    cdb.fill(0)
    cdb.set(ccb.cdb)
    return ccb.cdbLength
  }
  if (ccb.operation !== 'capacity') return scsi_read_write(cdb, ccb.operation === 'write', sector, sectors)
  return protocol === 'scsi-10' ? scsi_read_capacity(cdb) : scsi_read_capacity_16(cdb)
}

/** Takes the sense data that an adapter left at `address` into the request; other formats than the fixed one leave it as it is. */
export function takeSense(memory: WordMemory, address: number, ccb: Ccb): void {
  readBytes(memory, address, senseBytes, SENSE_BYTES)
  if ((senseBytes[0]! & 0x7e) !== SENSE_FIXED) return
  ccb.senseKey = senseBytes[SENSE_KEY]! & SENSE_KEY_MASK
  ccb.senseFlags = senseBytes[SENSE_KEY]! & ~SENSE_KEY_MASK
  ccb.asc = senseBytes[SENSE_ASC]!
  ccb.ascq = senseBytes[SENSE_ASCQ]!
  const isValid = (senseBytes[0]! & SENSE_VALID) !== 0
  ccb.senseInformation = isValid ? readBigEndian(senseBytes, SENSE_INFORMATION, 4) | 0 : 0
}

const senseBytes = new Uint8Array(SENSE_BYTES)
