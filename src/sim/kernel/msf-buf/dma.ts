import type { Machine } from '../../machine/machine.ts'
import type { BusDmaTag } from '../busdma/tag.ts'
import { Site } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { EBUSY, EINPROGRESS, EINVAL, OK } from '../errno.ts'
import type { DmaBindings, DmaReady } from './dma-binding.ts'
import type { MsfBuf } from './msf-buf.ts'
import { MSF_BOUNCED } from './msf-counts.ts'
import type { MsfBufCalls } from './post.ts'

/** The calls "with address restrictions" that the post announces: an msf_buf as a device sees it. */
export class MsfDmaCalls {
  private readonly machine: Machine
  private readonly msfs: MsfBufCalls
  private readonly bindings: DmaBindings

  constructor(machine: Machine, msfs: MsfBufCalls, bindings: DmaBindings) {
    this.machine = machine
    this.msfs = msfs
    this.bindings = bindings
  }

  /**
   * Makes sure that the data is a list of segments that a device can reach under a tag, in `msf.dma`: makes the page list if
   * there is none, and bounces the pages that are out of reach, and no others. Nothing happens when it is loaded under this
   * tag already; a load under another tag ends first.
   * @param ready called once a deferred load is complete (OK) or failed (the load is then undone)
   * @returns OK; EINPROGRESS: waiting for bounce pages; EFBIG: more segments than the device takes; EBUSY: an earlier load
   * waits; EINVAL: a released msf_buf; EFAULT: part of the buffer is not mapped; ENOMEM: the tag can have no bounce pages.
   * After an error there is no load, and a page list made for it stays until msf_release.
   */
  msf_require_dma(msf: MsfBuf, tag: BusDmaTag, ready: DmaReady<MsfBuf>): Errno {
    if (msf.dma !== null) {
      if (msf.dma.state === EINPROGRESS) return EBUSY
      if (msf.dma.tag === tag) return OK
    }
    this.machine.accounting.enter(Site.msf_require_dma)
    const error = this.load(msf, tag, ready)
    this.machine.accounting.leave()
    return error
  }

  /**
   * Copies between the data and its bounce pages before or after a transfer (BUS_DMASYNC_ bits).
   * @returns OK, or EINVAL without a completed msf_require_dma
   */
  msf_sync(msf: MsfBuf, op: number): Errno {
    if (msf.dma === null || msf.dma.state !== OK) return EINVAL
    this.bindings.sync(msf.dma, op)
    return OK
  }

  private load(msf: MsfBuf, tag: BusDmaTag, ready: DmaReady<MsfBuf>): Errno {
    const unlisted = this.msfs.msf_require_xio(msf)
    if (unlisted !== OK) return unlisted
    const binding = this.bindings.take(tag)
    if (typeof binding === 'number') return binding
    if (msf.dma !== null) {
      this.bindings.release(msf.dma)
      msf.dma = null
    }
    const error = this.bindings.load(binding, msf, ready)
    if (error === OK || error === EINPROGRESS) {
      msf.dma = binding
      if (error === EINPROGRESS || binding.map.bpagesCount > 0)
        this.msfs.counters.msf.count(MSF_BOUNCED, msf.owner)
    } else this.bindings.release(binding)
    return error
  }
}
