import {
  AHA_CCB_BYTES,
  AHA_CCB_CDB,
  AHA_CCB_CDB_LENGTH,
  AHA_CCB_DATA_ADDRESS,
  AHA_CCB_DATA_LENGTH,
  AHA_CCB_HEAD_BYTES,
  AHA_CCB_HOST_STATUS,
  AHA_CCB_OPCODE,
  AHA_CCB_SENSE_LENGTH,
  AHA_CCB_TARGET,
  AHA_CCB_TARGET_STATUS,
  AHA_COMMAND,
  AHA_CONTROL,
  AHA_DIRECTION_IN,
  AHA_DIRECTION_OUT,
  AHA_HOST_OK,
  AHA_INIT_MAILBOX,
  AHA_MAILBOX_BYTES,
  AHA_MAILBOX_FREE,
  AHA_MAILBOX_START,
  AHA_MAX_COMMANDS,
  AHA_OP_INITIATOR_RESIDUAL,
  AHA_OP_SCATTER_RESIDUAL,
  AHA_RESET_INTERRUPT,
  AHA_SG_BYTES,
  AHA_START_SCSI,
} from '../../../machine/datasheets/aha-1542.ts'
import type { AhaPorts } from '../../../machine/datasheets/aha-1542.ts'
import {
  SCSI_CDB_BYTES,
  SCSI_STATUS_CHECK_CONDITION,
  SCSI_STATUS_GOOD,
  SENSE_BYTES,
} from '../../../machine/datasheets/scsi.ts'
import { SECTOR_SIZE } from '../../../machine/page.ts'
import { readBigEndian, readBytes, writeBigEndian, writeBytes } from '../../../machine/word-memory.ts'
import type { BusDmamap } from '../../busdma/map.ts'
import { Site } from '../../call-sites.ts'
import type { Ccb } from '../ccb.ts'
import { scsi_fill_cdb, takeSense } from '../scsi-all.ts'
import { allocateControl } from './control-memory.ts'
import type { ControlMemory } from './control-memory.ts'
import { DmaSim, statusOf } from './dma-sim.ts'
import type { CommandStarter, DmaSimParts, DriverLimits } from './dma-sim.ts'

/** BUS_SPACE_MAXADDR_24BIT: what the adapter's address lines reach. */
const ADDRESS_24BIT = 0xffffff

/** The AHA-1542 driver, after DragonFly's (aha.c): CCBs in low memory, mailboxes, 3-byte addresses. */
export class AhaSim implements CommandStarter {
  readonly protocol = 'scsi-10'
  readonly sim: DmaSim
  private readonly ports: AhaPorts
  private readonly mailboxes: ControlMemory
  /** CCBs one after another, each with its scatter/gather list behind it. */
  private readonly ccbs: ControlMemory
  private readonly stride: number
  private readonly slots: number
  private nextOut = 0
  private nextIn = 0
  private readonly cdb = new Uint8Array(SCSI_CDB_BYTES)
  private readonly bytes: Uint8Array
  private readonly mailbox = new Uint8Array(AHA_MAILBOX_BYTES)

  constructor(parts: DmaSimParts, limits: DriverLimits, ports: AhaPorts) {
    this.ports = ports
    this.slots = Math.min(limits.slots, AHA_MAX_COMMANDS)
    const listBytes = (limits.tags.at(-1)?.nsegments ?? 0) * AHA_SG_BYTES
    this.stride = Math.ceil((AHA_CCB_BYTES + listBytes) / 4) * 4
    this.bytes = new Uint8Array(Math.max(AHA_CCB_BYTES, listBytes))
    const mailboxBytes = this.slots * AHA_MAILBOX_BYTES
    this.mailboxes = allocateControl(parts.busdma, 2 * mailboxBytes, ADDRESS_24BIT)
    this.ccbs = allocateControl(parts.busdma, this.slots * this.stride, ADDRESS_24BIT)
    const { memory } = parts.machine
    for (let at = 0; at < 2 * mailboxBytes; at += AHA_MAILBOX_BYTES)
      memory.write32(this.mailboxes.physical + at, AHA_MAILBOX_FREE)
    const at = parts.machine.simulator.now
    writeBigEndian(this.bytes, 0, 4, this.mailboxes.bus)
    this.bytes[0] = this.slots
    ports.outb(AHA_COMMAND, AHA_INIT_MAILBOX, at)
    for (let i = 0; i < 4; i++) ports.outb(AHA_COMMAND, this.bytes[i]!, at)
    this.sim = new DmaSim(parts, this, { ...limits, slots: this.slots })
  }

