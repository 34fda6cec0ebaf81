import {
  ISA_ADDRESS_PORTS,
  ISA_CASCADE_CHANNEL,
  ISA_CHANNELS,
  ISA_COUNT_PORTS,
  ISA_FLIP_FLOP_PORTS,
  ISA_HIGHEST,
  ISA_MASK_PORTS,
  ISA_MASK_SET,
  ISA_MODE_FROM_MEMORY,
  ISA_MODE_PORTS,
  ISA_MODE_SINGLE,
  ISA_MODE_TO_MEMORY,
  ISA_PAGE_PORTS,
  isaUnit,
  isaWindow,
} from '../machine/datasheets/isa-dma.ts'
import type { IsaDmaPorts } from '../machine/datasheets/isa-dma.ts'
import type { Machine } from '../machine/machine.ts'
import { DMAP_BASE } from '../machine/page-table.ts'
import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../machine/page.ts'
import { Site } from './call-sites.ts'
import type { KernelCounters } from './counters.ts'
import type { Errno } from './errno.ts'
import { EBUSY, EFAULT, EINVAL, ENOMEM, OK } from './errno.ts'
import type { PageAllocator } from './vm/page-allocator.ts'
import type { Pmap } from './vm/pmap.ts'

/** Pages of the longest transfer: 128 KiB that begin inside a page. */
const MAX_PAGES = 33

/** One channel: its bounce buffer, and the transfer under way. */
class Channel {
  acquired = false
  /** First page frame and bytes of the bounce buffer; none when `bounceBytes` is 0. */
  bounceFrame = 0
  bounceBytes = 0
  busy = false
  bounced = false
  write = false
  bytes = 0
  offset = 0
  /** Address of the data as the processor reaches it; -1 for a page list. */
  va = -1
  readonly frames = new Int32Array(MAX_PAGES)
}

export interface IsaDmaParts {
  readonly machine: Machine
  readonly pmap: Pmap
  readonly pages: PageAllocator
  readonly counters: KernelCounters
}

/**
 * DMA through the PC's own controllers, as DragonFly did it in 2004 (isa_dma.c): no BUSDMA, but one contiguous bounce buffer
 * for each channel, for every transfer that the controller could not reach in one go. Where that kernel panics, these calls
 * report a violation and return an errno.
 */
export class IsaDma {
  private readonly machine: Machine
  private readonly pmap: Pmap
  private readonly pages: PageAllocator
  private readonly counters: KernelCounters
  private readonly ports: IsaDmaPorts
  private readonly channels = Array.from({ length: ISA_CHANNELS }, () => new Channel())

  constructor(parts: IsaDmaParts, ports: IsaDmaPorts) {
    this.machine = parts.machine
    this.pmap = parts.pmap
    this.pages = parts.pages
    this.counters = parts.counters
    this.ports = ports
  }

  /**
   * Gives a channel its bounce buffer, below 16 MiB and within one window.
   * @returns OK; EINVAL for a channel or size that cannot be; EBUSY when it has one; ENOMEM
   */
  isa_dma_init(chan: number, bouncebufsize: number): Errno {
    const channel = this.channels[chan]
    if (channel === undefined || chan === ISA_CASCADE_CHANNEL) return EINVAL
    if (!(bouncebufsize > 0 && bouncebufsize <= isaWindow(chan))) return EINVAL
    if (channel.bounceBytes !== 0) return EBUSY
    const count = Math.ceil(bouncebufsize / PAGE_SIZE)
    const first = this.pages.contigmalloc(count, 0, ISA_HIGHEST, PAGE_SIZE, isaWindow(chan))
    if (first < 0) return ENOMEM
    channel.bounceFrame = first
    channel.bounceBytes = bouncebufsize
    return OK
  }

  /** Takes a channel for a driver. @returns OK, EBUSY when another has it, EINVAL for one that does not exist */
  isa_dma_acquire(chan: number): Errno {
    const channel = this.channels[chan]
    if (channel === undefined || chan === ISA_CASCADE_CHANNEL) return EINVAL
    if (channel.acquired) return EBUSY
    channel.acquired = true
    return OK
  }

