import {
  SCSI_CDB_BYTES,
  SCSI_STATUS_CHECK_CONDITION,
  SCSI_STATUS_GOOD,
} from '../../../machine/datasheets/scsi.ts'
import { SENSE_BYTES } from '../../../machine/datasheets/scsi.ts'
import { MSG_SIMPLE_Q_TAG } from '../../../machine/datasheets/scsi-messages.ts'
import {
  SCRIPT_BYTES,
  SYM_ISTAT_DIP,
  SYM_MOVE_BYTES,
  SYM_MOVE_MASK,
} from '../../../machine/datasheets/sym-53c8xx.ts'
import type { SymRegisters } from '../../../machine/datasheets/sym-53c8xx.ts'
import { SECTOR_SIZE } from '../../../machine/page.ts'
import { writeBytes } from '../../../machine/word-memory.ts'
import { BUS_SPACE_MAXADDR_32BIT } from '../../busdma/constants.ts'
import type { BusDmamap } from '../../busdma/map.ts'
import { Site } from '../../call-sites.ts'
import { EIO, OK } from '../../errno.ts'
import type { Ccb } from '../ccb.ts'
import { scsi_fill_cdb, scsi_request_sense, takeSense } from '../scsi-all.ts'
import { allocateControl } from './control-memory.ts'
import type { ControlMemory } from './control-memory.ts'
import { DmaSim } from './dma-sim.ts'
import type { CommandStarter, DmaSimParts, DriverLimits } from './dma-sim.ts'
import {
  BLOCK_CDB,
  BLOCK_DATA,
  BLOCK_ESA,
  BLOCK_MOVE_COMMAND,
  BLOCK_RBC,
  BLOCK_SAVEP,
  BLOCK_SENSE,
  BLOCK_STATUS,
  blockBytes,
  initBlock,
  scriptBytes,
  writeScripts,
  writeTag,
} from './sym-scripts.ts'
import type { SymScripts } from './sym-scripts.ts'

/** Queue tags are a byte. */
const MAX_TAGS = 256
/** No SCSI status; shows that the chip wrote none. */
const NO_STATUS = 0xff

/** The 53C8xx driver, after DragonFly's (sym_hipd.c). It fetches sense data with a command of its own. */
export class SymSim implements CommandStarter {
  readonly protocol = 'scsi'
  readonly ordersTags = true
  readonly sim: DmaSim
  private readonly chip: SymRegisters
  private readonly moves: number
  private readonly stride: number
  private readonly scripts: SymScripts
  private readonly blocks: ControlMemory
  private readonly startQueue: ControlMemory
  private readonly doneQueue: ControlMemory
  private readonly entries: number
  private startPlace = 0
  private donePlace = 0
  private readonly cdb = new Uint8Array(SCSI_CDB_BYTES)
  /** Slots whose command failed and that fetch sense data now. */
  private readonly sensing: Uint8Array
  /** What those had not moved when they failed. */
  private readonly residuals: Float64Array

  constructor(parts: DmaSimParts, limits: DriverLimits, chip: SymRegisters) {
    this.chip = chip
    const slots = Math.min(limits.slots, MAX_TAGS)
    const { memory } = parts.machine
    const allocate = (bytes: number): ControlMemory =>
      allocateControl(parts.busdma, bytes, BUS_SPACE_MAXADDR_32BIT)
    this.moves = limits.tags.at(-1)?.nsegments ?? 0
    this.stride = blockBytes(this.moves)
    this.entries = slots + 1
    this.sensing = new Uint8Array(slots)
    this.residuals = new Float64Array(slots)
    this.startQueue = allocate(this.entries * 4)
    this.doneQueue = allocate(this.entries * 4)
    for (let i = 0; i < this.entries; i++) {
      memory.write32(this.startQueue.physical + i * 4, 0)
      memory.write32(this.doneQueue.physical + i * 4, 0)
    }
    this.scripts = writeScripts(memory, allocate(scriptBytes(this.moves)), this.moves)
    this.blocks = allocate(slots * this.stride)
    for (let slot = 0; slot < slots; slot++) {
      const offset = slot * this.stride
      initBlock(memory, this.blocks.physical + offset, this.blocks.bus + offset, slot, this.scripts)
    }
    chip.setQueues(this.startQueue.bus, this.doneQueue.bus, this.entries)
    chip.setPhaseMismatchJump(this.scripts.phaseMismatch)
    this.sim = new DmaSim(parts, this, { ...limits, slots })
  }

  /** sym_queue_scsiio: writes the block's table and CDB, and puts the block into the start queue. */
  start(slot: number, ccb: Ccb, map: BusDmamap, segments: number, from: number, bytes: number): void {
    const { machine } = this.sim.parts
    const { memory, cost } = machine
    machine.accounting.enter(Site.sym_start)
    this.sensing[slot] = 0
    let entry = this.blocks.physical + slot * this.stride + this.tableOffset(segments)
    for (let i = 0; i < segments; i++, entry += SYM_MOVE_BYTES) {
      memory.write32(entry, map.segLen[i]!)
      memory.write32(entry + 4, map.segAddr[i]!)
    }
    const sector = ccb.sector + from / SECTOR_SIZE
    const length = scsi_fill_cdb(this.cdb, this.protocol, ccb, sector, bytes / SECTOR_SIZE)
    const phase = ccb.isOut ? this.scripts.dataOut : this.scripts.dataIn
    writeTag(memory, this.blocks.physical + slot * this.stride, slot, ccb.tagAction)
    this.writeBlock(slot, length, phase + (this.moves - segments) * SCRIPT_BYTES)
    machine.charge(Site.prd, segments * cost.driverPerSegment)
    machine.charge(Site.sym_start, cost.driverCommand)
    machine.accounting.leave()
    this.queue(slot)
  }

