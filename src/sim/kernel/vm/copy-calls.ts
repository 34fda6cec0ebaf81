import type { Machine } from '../../machine/machine.ts'
import { PAGE_MASK, PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { Errno } from '../errno.ts'
import { EFAULT, OK } from '../errno.ts'
import type { UserSpace } from './user-space.ts'

/** Copies by the processor, between kernel addresses and the user's: each moves all of its bytes or none. */
export class CopyCalls {
  private readonly machine: Machine
  private readonly counters: KernelCounters

  constructor(machine: Machine, counters: KernelCounters) {
    this.machine = machine
    this.counters = counters
  }

  /** Kernel to user. @returns OK, or EFAULT when the user may not write to all of the range */
  copyout(kva: number, space: UserSpace, uaddr: number, bytes: number): Errno {
    if (!this.faultIn(space, uaddr, bytes, true)) return EFAULT
    for (let at = 0; at < bytes;) {
      const count = Math.min(bytes - at, left(kva + at), left(uaddr + at))
      const to = this.userAddress(space, uaddr + at, true)
      this.machine.memory.copy(this.kernelAddress(kva + at, false), to, count)
      at += count
    }
    this.moved(Site.copyout, bytes)
    return OK
  }

  /** User to kernel. @returns OK, or EFAULT when the user may not read all of the range */
  copyin(space: UserSpace, uaddr: number, kva: number, bytes: number): Errno {
    if (!this.faultIn(space, uaddr, bytes, false)) return EFAULT
    for (let at = 0; at < bytes;) {
      const count = Math.min(bytes - at, left(kva + at), left(uaddr + at))
      const from = this.userAddress(space, uaddr + at, false)
      this.machine.memory.copy(from, this.kernelAddress(kva + at, true), count)
      at += count
    }
    this.moved(Site.copyin, bytes)
    return OK
  }

  /** Kernel to kernel. @throws SimulationFault for a hole, where the kernel panics */
  bcopy(from: number, to: number, bytes: number): void {
    for (let at = 0; at < bytes;) {
      const count = Math.min(bytes - at, left(from + at), left(to + at))
      this.machine.memory.copy(this.kernelAddress(from + at, false), this.kernelAddress(to + at, true), count)
      at += count
    }
    this.moved(Site.bcopy, bytes)
  }

  /** One byte to the user (subyte). @returns OK or EFAULT */
  subyte(space: UserSpace, uaddr: number, value: number): Errno {
    const frame = space.vm_fault_quick(uaddr, true)
    if (frame < 0) return EFAULT
    this.storeByte(frame * PAGE_SIZE + (uaddr & PAGE_MASK), value)
    return OK
  }

  /** One byte to a kernel address. */
  storeKernelByte(kva: number, value: number): void {
    this.storeByte(this.kernelAddress(kva, true), value)
  }

  private storeByte(address: number, value: number): void {
    if (this.machine.memory.holdsData) this.machine.memory.bytesAt(address, 1)[0] = value
  }

  private faultIn(space: UserSpace, uaddr: number, bytes: number, write: boolean): boolean {
    for (let at = 0; at < bytes; at += left(uaddr + at)) {
      if (space.pmap_extract(uaddr + at) < 0)
        this.machine.charge(Site.vm_fault, this.machine.cost.interrupt + this.machine.cost.pageAlloc)
      if (space.vm_fault_quick(uaddr + at, write) < 0) return false
    }
    return true
  }

  /** Physical address of a user's byte whose page was faulted in. */
  private userAddress(space: UserSpace, uaddr: number, write: boolean): number {
    const frame = space.vm_fault_quick(uaddr, write)
    this.machine.sanitizer?.checkAccess(frame, -1, write)
    return frame * PAGE_SIZE + (uaddr & PAGE_MASK)
  }

  private kernelAddress(kva: number, write: boolean): number {
    const physical = this.machine.translate(kva, write)
    if (physical < 0) throw new SimulationFault(`page fault in the kernel at 0x${kva.toString(16)}`)
    return physical
  }

  private moved(site: number, bytes: number): void {
    this.machine.chargeBytes(site, this.machine.cost.copyPerByte, bytes)
    this.counters.bytesCopied += bytes
  }
}

/** Bytes from an address to the end of its page. */
function left(address: number): number {
  return PAGE_SIZE - (address & PAGE_MASK)
}