  /** @returns OK, EINVAL for a channel that nobody has, EBUSY during a transfer */
  isa_dma_release(chan: number): Errno {
    const channel = this.channels[chan]
    if (channel === undefined || !channel.acquired) return EINVAL
    if (channel.busy) return EBUSY
    channel.acquired = false
    return OK
  }

  /**
   * Starts a transfer of mapped data. @param write from memory to the device
   * @returns OK; EINVAL: channel not acquired, or a length or address that it cannot do; EBUSY during another; EFAULT for a
   * hole; ENOMEM: the data must bounce, and the bounce buffer is missing or too small
   */
  isa_dmastart(write: boolean, va: number, nbytes: number, chan: number): Errno {
    const channel = this.channels[chan]
    if (channel === undefined) return EINVAL
    const error = this.check(channel, va, nbytes, chan)
    if (error !== OK) return error
    channel.va = va
    channel.offset = va % PAGE_SIZE
    const count = (channel.offset + nbytes + PAGE_MASK) >>> PAGE_SHIFT
    for (let i = 0; i < count; i++) {
      const physical = this.pmap.pmap_kextract(va - channel.offset + i * PAGE_SIZE)
      if (physical < 0) return this.violation(EFAULT, `no page behind 0x${va.toString(16)}+${nbytes}`)
      channel.frames[i] = physical / PAGE_SIZE
    }
    return this.start(channel, write, nbytes, chan)
  }

  /** Starts a transfer of data in a page list, from byte `offset` of its pages on. Results as of isa_dmastart. */
  isa_dmastart_pages(
    write: boolean,
    pages: Int32Array,
    npages: number,
    offset: number,
    nbytes: number,
    chan: number,
  ): Errno {
    const channel = this.channels[chan]
    if (channel === undefined || offset + nbytes > npages * PAGE_SIZE) return EINVAL
    const error = this.check(channel, offset, nbytes, chan)
    if (error !== OK) return error
    const first = offset >>> PAGE_SHIFT
    channel.va = -1
    channel.offset = offset & PAGE_MASK
    const count = (channel.offset + nbytes + PAGE_MASK) >>> PAGE_SHIFT
    for (let i = 0; i < count; i++) channel.frames[i] = pages[first + i]!
    return this.start(channel, write, nbytes, chan)
  }

  /** Whether the transfer under way goes through the bounce buffer. */
  isBounced(chan: number): boolean {
    return this.channels[chan]!.bounced
  }

  /** Ends a transfer: masks the channel, and brings bounced data home. */
  isa_dmadone(chan: number): void {
    const channel = this.channels[chan]
    if (channel === undefined || !channel.busy) return
    this.machine.accounting.enter(Site.isa_dmadone)
    this.ports.outb(ISA_MASK_PORTS[chan >> 2]!, (chan & 3) | ISA_MASK_SET)
    if (channel.bounced && !channel.write) this.bounce(channel)
    channel.busy = false
    channel.bounced = false
    this.machine.accounting.leave()
  }

  /**
   * Whether a transfer needs the bounce buffer: a page beyond 16 MiB, a page that does not follow the one before, or two
   * neighbours in different windows. Looks at whole pages.
   */
  isa_dmarangecheck(frames: Int32Array, count: number, chan: number): boolean {
    const pagesOfWindow = isaWindow(chan) / PAGE_SIZE
    this.machine.charge(Site.isa_dmastart, count * this.machine.cost.busdmaPerPage)
    for (let i = 0; i < count; i++) {
      const frame = frames[i]!
      if (frame * PAGE_SIZE > ISA_HIGHEST) return true
      if (i > 0 && (frame !== frames[i - 1]! + 1 || frame % pagesOfWindow === 0)) return true
    }
    return false
  }