  /** ahaexecuteccb: writes the scatter/gather list and the CCB, and puts the CCB's address into a mailbox. */
  start(slot: number, ccb: Ccb, map: BusDmamap, segments: number, from: number, bytes: number): void {
    const { machine } = this.sim.parts
    machine.accounting.enter(Site.aha_start)
    const sector = ccb.sector + from / SECTOR_SIZE
    const cdbLength = scsi_fill_cdb(this.cdb, this.protocol, ccb, sector, bytes / SECTOR_SIZE)
    if (segments > 1) this.writeList(slot, map, segments)
    this.writeCcb(slot, ccb, map, segments, cdbLength)
    machine.charge(Site.prd, segments * machine.cost.driverPerSegment)
    machine.charge(Site.aha_start, machine.cost.driverCommand)
    machine.accounting.leave()
    this.mailbox[0] = AHA_MAILBOX_START
    writeBigEndian(this.mailbox, 1, 3, this.ccbs.bus + slot * this.stride)
    const place = this.mailboxes.physical + this.nextOut * AHA_MAILBOX_BYTES
    writeBytes(machine.memory, place, this.mailbox, AHA_MAILBOX_BYTES)
    this.nextOut = (this.nextOut + 1) % this.slots
    this.ports.outb(AHA_COMMAND, AHA_START_SCSI, machine.cpu.clock)
  }

  /** aha_intr: empties the incoming mailboxes. */
  interrupt(): void {
    const { machine } = this.sim.parts
    const { memory } = machine
    this.ports.outb(AHA_CONTROL, AHA_RESET_INTERRUPT, machine.cpu.clock)
    for (;;) {
      const place = this.mailboxes.physical + (this.slots + this.nextIn) * AHA_MAILBOX_BYTES
      readBytes(memory, place, this.mailbox, AHA_MAILBOX_BYTES)
      if (this.mailbox[0] === AHA_MAILBOX_FREE) return
      memory.write32(place, AHA_MAILBOX_FREE)
      this.nextIn = (this.nextIn + 1) % this.slots
      this.done((readBigEndian(this.mailbox, 1, 3) - this.ccbs.bus) / this.stride)
    }
  }

  hasCommand(slot: number): boolean {
    return this.ports.hasCcb(this.ccbs.bus + slot * this.stride)
  }

  private writeList(slot: number, map: BusDmamap, segments: number): void {
    for (let i = 0; i < segments; i++) {
      writeBigEndian(this.bytes, i * AHA_SG_BYTES, 3, map.segLen[i]!)
      writeBigEndian(this.bytes, i * AHA_SG_BYTES + 3, 3, map.segAddr[i]!)
    }
    const list = this.ccbs.physical + slot * this.stride + AHA_CCB_BYTES
    writeBytes(this.sim.parts.machine.memory, list, this.bytes, segments * AHA_SG_BYTES)
  }

  private writeCcb(slot: number, ccb: Ccb, map: BusDmamap, segments: number, cdbLength: number): void {
    const { bytes } = this
    const place = slot * this.stride
    const isList = segments > 1
    const length = segments === 0 ? 0 : map.segLen[0]!
    bytes.fill(0, 0, AHA_CCB_HEAD_BYTES)
    bytes[AHA_CCB_OPCODE] = isList ? AHA_OP_SCATTER_RESIDUAL : AHA_OP_INITIATOR_RESIDUAL
    bytes[AHA_CCB_TARGET] = ccb.isOut ? AHA_DIRECTION_OUT : AHA_DIRECTION_IN
    bytes[AHA_CCB_CDB_LENGTH] = cdbLength
    bytes[AHA_CCB_SENSE_LENGTH] = SENSE_BYTES
    writeBigEndian(bytes, AHA_CCB_DATA_LENGTH, 3, isList ? segments * AHA_SG_BYTES : length)
    const data = isList ? this.ccbs.bus + place + AHA_CCB_BYTES : map.segAddr[0]!
    writeBigEndian(bytes, AHA_CCB_DATA_ADDRESS, 3, data)
    bytes.set(this.cdb, AHA_CCB_CDB)
    writeBytes(this.sim.parts.machine.memory, this.ccbs.physical + place, bytes, AHA_CCB_CDB + SCSI_CDB_BYTES)
  }

  /** ahadone. An address that no request has a CCB at is left alone. */
  private done(slot: number): void {
    const ccb = this.sim.ccbAt(slot)
    if (ccb === null) return
    const { memory } = this.sim.parts.machine
    const place = this.ccbs.physical + slot * this.stride
    readBytes(memory, place, this.bytes, AHA_CCB_HEAD_BYTES)
    const status = this.bytes[AHA_CCB_TARGET_STATUS]!
    const isRefused = this.bytes[AHA_CCB_HOST_STATUS] !== AHA_HOST_OK
    const residual = isRefused ? 0 : readBigEndian(this.bytes, AHA_CCB_DATA_LENGTH, 3)
    ccb.scsiStatus = status
    if (status === SCSI_STATUS_CHECK_CONDITION)
      takeSense(memory, place + AHA_CCB_CDB + this.bytes[AHA_CCB_CDB_LENGTH]!, ccb)
    this.sim.complete(slot, statusOf(isRefused || status !== SCSI_STATUS_GOOD), residual)
  }
}