  /** sym_intr: takes what is done, and sends the chip on when it stopped. */
  interrupt(): void {
    const istat = this.chip.readIstat()
    const { machine } = this.sim.parts
    const { memory } = machine
    for (;;) {
      const place = this.doneQueue.physical + this.donePlace * 4
      const block = memory.read32(place)
      if (block === 0) break
      memory.write32(place, 0)
      this.donePlace = (this.donePlace + 1) % this.entries
      this.done(this.slotOf(block))
    }
    if ((istat & SYM_ISTAT_DIP) === 0) return
    const slot = this.slotOf(this.chip.dsa)
    if (this.sim.ccbAt(slot) !== null) this.sim.complete(slot, EIO)
    this.chip.resume(machine.cpu.clock)
  }

  hasCommand(slot: number): boolean {
    return this.chip.hasBlock(this.blocks.bus + slot * this.stride)
  }

  private slotOf(block: number): number {
    return (block - this.blocks.bus) / this.stride
  }

  /** Of the first of the last `segments` entries of a block's table. */
  private tableOffset(segments: number): number {
    return BLOCK_DATA + (this.moves - segments) * SYM_MOVE_BYTES
  }

  private writeBlock(slot: number, cdbLength: number, savep: number): void {
    const { memory } = this.sim.parts.machine
    const block = this.blocks.physical + slot * this.stride
    memory.write32(block + BLOCK_SAVEP, savep)
    memory.write32(block + BLOCK_STATUS, NO_STATUS)
    memory.write32(block + BLOCK_RBC, 0)
    memory.write32(block + BLOCK_ESA, 0)
    memory.write32(block + BLOCK_MOVE_COMMAND, cdbLength)
    writeBytes(memory, block + BLOCK_CDB, this.cdb, SCSI_CDB_BYTES)
  }

  private queue(slot: number): void {
    const { machine } = this.sim.parts
    const place = this.startQueue.physical + this.startPlace * 4
    machine.memory.write32(place, this.blocks.bus + slot * this.stride)
    this.startPlace = (this.startPlace + 1) % this.entries
    this.chip.signal(machine.cpu.clock)
  }

  private done(slot: number): void {
    const ccb = this.sim.ccbAt(slot)
    if (ccb === null) return
    const { memory } = this.sim.parts.machine
    const block = this.blocks.physical + slot * this.stride
    const status = memory.read32(block + BLOCK_STATUS) & 0xff
    if (this.sensing[slot] === 1) {
      if (status === SCSI_STATUS_GOOD) takeSense(memory, block + BLOCK_SENSE, ccb)
      this.sim.complete(slot, EIO, this.residuals[slot])
      return
    }
    ccb.scsiStatus = status === NO_STATUS ? SCSI_STATUS_GOOD : status
    if (status === SCSI_STATUS_CHECK_CONDITION) {
      this.residuals[slot] = this.residual(block)
      this.fetchSense(slot)
    } else this.sim.complete(slot, status === SCSI_STATUS_GOOD ? OK : EIO, this.residual(block))
  }

  private fetchSense(slot: number): void {
    const { machine } = this.sim.parts
    const offset = slot * this.stride
    const entry = this.blocks.physical + offset + this.tableOffset(1)
    this.sensing[slot] = 1
    writeTag(machine.memory, this.blocks.physical + offset, slot, MSG_SIMPLE_Q_TAG)
    machine.memory.write32(entry, SENSE_BYTES)
    machine.memory.write32(entry + 4, this.blocks.bus + offset + BLOCK_SENSE)
    const savep = this.scripts.dataIn + (this.moves - 1) * SCRIPT_BYTES
    this.writeBlock(slot, scsi_request_sense(this.cdb), savep)
    machine.charge(Site.sym_start, machine.cost.driverCommand)
    this.queue(slot)
  }

  /** sym_compute_residual: the rest of the entry where the target stopped, and the entries behind it. */
  private residual(block: number): number {
    const { memory } = this.sim.parts.machine
    const stopped = memory.read32(block + BLOCK_ESA)
    if (stopped === 0) return 0
    let rest = memory.read32(block + BLOCK_RBC)
    const table = block + BLOCK_DATA
    const end = table + this.moves * SYM_MOVE_BYTES
    const offset = block - this.blocks.physical
    let entry = stopped - this.blocks.bus - offset + block + SYM_MOVE_BYTES
    for (; entry >= table && entry < end; entry += SYM_MOVE_BYTES)
      rest += memory.read32(entry) & SYM_MOVE_MASK
    return rest
  }
}