  private check(channel: Channel, address: number, nbytes: number, chan: number): Errno {
    if (!channel.acquired) return this.violation(EINVAL, `channel ${chan} is not acquired`)
    if (channel.busy) return this.violation(EBUSY, `channel ${chan} is busy`)
    const isOdd = isaUnit(chan) === 2 && (address % 2 !== 0 || nbytes % 2 !== 0)
    if (!(nbytes > 0 && nbytes <= isaWindow(chan)) || isOdd)
      return this.violation(EINVAL, `channel ${chan} cannot move 0x${address.toString(16)}+${nbytes}`)
    return OK
  }

  private start(channel: Channel, write: boolean, nbytes: number, chan: number): Errno {
    this.machine.accounting.enter(Site.isa_dmastart)
    const error = this.prepare(channel, write, nbytes, chan)
    if (error === OK) this.program(channel, chan)
    this.machine.accounting.leave()
    return error
  }

  private prepare(channel: Channel, write: boolean, nbytes: number, chan: number): Errno {
    const count = (channel.offset + nbytes + PAGE_MASK) >>> PAGE_SHIFT
    const bounces = this.isa_dmarangecheck(channel.frames, count, chan)
    if (bounces && channel.bounceBytes < nbytes)
      return this.violation(
        ENOMEM,
        `channel ${chan} must bounce ${nbytes} bytes and has a bounce buffer of ${channel.bounceBytes}`,
      )
    channel.busy = true
    channel.bounced = bounces
    channel.write = write
    channel.bytes = nbytes
    if (bounces && write) this.bounce(channel)
    return OK
  }

  /** Writes the registers; the mask is lifted last. */
  private program(channel: Channel, chan: number): void {
    const { ports, machine } = this
    const controller = chan >> 2
    const address = channel.bounced
      ? channel.bounceFrame * PAGE_SIZE
      : channel.frames[0]! * PAGE_SIZE + channel.offset
    const units = address / isaUnit(chan)
    const last = channel.bytes / isaUnit(chan) - 1
    const direction = channel.write ? ISA_MODE_FROM_MEMORY : ISA_MODE_TO_MEMORY
    ports.outb(ISA_MASK_PORTS[controller]!, (chan & 3) | ISA_MASK_SET)
    ports.outb(ISA_MODE_PORTS[controller]!, ISA_MODE_SINGLE | direction | (chan & 3))
    ports.outb(ISA_FLIP_FLOP_PORTS[controller]!, 0)
    ports.outb(ISA_ADDRESS_PORTS[chan]!, units)
    ports.outb(ISA_ADDRESS_PORTS[chan]!, units >>> 8)
    ports.outb(ISA_PAGE_PORTS[chan]!, address >>> 16)
    ports.outb(ISA_COUNT_PORTS[chan]!, last)
    ports.outb(ISA_COUNT_PORTS[chan]!, last >>> 8)
    ports.outb(ISA_MASK_PORTS[controller]!, chan & 3)
    machine.charge(Site.isa_dmastart, machine.cost.driverCommand)
  }

  /** Copies between the data and the bounce buffer, page by page. */
  private bounce(channel: Channel): void {
    const { machine, counters } = this
    const base = channel.bounceFrame * PAGE_SIZE
    for (let at = 0; at < channel.bytes;) {
      const place = channel.offset + at
      const count = Math.min(channel.bytes - at, PAGE_SIZE - (place & PAGE_MASK))
      const client =
        channel.va >= 0
          ? channel.va + at
          : DMAP_BASE + channel.frames[place >>> PAGE_SHIFT]! * PAGE_SIZE + (place & PAGE_MASK)
      const physical = machine.translate(client, !channel.write)
      if (channel.write) machine.memory.copy(physical, base + at, count)
      else machine.memory.copy(base + at, physical, count)
      at += count
    }
    counters.bytesBounced += channel.bytes
    counters.bytesCopied += channel.bytes
    machine.chargeBytes(Site['bounce copy'], machine.cost.bounceCopyPerByte, channel.bytes)
  }

  /** What makes the kernel panic. */
  private violation(error: Errno, message: string): Errno {
    this.machine.sanitizer?.report('bad-descriptor', 'isa_dmastart', () => `ISA DMA: ${message}`)
    return error
  }
}
