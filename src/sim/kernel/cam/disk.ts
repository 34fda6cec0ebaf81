import type { Machine } from '../../machine/machine.ts'
import { SECTOR_SIZE } from '../../machine/page.ts'
import { B_READ } from '../bufcache/buf.ts'
import type { Buf } from '../bufcache/buf.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { Errno } from '../errno.ts'
import { EFBIG, EIO, OK } from '../errno.ts'
import { Happening } from '../history-events.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import { CAPACITY_ANSWERS } from './capacity.ts'
import { Ccb } from './ccb.ts'
import { Xpt } from './xpt.ts'

/** Times that a request is sent again before its error counts (da_retry_count). */
const DA_RETRY_COUNT = 4

/** The disk peripheral (da): turns buffers into CCBs. One disk on one adapter. */
export class DiskPeripheral {
  readonly xpt: Xpt
  private readonly machine: Machine
  private readonly counters: KernelCounters
  private readonly path: IoPathHooks
  private readonly biodone: (bufId: number, error: Errno) => void
  private readonly ccbs: Ccb[] = []
  private readonly freeCcbs: Ccb[] = []
  private probeBuffer = 0
  private probed: ((sectors: number, error: Errno) => void) | null = null

  /** @param biodone tells the buffer cache that a buffer's transfer ended */
  constructor(
    machine: Machine,
    counters: KernelCounters,
    path: IoPathHooks,
    biodone: (bufId: number, error: Errno) => void,
  ) {
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

  /** dastrategy: starts the transfer of one buffer, in the direction of its B_READ flag. */
  strategy(buf: Buf): void {
    this.machine.accounting.enter(Site.dastrategy)
    this.machine.charge(Site.dastrategy, this.machine.cost.camStep)
    const ccb = this.takeCcb()
    ccb.operation = (buf.b_flags & B_READ) !== 0 ? 'read' : 'write'
    ccb.sector = buf.b_blkno
    ccb.sectors = Math.ceil(buf.b_bcount / SECTOR_SIZE)
    ccb.buf = buf
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

  private dadone(ccb: Ccb): void {
    this.machine.accounting.enter(Site.dadone)
    this.machine.charge(Site.dadone, this.machine.cost.camStep)
    const failed = ccb.status !== OK || ccb.resid > 0
    if (failed && ccb.status !== EFBIG && ccb.retries-- > 0) {
      this.counters.commandRetries++
      this.xpt.xpt_action(ccb)
    } else {
      this.end(ccb, ccb.status === OK && failed ? EIO : ccb.status)
    }
    this.machine.accounting.leave()
  }

  private end(ccb: Ccb, status: Errno): void {
    const { buf } = ccb
    if (buf !== null) this.path.done?.(buf, ccb)
    this.freeCcbs.push(ccb)
    ccb.msf = null
    if (buf === null) this.probeDone(status)
    else this.biodone(buf.id, status === OK ? OK : EIO)
  }

  private probeDone(error: Errno): void {
    const { sectorsIn } = CAPACITY_ANSWERS[this.xpt.protocol]
    this.probed?.(error === OK ? sectorsIn((offset) => this.readWord(offset)) : 0, error)
  }

  private readWord(offset: number): number {
    return this.machine.memory.read32(this.machine.translate(this.probeBuffer + offset, false))
  }

  private takeCcb(): Ccb {
    let ccb = this.freeCcbs.pop()
    if (ccb === undefined) {
      ccb = new Ccb(this.ccbs.length)
      this.ccbs.push(ccb)
    }
    ccb.retries = DA_RETRY_COUNT
    return ccb
  }
}
