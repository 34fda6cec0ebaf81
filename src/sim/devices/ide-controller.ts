import type { Simulator } from '../engine/simulator.ts'
import {
  IDE_PRD_BOUNDARY,
  IDE_PRD_BYTES,
  IDE_PRD_EOT,
  IDE_PRD_MAX_BYTES,
} from '../machine/datasheets/bus-master-ide.ts'
import type { IdeChannel } from '../machine/datasheets/bus-master-ide.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { AtaDrive } from './ata-command.ts'
import type { DeviceParts } from './device-parts.ts'
import { DRIVE_OK } from './drive.ts'
import type { Drive } from './drive.ts'
import type { InterruptLine } from './interrupt-line.ts'
import type { SegmentList } from './segment-list.ts'

/** A bus-master IDE channel: 32-bit addresses, one command at a time, and a PRD table whose rules it enforces. */
export class IdeController implements IdeChannel {
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly drive: Drive
  private readonly ata: AtaDrive
  private readonly interruptLine: InterruptLine
  private readonly finishEvent: number
  private prdTable = 0
  private command = 0
  private sector = 0
  private sectors = 0
  private interrupt = false
  private failed = false

  constructor(parts: DeviceParts) {
    this.simulator = parts.simulator
    this.bus = parts.bus
    this.segments = parts.segments
    this.drive = parts.drive
    this.ata = new AtaDrive(parts.drive)
    this.interruptLine = parts.interrupts[0]!
    this.finishEvent = parts.simulator.on(() => this.finish())
  }

  writeTaskFile(command: number, sector: number, sectors: number): void {
    this.command = command
    this.sector = sector
    this.sectors = sectors
  }

  setPrdTable(address: number): void {
    this.prdTable = address
  }

  start(at: number): void {
    this.simulator.schedule(this.ata.accept(this.command, this.sector, this.sectors, at), this.finishEvent, 0)
  }

  takeInterrupt(): boolean {
    const raised = this.interrupt
    this.interrupt = false
    this.interruptLine.acknowledge()
    return raised
  }

  get error(): boolean {
    return this.failed
  }

  private finish(): void {
    this.readPrdTable()
    const now = this.simulator.now
    this.failed = this.ata.finish(this.command, this.sector, this.sectors, this.segments, now) !== DRIVE_OK
    this.interrupt = true
    if (this.drive.losesInterrupt) this.interruptLine.loseNext()
    this.interruptLine.completed(now + this.bus.takeDelay())
  }

  private readPrdTable(): void {
    this.segments.start(this.ata.readsMedium(this.command))
    const tableEnd = (Math.floor(this.prdTable / IDE_PRD_BOUNDARY) + 1) * IDE_PRD_BOUNDARY
    for (let prd = this.prdTable; ; prd += IDE_PRD_BYTES) {
      if (prd >= tableEnd) {
        this.refuse('IDE PRD table without an end, or across a 64 KiB line')
        return
      }
      const address = this.bus.read32(prd)
      const word = this.bus.read32(prd + 4)
      const bytes = word & 0xffff || IDE_PRD_MAX_BYTES
      if (((address | bytes) & 1) !== 0) {
        this.refuse(`IDE PRD is odd: ${placeOf(address, bytes)}`)
        return
      }
      if ((address % IDE_PRD_BOUNDARY) + bytes > IDE_PRD_BOUNDARY) {
        this.refuse(`IDE PRD crosses a 64 KiB line: ${placeOf(address, bytes)}`)
        return
      }
      this.segments.add(address, bytes)
      if ((word & IDE_PRD_EOT) !== 0) return
    }
  }

  private refuse(message: string): void {
    this.bus.reject(message)
    this.segments.refuse()
  }
}

function placeOf(address: number, bytes: number): string {
  return `0x${address.toString(16)}+${bytes}`
}
