import type { Machine } from '../../machine/machine.ts'
import { MSG_ORDERED_Q_TAG, MSG_SIMPLE_Q_TAG } from '../../machine/datasheets/scsi-messages.ts'
import { SCSI_STATUS_CHECK_CONDITION } from '../../machine/datasheets/scsi.ts'
import { SECTOR_SIZE } from '../../machine/page.ts'
import { B_ORDERED, B_READ } from '../bufcache/buf.ts'
import type { Buf } from '../bufcache/buf.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { Errno } from '../errno.ts'
import { EIO, ERESTART, OK } from '../errno.ts'
import { Happening } from '../history-events.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import { CAPACITY_ANSWERS } from './capacity.ts'
import { CAM_PRIORITY_NORMAL, Ccb } from './ccb.ts'
import { BECOMING_READY_TRIES, cam_periph_error } from './periph-error.ts'
import { Xpt } from './xpt.ts'

/**
 * What a transfer took beside its threads in FreeBSD of 2013, between a file system on a partition and the driver
 * (geom_io.c, geom_disk.c, cam_xpt.c): a bio each for the file system, the partition and the disk.
 * Down: two g_io_requests, each with the lock of its statistics and that of the queue, for putting it in and taking it out; a look
 * at the empty queue; the disk's statistics; the locks of the adapter and of the command's timer.
 * Up: the same with g_io_deliver; and before it the adapter's lock twice, for the interrupt and for camisr, and the lock of
 * camisr's queue twice. The clock is read for each step of the statistics.
 */
const GEOM_BIOS = 3
const LOCKS_DOWN = 2 * 3 + 1 + 1 + 1 + 1
const LOCKS_UP = 2 * 3 + 1 + 1 + 1 + 2 + 2
const CLOCKS_DOWN = 2
const CLOCKS_UP = 2 + 1

/** Times that a request is sent again before its error counts (da_retry_count). */
const DA_RETRY_COUNT = 4

/** The disk peripheral (da): turns buffers into CCBs. One disk on one adapter. */
export class DiskPeripheral {
  readonly xpt: Xpt
  private readonly machine: Machine
  private readonly counters: KernelCounters
  private readonly path: IoPathHooks
  private readonly hasThreads: boolean
  private readonly biodone: (buf: Buf, error: Errno) => void
  /** CCBs made so far, and those of them that are free, linked by `next`. */
  private ccbs = 0
  private freeCcb: Ccb | null = null
  private probeBuffer = 0
  private probed: ((sectors: number, error: Errno) => void) | null = null

  /**
   * @param biodone tells the buffer cache that a buffer's transfer ended
   * @param hasThreads requests go down through one thread and come up through another (GEOM until 2013)
   */
  constructor(
    machine: Machine,
    counters: KernelCounters,
    path: IoPathHooks,
    biodone: (buf: Buf, error: Errno) => void,
    hasThreads = false,
  ) {
    this.hasThreads = hasThreads
    this.machine = machine
    this.counters = counters
    this.path = path
    this.biodone = biodone
    this.xpt = new Xpt(machine, counters, (ccb) => this.dadone(ccb), path)
  }

  /**
   * Asks the disk for its capacity with a plain buffer pointer, as small SCSI requests do on every path.
   * @param buffer mapped kernel address of a page
   * @param done gets the number of sectors that the disk reported, or the error with which it did not
   */
  probe(buffer: number, done: (sectors: number, error: Errno) => void): void {
    this.probeBuffer = buffer
    this.probed = done
    const ccb = this.takeCcb()
    ccb.operation = 'capacity'
    ccb.sector = 0
    ccb.sectors = 0
    ccb.buf = null
    ccb.useBuffer(buffer, CAPACITY_ANSWERS[this.xpt.protocol].bytes)
    this.xpt.xpt_action(ccb)
  }

