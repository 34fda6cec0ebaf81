import type { Errno } from '../errno.ts'
import { OK } from '../errno.ts'
import type { MsfBuf } from '../msf-buf/msf-buf.ts'

export type CamOperation = 'read' | 'write' | 'identify'

/**
 * XPT_SCSI_IO: one request to a disk. Its data is either a mapped kernel buffer (the form of every DragonFly CCB) or an
 * msf_buf (the form that the post asks for, as CAM_DATA_BIO later did in FreeBSD).
 */
export class Ccb {
  readonly id: number
  operation: CamOperation = 'read'
  sector = 0
  sectors = 0
  /** Kernel virtual address of the data, when `msf` is null. */
  dataPtr = 0
  dxferLen = 0
  msf: MsfBuf | null = null
  status: Errno = OK
  /** The buffer whose transfer this is; the peripheral's business. */
  bufId = -1
  next: Ccb | null = null

  constructor(id: number) {
    this.id = id
  }

  /** The data is a mapped buffer. */
  useBuffer(kva: number, bytes: number): void {
    this.msf = null
    this.dataPtr = kva
    this.dxferLen = bytes
  }

  /** The data is what an msf_buf describes. */
  useMsfBuf(msf: MsfBuf): void {
    this.msf = msf
    this.dxferLen = msf.bytes
  }
}
