import type { Machine } from '../../machine/machine.ts'
import { DMAP_BASE } from '../../machine/page-table.ts'
import { PAGE_MASK, PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { MBUF_PAGES_BASE } from '../busdma/mbuf.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { PageWindow } from '../sf-buf/page-window.ts'
import type { PageAllocator } from '../vm/page-allocator.ts'
import { MCLBYTES, Mbuf } from './mbuf.ts'
import type { ExtFree } from './mbuf.ts'

const CLUSTERS_PER_PAGE = PAGE_SIZE / MCLBYTES

/**
 * Packets and their clusters (m_getcl, m_extadd, m_freem, m_defrag): a fixed number of clusters, two to a wired page, which
 * the kernel reaches through its direct map. Nobody waits: a call without a cluster left says so.
 */
export class MbufPool {
  private readonly machine: Machine
  private readonly counters: KernelCounters
  private readonly pages: Int32Array
  private readonly freeClusters: Int32Array
  private freeCount: number
  private readonly spare: Mbuf[] = []
  private readonly piece = new Uint8Array(PAGE_SIZE)
  private readonly window: PageWindow | null

  /**
   * @param window how the processor looks at pages that mbufs carry unmapped; null: there are none
   * @throws SimulationFault when memory is too small for so many clusters
   */
  constructor(
    machine: Machine,
    counters: KernelCounters,
    pages: PageAllocator,
    clusters: number,
    window: PageWindow | null = null,
  ) {
    this.window = window
    this.machine = machine
    this.counters = counters
    this.pages = Int32Array.from({ length: Math.ceil(clusters / CLUSTERS_PER_PAGE) }, () => pages.alloc())
    if (this.pages.includes(-1)) throw new SimulationFault('no memory for mbuf clusters')
    this.freeClusters = Int32Array.from({ length: clusters }, (_, i) => clusters - 1 - i)
    this.freeCount = clusters
  }

  /** Clusters not in use. */
  get free(): number {
    return this.freeCount
  }

  /** A packet without data (m_gethdr). */
  m_gethdr(): Mbuf {
    const packet = this.spare.pop() ?? new Mbuf()
    packet.inUse = true
    return packet
  }

  /**
   * Appends an mbuf with a fresh cluster, of which `bytes` bytes from byte `offset` on are data.
   * @returns its address, or -1 when no cluster is left (ENOBUFS)
   */
  m_getcl(packet: Mbuf, bytes: number, offset = 0): number {
    if (!(bytes >= 0 && offset >= 0 && offset + bytes <= MCLBYTES))
      throw new SimulationFault(`${bytes} bytes from ${offset} on do not fit a cluster`)
    this.machine.charge(Site.m_getcl, this.machine.cost.pageAlloc)
    if (this.freeCount === 0) return -1
    const cluster = this.freeClusters[--this.freeCount]!
    const page = this.pages[Math.floor(cluster / CLUSTERS_PER_PAGE)]!
    const address = DMAP_BASE + page * PAGE_SIZE + (cluster % CLUSTERS_PER_PAGE) * MCLBYTES + offset
    packet.append(address, bytes, cluster, null, 0)
    return address
  }

  /** Appends an mbuf whose data lies elsewhere (m_extadd), such as in a page behind an sf_buf. @param free called once, by m_freem */
  m_extadd(packet: Mbuf, address: number, bytes: number, free: ExtFree | null, arg: number): void {
    packet.append(address, bytes, -1, free, arg)
  }

  /** Frees a packet and all that it holds. @throws SimulationFault for one that is free */
  m_freem(packet: Mbuf): void {
    if (!packet.inUse) throw new SimulationFault('m_freem of a packet that is free')
    this.machine.charge(Site.m_freem, this.machine.cost.pageAlloc)
    this.release(packet)
    packet.inUse = false
    packet.nextpkt = null
    packet.tagFree?.(packet.tag)
    packet.tagFree = null
    this.spare.push(packet)
  }

  /** Bytes that fit behind the data of the packet's last mbuf (M_TRAILINGSPACE); 0 for external storage. */
  m_trailingspace(packet: Mbuf): number {
    const last = packet.count - 1
    if (last < 0 || packet.cluster[last]! < 0) return 0
    return MCLBYTES - (packet.data[last]! % MCLBYTES) - packet.len[last]!
  }

  /** Lengthens the packet's last mbuf, which has the room. @returns the address of the new bytes */
  m_extend(packet: Mbuf, bytes: number): number {
    if (bytes > this.m_trailingspace(packet))
      throw new SimulationFault('m_extend beyond the end of a cluster')
    const last = packet.count - 1
    const address = packet.data[last]! + packet.len[last]!
    packet.len[last] = packet.len[last]! + bytes
    packet.packetLength += bytes
    return address
  }

  /**
   * Copies the packet's data into as few clusters as hold it: one, up to 2 KiB. The packet stays the same object; what it held
   * before is given back.
   * @returns false when clusters are short; then the packet is as it was
   */
  m_defrag(packet: Mbuf): boolean {
    if (this.freeCount < Math.ceil(packet.packetLength / MCLBYTES)) return false
    const compact = this.m_gethdr()
    this.machine.accounting.enter(Site.m_defrag)
    for (let left = packet.packetLength; left > 0; left -= MCLBYTES)
      this.m_getcl(compact, Math.min(left, MCLBYTES))
    this.copyChain(packet, compact)
    this.machine.chargeBytes(Site.m_defrag, this.machine.cost.copyPerByte, packet.packetLength)
    this.counters.bytesCopied += packet.packetLength
    this.machine.accounting.leave()
    this.release(packet)
    for (let i = 0; i < compact.count; i++)
      packet.append(compact.data[i]!, compact.len[i]!, compact.cluster[i]!, null, 0)
    compact.count = 0
    compact.packetLength = 0
    compact.inUse = false
    this.spare.push(compact)
    return true
  }

  /** Copies bytes into the data of a packet, from its byte `offset` on (m_copyback within the packet's length). */
  m_copyback(packet: Mbuf, offset: number, bytes: Uint8Array): void {
    let done = 0
    for (let i = 0, start = 0; i < packet.count && done < bytes.length; start += packet.len[i++]!) {
      const from = offset + done - start
      const count = Math.min(packet.len[i]! - from, bytes.length - done)
      if (from < 0 || count <= 0) continue
      this.store(packet.data[i]! + from, bytes, done, count)
      done += count
    }
    if (done < bytes.length) throw new SimulationFault('m_copyback beyond the end of a packet')
    this.machine.chargeBytes(Site.m_copyback, this.machine.cost.copyPerByte, done)
    this.counters.bytesCopied += done
  }

  private release(packet: Mbuf): void {
    for (let i = 0; i < packet.count; i++) {
      if (packet.cluster[i]! >= 0) this.freeClusters[this.freeCount++] = packet.cluster[i]!
      else packet.extFree[i]?.(packet.extArg[i]!)
      packet.extFree[i] = null
    }
    packet.count = 0
    packet.packetLength = 0
  }

  private copyChain(from: Mbuf, to: Mbuf): void {
    let target = 0
    let filled = 0
    for (let i = 0; i < from.count; i++) {
      for (let at = 0; at < from.len[i]!;) {
        const address = from.data[i]! + at
        const room = to.len[target]! - filled
        const count = Math.min(from.len[i]! - at, room, PAGE_SIZE - (address % PAGE_SIZE))
        this.load(address, count)
        this.store(to.data[target]! + filled, this.piece, 0, count)
        at += count
        filled += count
        if (filled === to.len[target]!) {
          target++
          filled = 0
        }
      }
    }
  }

  /** Bytes that lie in one page, to `piece`. */
  private load(address: number, count: number): void {
    const physical = this.physical(address, false)
    if (this.machine.memory.holdsData) this.piece.set(this.machine.memory.bytesAt(physical, count))
  }

  private store(address: number, bytes: Uint8Array, from: number, count: number): void {
    for (let at = 0; at < count;) {
      const physical = this.physical(address + at, true)
      const piece = Math.min(count - at, PAGE_SIZE - (physical & PAGE_MASK))
      if (this.machine.memory.holdsData)
        this.machine.memory.bytesAt(physical, piece).set(bytes.subarray(from + at, from + at + piece))
      at += piece
    }
  }

  private physical(address: number, write: boolean): number {
    const physical =
      address >= MBUF_PAGES_BASE
        ? this.lookAt(address - MBUF_PAGES_BASE, write)
        : this.machine.translate(address, write)
    if (physical < 0) throw new SimulationFault(`page fault in the kernel at 0x${address.toString(16)}`)
    return physical
  }

  /** Has the processor look at a page that is not mapped. @returns the address, where it found it */
  private lookAt(paddr: number, write: boolean): number {
    const { window } = this
    const handle = window === null ? -1 : window.open(Math.floor(paddr / PAGE_SIZE))
    if (window === null || handle < 0) throw new SimulationFault('no way to look at the pages of an mbuf')
    const physical = this.machine.translate(window.address(handle) + (paddr % PAGE_SIZE), write)
    window.close(handle)
    return physical
  }
}
