import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { OK } from '../errno.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import type { UserSpace } from '../vm/user-space.ts'
import type { XioCalls } from '../xio.ts'
import { XIOF_READ, XIOF_WRITE } from '../xio.ts'
import type { Buf } from './buf.ts'
import { B_READ } from './buf.ts'

export interface VmapbufParts {
  readonly machine: Machine
  readonly xios: XioCalls
  readonly path: IoPathHooks
}

/**
 * vmapbuf: gives a pbuf a user's pages for a transfer of its b_bcount bytes in the direction of its B_READ. They are faulted in
 * and held; whether they are mapped, or passed on as a list, is the path's affair.
 * @returns OK, or EFAULT when the user has no such right to all of them; then none is held
 */
export function vmapbuf(parts: VmapbufParts, pbuf: Buf, space: UserSpace, uaddr: number): Errno {
  const { machine, xios, path } = parts
  machine.accounting.enter(Site.vmapbuf)
  const access = (pbuf.b_flags & B_READ) !== 0 ? XIOF_WRITE : XIOF_READ
  const error = xios.xio_init_ubuf(pbuf.b_xio, space, uaddr, pbuf.b_bcount, access)
  if (error === OK) path.newBuffer(pbuf)
  machine.accounting.leave()
  return error
}

/** vunmapbuf: undoes vmapbuf once the transfer has ended. */
export function vunmapbuf(parts: VmapbufParts, pbuf: Buf): void {
  const { machine, xios, path } = parts
  machine.accounting.enter(Site.vunmapbuf)
  path.reuse(pbuf)
  xios.xio_release(pbuf.b_xio)
  machine.accounting.leave()
}
