import type { Simulator } from '../engine/simulator.ts'
import {
  ISA_DISK_IDENTIFY,
  ISA_DISK_READ,
  ISA_DISK_SENSE,
  ISA_DISK_WRITE,
  ISA_SENSE_BYTES,
  ISA_SENSE_DATA_ERROR,
} from '../machine/datasheets/isa-dma.ts'
import type { IsaDiskPorts } from '../machine/datasheets/isa-dma.ts'
import { writeBigEndian } from '../machine/word-memory.ts'
import { identifyData } from './ata-identify.ts'
import type { DeviceParts } from './device-parts.ts'
import { DRIVE_BUS_ERROR, DRIVE_OK } from './drive.ts'
import type { Drive, DriveStatus } from './drive.ts'
import type { InterruptLine } from './interrupt-line.ts'
import type { IsaDmaController } from './isa-dma-controller.ts'
import type { SegmentList } from './segment-list.ts'

/** A disk controller on the ISA bus, in the manner of the ST-506 and ESDI ones that used a DMA channel: one command at a time. */
export class IsaDiskController implements IsaDiskPorts {
  private readonly simulator: Simulator
  private readonly segments: SegmentList
  private readonly drive: Drive
  private readonly line: InterruptLine
  private readonly dma: IsaDmaController
  private readonly channel: number
  private readonly identity: Uint8Array
  private readonly sense = new Uint8Array(ISA_SENSE_BYTES)
  private readonly finishEvent: number
  private command = 0
  private sector = 0
  private sectors = 0
  private interrupt = false
  private failed = false

  constructor(parts: DeviceParts, dma: IsaDmaController, channel: number) {
    this.simulator = parts.simulator
    this.segments = parts.segments
    this.drive = parts.drive
    this.line = parts.interrupts[0]!
    this.dma = dma
    this.channel = channel
    this.identity = identifyData(parts.drive.sectors)
    this.finishEvent = parts.simulator.on(() => this.finish())
  }

  writeCommand(command: number, sector: number, sectors: number, at: number): void {
    this.command = command
    this.sector = sector
    this.sectors = sectors
    const usesMedium = command === ISA_DISK_READ || command === ISA_DISK_WRITE
    const doneAt = usesMedium
      ? this.drive.accept(command === ISA_DISK_WRITE, sector, sectors, at)
      : this.drive.acceptQuick(at)
    this.simulator.schedule(doneAt, this.finishEvent, 0)
  }

  takeInterrupt(): boolean {
    const raised = this.interrupt
    this.interrupt = false
    this.line.acknowledge()
    return raised
  }

  get error(): boolean {
    return this.failed
  }

  private finish(): void {
    const { now } = this.simulator
    this.failed = this.carryOut(now) !== DRIVE_OK
    this.dma.advance(this.channel, this.drive.movedBytes)
    this.interrupt = true
    if (this.drive.losesInterrupt) this.line.loseNext()
    this.line.completed(now)
  }

  private carryOut(at: number): DriveStatus {
    this.dma.request(this.channel, this.segments, this.command !== ISA_DISK_WRITE)
    if (this.command === ISA_DISK_READ || this.command === ISA_DISK_WRITE) {
      const status = this.drive.finish(this.sector, this.sectors, this.segments, at)
      this.sense[0] = status === DRIVE_OK ? 0 : ISA_SENSE_DATA_ERROR
      writeBigEndian(this.sense, 1, 3, status === DRIVE_OK ? 0 : this.sector)
      return status
    }
    const answer =
      this.command === ISA_DISK_IDENTIFY
        ? this.identity
        : this.command === ISA_DISK_SENSE
          ? this.sense
          : NOTHING
    const status = this.drive.finishQuick(answer, this.segments, at)
    return answer === NOTHING ? DRIVE_BUS_ERROR : status
  }
}

const NOTHING = new Uint8Array(0)