  /** Starts the transfer of one buffer, in the direction of its B_READ flag; ordered among others with B_ORDERED. */
  strategy(buf: Buf): void {
    if (this.hasThreads) this.goDown()
    this.dastrategy(buf)
  }

  private readonly dastrategy = (buf: Buf): void => {
    this.machine.accounting.enter(Site.dastrategy)
    this.machine.charge(Site.dastrategy, this.machine.cost.camStep)
    const ccb = this.takeCcb()
    ccb.operation = (buf.b_flags & B_READ) !== 0 ? 'read' : 'write'
    ccb.sector = buf.b_blkno
    ccb.sectors = Math.ceil(buf.b_bcount / SECTOR_SIZE)
    ccb.buf = buf
    if ((buf.b_flags & B_ORDERED) !== 0) ccb.tagAction = MSG_ORDERED_Q_TAG
    const { history } = this.machine
    if (history !== null) {
      history.ccbs.set(ccb.id, history.current)
      history.bufs.set(buf.id, history.current)
      history.event(Happening['ccb queued'], ccb.id, ccb.sector, 0, ccb.sectors)
    }
    this.path.toDevice(buf, ccb)
    this.xpt.xpt_action(ccb)
    this.machine.accounting.leave()
  }

  private readonly dadone = (ccb: Ccb): void => {
    this.machine.accounting.enter(Site.dadone)
    this.machine.charge(Site.dadone, this.machine.cost.camStep)
    const error = ccb.status === OK && ccb.resid === 0 ? OK : this.daerror(ccb)
    if (error !== ERESTART) this.end(ccb, error)
    this.machine.accounting.leave()
  }

  /** A disk that moves less than it was asked to, and says so, is asked once more like one with an error. */
  private daerror(ccb: Ccb): Errno {
    // A retry may end before cam_periph_error returns: nothing of the request may be looked at after it.
    const isShort = ccb.resid > 0
    const isWhole = !isShort && ccb.scsiStatus === SCSI_STATUS_CHECK_CONDITION
    const error = cam_periph_error(this.xpt, ccb)
    if (error === ERESTART) this.counters.commandRetries++
    return error === OK && !isWhole ? EIO : error
  }

  private readonly end = (ccb: Ccb, status: Errno): void => {
    const { buf } = ccb
    if (buf !== null) this.path.done?.(buf, ccb)
    ccb.next = this.freeCcb
    this.freeCcb = ccb
    ccb.msf = null
    if (buf === null) this.probeDone(status)
    else {
      if (this.hasThreads) this.goUp()
      this.biodone(buf, status === OK ? OK : EIO)
    }
  }

  private goDown(): void {
    const { cost } = this.machine
    const work = GEOM_BIOS * cost.zoneAlloc + LOCKS_DOWN * cost.lockUncontended + CLOCKS_DOWN * cost.clockRead
    this.machine.charge(Site.g_down, cost.wakeup + work)
  }

  private goUp(): void {
    const { cost } = this.machine
    const work = LOCKS_UP * cost.lockUncontended + CLOCKS_UP * cost.clockRead
    this.machine.charge(Site.g_up, cost.wakeup + work)
  }

  private probeDone(error: Errno): void {
    const { sectorsIn } = CAPACITY_ANSWERS[this.xpt.protocol]
    this.probed?.(error === OK ? sectorsIn((offset) => this.readWord(offset)) : 0, error)
  }

  private readWord(offset: number): number {
    return this.machine.memory.read32(this.machine.translate(this.probeBuffer + offset, false))
  }

  private takeCcb(): Ccb {
    const ccb = this.freeCcb ?? new Ccb(this.ccbs++)
    this.freeCcb = ccb.next
    ccb.next = null
    ccb.retries = DA_RETRY_COUNT
    ccb.patience = BECOMING_READY_TRIES
    ccb.priority = CAM_PRIORITY_NORMAL
    ccb.tagAction = MSG_SIMPLE_Q_TAG
    return ccb
  }
}
