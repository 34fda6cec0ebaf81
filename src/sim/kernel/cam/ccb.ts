import { SCSI_CDB_BYTES } from '../../machine/datasheets/scsi.ts'
import type { MSG_ORDERED_Q_TAG } from '../../machine/datasheets/scsi-messages.ts'
import { MSG_SIMPLE_Q_TAG } from '../../machine/datasheets/scsi-messages.ts'
import type { Buf } from '../bufcache/buf.ts'
import type { Errno } from '../errno.ts'
import { OK } from '../errno.ts'
import type { MsfBuf } from '../msf-buf/msf-buf.ts'
import type { Xio } from '../xio.ts'

/**
 * What a request asks of a device. `capacity`: the small request with which its driver learns how large it is. `pass`: the
 * command that stands in `cdb`, in the device's own language.
 */
export type CamOperation = 'read' | 'write' | 'capacity' | 'pass'

/** Places in an adapter's queue: what is lower goes first. The recovery of errors comes before everything else. */
export const CAM_PRIORITY_DEV = 0
export const CAM_PRIORITY_NORMAL = 1

/** How the device may order a command among others. */
export type TagAction = typeof MSG_SIMPLE_Q_TAG | typeof MSG_ORDERED_Q_TAG

/** The forms that a CCB's data can have. */
export const CAM_DATA_NONE = 0
/** A kernel virtual address: the universal form in DragonFly. */
export const CAM_DATA_VADDR = 1
/** One physical address. */
export const CAM_DATA_PADDR = 2
/** A list of physical addresses. */
export const CAM_DATA_SG_PADDR = 3
/** An msf_buf: the form that the post asks for, as CAM_DATA_BIO later was in FreeBSD. */
export const CAM_DATA_MSF = 4
/** The page list of a buffer that is mapped nowhere, as FreeBSD's unmapped bio carries it. */
export const CAM_DATA_BIO = 5
export type CamDataForm = 0 | 1 | 2 | 3 | 4 | 5

/** Lets the current processor see a buffer that was entered without telling any processor (bkvasync). */
export type BufSync = (buf: Buf) => void

const NO_LIST = new Float64Array(0)

/** XPT_SCSI_IO: one request to a disk. */
export class Ccb {
  readonly id: number
  operation: CamOperation = 'read'
  sector = 0
  sectors = 0
  dataForm: CamDataForm = CAM_DATA_NONE
  /** Kernel virtual address of the data, in the form CAM_DATA_VADDR. */
  dataPtr = 0
  dxferLen = 0
  /** The data, in the form CAM_DATA_MSF. */
  msf: MsfBuf | null = null
  /** The data, in the form CAM_DATA_BIO. */
  xio: Xio | null = null
  /** Whoever touches the data at `dataPtr` calls this first, on each processor; null where nothing is to be done. */
  sync: BufSync | null = null
  /** Physical addresses and lengths of the data, in the forms CAM_DATA_PADDR (one) and CAM_DATA_SG_PADDR. */
  sgAddr: Float64Array = NO_LIST
  sgLen: Float64Array = NO_LIST
  sgCount = 0
  /** Of the operation `pass`: the command. SCSI: a CDB. ATA: command and log address. NVMe: opcode and dword 10. */
  readonly cdb = new Uint8Array(SCSI_CDB_BYTES)
  cdbLength = 0
  /** Of the operation `pass`: the data goes to the device. */
  passOut = false
  tagAction: TagAction = MSG_SIMPLE_Q_TAG
  priority = CAM_PRIORITY_NORMAL
  status: Errno = OK
  /** The status byte of a SCSI device; GOOD where the device speaks another language. */
  scsiStatus = 0
  /** Bytes that were not moved although the command ended well. */
  resid = 0
  /** Sense key and additional sense code of a command that ended with CHECK CONDITION; 0 and 0 otherwise. */
  senseKey = 0
  asc = 0
  ascq = 0
  /** Filemark, end of medium and wrong length, as in byte 2 of the sense data. */
  senseFlags = 0
  /** What the sense data say about a place or a rest, with a sign; 0 where they say nothing. */
  senseInformation = 0
  /** Times that the peripheral sends it again when it fails. */
  retries = 0
  /** Times that it may still wait until the device becomes ready. */
  patience = 0
  /** The completion of the peripheral that sent it; null: that of the disk. */
  cbfcnp: ((ccb: Ccb) => void) | null = null
  /** The buffer whose transfer this is; null for the peripheral's own requests. */
  buf: Buf | null = null
  next: Ccb | null = null

  constructor(id: number) {
    this.id = id
  }

  /** The data goes to the device. */
  get isOut(): boolean {
    return this.operation === 'write' || (this.operation === 'pass' && this.passOut)
  }

  /** What an earlier try left behind goes. */
  clearResult(): void {
    this.resid = 0
    this.scsiStatus = 0
    this.senseKey = 0
    this.asc = 0
    this.ascq = 0
    this.senseFlags = 0
    this.senseInformation = 0
  }

  /** There is no data. */
  useNothing(): void {
    this.msf = null
    this.dataForm = CAM_DATA_NONE
    this.dxferLen = 0
  }

  /** The data is a mapped buffer. */
  useBuffer(kva: number, bytes: number): void {
    this.msf = null
    this.sync = null
    this.dataForm = CAM_DATA_VADDR
    this.dataPtr = kva
    this.dxferLen = bytes
  }

  /** The data is what an msf_buf describes. */
  useMsfBuf(msf: MsfBuf): void {
    this.msf = msf
    this.dataForm = CAM_DATA_MSF
    this.dxferLen = msf.bytes
  }

  /** The data is what a page list describes. */
  usePageList(xio: Xio): void {
    this.msf = null
    this.xio = xio
    this.dataForm = CAM_DATA_BIO
    this.dxferLen = xio.bytes
  }

  /** The data lies at these physical addresses. Both arrays must stay as they are until the request is done. */
  usePhysical(addresses: Float64Array, lengths: Float64Array): void {
    this.msf = null
    this.dataForm = addresses.length === 1 ? CAM_DATA_PADDR : CAM_DATA_SG_PADDR
    this.sgAddr = addresses
    this.sgLen = lengths
    this.sgCount = addresses.length
    this.dxferLen = lengths.reduce((sum, bytes) => sum + bytes, 0)
  }
}
