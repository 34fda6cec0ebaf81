import type { Simulator } from '../engine/simulator.ts'
import {
  IDE_PRD_BOUNDARY,
  IDE_PRD_BYTES,
  IDE_PRD_EOT,
  IDE_PRD_MAX_BYTES,
} from '../machine/datasheets/bus-master-ide.ts'
import type { IdeChannel } from '../machine/datasheets/bus-master-ide.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import type { Drive } from './drive.ts'
import type { SegmentList } from './segment-list.ts'

/** A bus-master IDE channel: 32-bit addresses, one command at a time, and a PRD table whose rules it enforces. */
export class IdeController implements IdeChannel {
  private readonly simulator: Simulator
  private readonly bus: DmaBus
  private readonly segments: SegmentList
  private readonly drive: Drive
  private readonly raiseInterrupt: (at: number) => void
  private readonly finishEvent: number
  private prdTable = 0
  private command = 0
  private sector = 0
  private sectors = 0
  private interrupt = false

  constructor(
    simulator: Simulator,
    bus: DmaBus,
    segments: SegmentList,
    drive: Drive,
    raiseInterrupt: (at: number) => void,
  ) {
    this.simulator = simulator
    this.bus = bus
    this.segments = segments
    this.drive = drive
    this.raiseInterrupt = raiseInterrupt
    this.finishEvent = simulator.on(() => this.finish())
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
    this.simulator.schedule(
      this.drive.accept(this.command, this.sector, this.sectors, at),
      this.finishEvent,
      0,
    )
  }

  takeInterrupt(): boolean {
    const raised = this.interrupt
    this.interrupt = false
    return raised
  }

  private finish(): void {
    this.readPrdTable()
    const now = this.simulator.now
    this.drive.finish(this.command, this.sector, this.sectors, this.segments, now)
    this.interrupt = true
    this.raiseInterrupt(now)
  }

  private readPrdTable(): void {
    this.segments.clear()
    for (let prd = this.prdTable; ; prd += IDE_PRD_BYTES) {
      if (prd >= Math.floor(this.prdTable / IDE_PRD_BOUNDARY + 1) * IDE_PRD_BOUNDARY) {
        throw new SimulationFault('IDE PRD table without an end, or across a 64 KiB line')
      }
      const address = this.bus.read32(prd)
      const word = this.bus.read32(prd + 4)
      const bytes = word & 0xffff || IDE_PRD_MAX_BYTES
      if (((address | bytes) & 1) !== 0)
        throw new SimulationFault(`IDE PRD is odd: 0x${address.toString(16)}+${bytes}`)
      if ((address % IDE_PRD_BOUNDARY) + bytes > IDE_PRD_BOUNDARY) {
        throw new SimulationFault(`IDE PRD crosses a 64 KiB line: 0x${address.toString(16)}+${bytes}`)
      }
      this.segments.add(address, bytes)
      if ((word & IDE_PRD_EOT) !== 0) return
    }
  }
}
