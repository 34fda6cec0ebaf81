import {
  ISA_DISK_IDENTIFY,
  ISA_DISK_READ,
  ISA_DISK_WRITE,
  isaWindow,
} from '../../../machine/datasheets/isa-dma.ts'
import type { IsaDiskPorts } from '../../../machine/datasheets/isa-dma.ts'
import { SECTOR_SIZE } from '../../../machine/page.ts'
import { SimulationFault } from '../../../machine/physical-memory.ts'
import { Site } from '../../call-sites.ts'
import type { Errno } from '../../errno.ts'
import { EINVAL, EIO, OK, errnoName } from '../../errno.ts'
import { Happening } from '../../history-events.ts'
import { MSF_BOUNCED, MsfOwner } from '../../msf-buf/msf-counts.ts'
import type { IsaDma } from '../../isa-dma.ts'
import type { Xio } from '../../xio.ts'
import { CAM_DATA_BIO, CAM_DATA_MSF, CAM_DATA_VADDR } from '../ccb.ts'
import type { Ccb } from '../ccb.ts'
import type { CamSim } from '../xpt.ts'
import type { DmaSimParts } from './dma-sim.ts'
import { Watchdog } from './watchdog.ts'

const COMMANDS = { read: ISA_DISK_READ, write: ISA_DISK_WRITE, capacity: ISA_DISK_IDENTIFY } as const

/**
 * The driver of a disk that moves its data through one of the PC's own DMA channels: one command at a time, and a request in
 * parts of what the channel can do at once.
 */
export class IsaDmaSim implements CamSim {
  readonly protocol = 'isa'
  private readonly parts: DmaSimParts
  private readonly dma: IsaDma
  private readonly disk: IsaDiskPorts
  private readonly channel: number
  private readonly watchdog: Watchdog
  private ccb: Ccb | null = null
  private startedAt = Infinity
  private done = 0
  private partBytes = 0

  /** @param bounceBytes size of the channel's bounce buffer @throws SimulationFault when the channel is not to be had */
  constructor(
    parts: DmaSimParts,
    dma: IsaDma,
    disk: IsaDiskPorts,
    limits: { readonly channel: number; readonly bounceBytes: number; readonly timeoutNs: number },
  ) {
    this.parts = parts
    this.dma = dma
    this.disk = disk
    this.channel = limits.channel
    const error = dma.isa_dma_acquire(limits.channel)
    if (error !== OK) throw new SimulationFault(`isa_dma_acquire failed: ${errnoName(error)}`)
    const noBuffer = limits.bounceBytes === 0 ? OK : dma.isa_dma_init(limits.channel, limits.bounceBytes)
    if (noBuffer !== OK) throw new SimulationFault(`isa_dma_init failed: ${errnoName(noBuffer)}`)
    this.watchdog = new Watchdog(parts.machine, parts.counters, limits.timeoutNs, {
      oldestStart: () => this.startedAt,
      poll: () => this.interrupt(),
    })
  }

  get openings(): number {
    return this.ccb === null ? 1 : 0
  }

  action(ccb: Ccb): void {
    this.ccb = ccb
    this.done = 0
    ccb.clearResult()
    this.startPart(ccb)
  }

  /** The interrupt handler: ends a part, and goes on with the next. */
  interrupt(): void {
    const { ccb } = this
    if (!this.disk.takeInterrupt() || ccb === null) return
    this.startedAt = Infinity
    const { history } = this.parts.machine
    if (history !== null) {
      history.workFor(history.ccbs.of(ccb.id))
      history.event(Happening['device ends'], 0, this.partBytes, 0, 0)
    }
    this.bring(ccb)
    this.dma.isa_dmadone(this.channel)
    if (this.disk.error) {
      this.end(ccb, EIO)
      return
    }
    this.done += this.partBytes
    if (this.done === ccb.dxferLen) this.end(ccb, OK)
    else {
      this.parts.counters.requestSplits++
      this.startPart(ccb)
    }
  }

  private startPart(ccb: Ccb): void {
    const { machine } = this.parts
    this.partBytes = Math.min(ccb.dxferLen - this.done, isaWindow(this.channel))
    machine.accounting.enter(Site.isa_disk_start)
    const error = this.startDma(ccb)
    if (error === OK) machine.charge(Site.isa_disk_start, machine.cost.driverCommand)
    machine.accounting.leave()
    if (error !== OK) {
      this.end(ccb, error)
      return
    }
    this.startedAt = machine.cpu.clock
    this.watchdog.started()
    const { history } = machine
    if (history !== null) history.event(Happening['device starts'], 0, this.partBytes, 0, 0)
    this.disk.writeCommand(
      ccb.operation === 'pass' ? ccb.cdb[0]! : COMMANDS[ccb.operation],
      ccb.sector + this.done / SECTOR_SIZE,
      Math.ceil(this.partBytes / SECTOR_SIZE),
      machine.cpu.clock,
    )
  }

  private startDma(ccb: Ccb): Errno {
    const { dma, channel, done, partBytes } = this
    const write = ccb.isOut
    if (ccb.dataForm === CAM_DATA_VADDR) {
      this.bring(ccb)
      return dma.isa_dmastart(write, ccb.dataPtr + done, partBytes, channel)
    }
    if (ccb.dataForm === CAM_DATA_BIO) return this.startList(write, ccb.xio!)
    if (ccb.dataForm !== CAM_DATA_MSF) return EINVAL
    const msf = ccb.msf!
    const error = this.parts.msfs.msf_require_xio(msf)
    if (error !== OK) return error
    if (done === 0) this.parts.msfs.passed(msf, MsfOwner.driver)
    const started = this.startList(write, msf.xio!)
    if (started === OK && done === 0 && dma.isBounced(channel))
      this.parts.counters.msf.count(MSF_BOUNCED, msf.owner)
    return started
  }

  /** What lies beyond the channel's reach is copied by this processor, which must see the buffer as it is. */
  private bring(ccb: Ccb): void {
    if (ccb.dataForm === CAM_DATA_VADDR) ccb.sync?.(ccb.buf!)
  }

  private startList(write: boolean, xio: Xio): Errno {
    const { dma, channel, done, partBytes } = this
    return dma.isa_dmastart_pages(write, xio.pages, xio.npages, xio.offset + done, partBytes, channel)
  }

  private end(ccb: Ccb, status: Errno): void {
    this.ccb = null
    if (status === EIO) this.parts.counters.deviceErrors++
    ccb.status = status
    this.parts.xpt.xpt_done(ccb)
  }
}
