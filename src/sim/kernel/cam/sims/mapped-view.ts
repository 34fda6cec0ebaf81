import { SimulationFault } from '../../../machine/physical-memory.ts'
import type { Machine } from '../../../machine/machine.ts'
import { DMAP_BASE } from '../../../machine/page-table.ts'
import { PAGE_SIZE } from '../../../machine/page.ts'
import type { Errno } from '../../errno.ts'
import { EINVAL, OK } from '../../errno.ts'
import { MsfBuf } from '../../msf-buf/msf-buf.ts'
import { MsfOwner } from '../../msf-buf/msf-counts.ts'
import type { MsfBufCalls } from '../../msf-buf/post.ts'
import type { Xio } from '../../xio.ts'
import { CAM_DATA_BIO, CAM_DATA_MSF, CAM_DATA_VADDR } from '../ccb.ts'
import type { Ccb } from '../ccb.ts'

/**
 * The addresses that a driver without a DMA engine needs, from a CCB in any form but physical addresses. What is mapped already
 * is used as it is. A plain page list that nobody has mapped comes from a kernel with all memory in its direct map, where the
 * driver finds each page by itself. For an msf_buf with a page list the driver embeds an msf_buf of its own, made from the CCB's list, so that it can release what it made
 * the kernel map as soon as the data has moved; the CCB's msf_buf stays as its owner left it.
 */
export class MappedView {
  private readonly machine: Machine
  private readonly msfs: MsfBufCalls
  private readonly own = new MsfBuf(MsfOwner.driver)

  constructor(machine: Machine, msfs: MsfBufCalls) {
    this.machine = machine
    this.msfs = msfs
  }

  /** Address of the data's first byte, where all of it is mapped in one piece. */
  private kva = 0
  /** The data in the direct map; null where it is mapped in one piece. */
  private list: Xio | null = null

  /** Address of byte `at` of the data, once `require` said OK. */
  address(at: number): number {
    if (this.list === null) return this.kva + at
    const place = this.list.offset + at
    return DMAP_BASE + this.list.page(Math.floor(place / PAGE_SIZE)) * PAGE_SIZE + (place % PAGE_SIZE)
  }

  /** How many of `bytes` from byte `at` on lie at addresses that follow one another. */
  run(at: number, bytes: number): number {
    return this.list === null ? bytes : Math.min(bytes, PAGE_SIZE - ((this.list.offset + at) % PAGE_SIZE))
  }

  /**
   * Makes sure that the current processor may touch the data of a CCB. Cheap when it may already.
   * @returns OK; ENOMEM while no KVA is left: try again later; EINVAL for data in a form without a mapping
   */
  require(ccb: Ccb): Errno {
    this.list = ccb.dataForm === CAM_DATA_BIO ? ccb.xio : null
    if (this.list !== null) return OK
    if (ccb.dataForm === CAM_DATA_VADDR) {
      ccb.sync?.(ccb.buf!)
      this.kva = ccb.dataPtr
      return OK
    }
    if (ccb.dataForm !== CAM_DATA_MSF) return EINVAL
    const msf = ccb.msf!
    return msf.isMapped || msf.xio === null ? this.use(msf) : this.useOwn(msf)
  }

  /** The data has moved, or will not: undoes what `require` did. */
  release(): void {
    if (this.own.isFree) return
    const error = this.msfs.msf_release(this.own)
    if (error !== OK) throw new SimulationFault(`msf_release failed with errno ${error}`)
  }

  private useOwn(msf: MsfBuf): Errno {
    const { own } = this
    if (own.isFree) {
      const made = this.msfs.msf_create_from_xio(own, msf.xio!)
      if (typeof made === 'number') return made
      this.msfs.recreated(own)
    }
    return this.use(own)
  }

  private use(msf: MsfBuf): Errno {
    const isEntered = msf.slot >= 0 && msf.cpus.has(this.machine.cpu.id)
    const error = isEntered ? OK : this.msfs.msf_require_buf(msf)
    this.kva = msf.kva
    return error
  }
}
