import type { Buf } from '../bufcache/buf.ts'
import type { Errno } from '../errno.ts'
import { OK } from '../errno.ts'
import type { MsfBuf } from '../msf-buf/msf-buf.ts'
import type { Xio } from '../xio.ts'

/** What a request asks of a disk. `capacity`: the small request that tells how large it is. */
export type CamOperation = 'read' | 'write' | 'capacity'

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
  status: Errno = OK
  /** Bytes that were not moved although the command ended well. */
  resid = 0
  /** Sense key and additional sense code of a command that ended with CHECK CONDITION; 0 and 0 otherwise. */
  senseKey = 0
  asc = 0
  /** Times that the peripheral sends it again when it fails. */
  retries = 0
  /** The buffer whose transfer this is; null for the peripheral's own requests. */
  buf: Buf | null = null
  next: Ccb | null = null

  constructor(id: number) {
    this.id = id
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
