import {
  NVME_ALL_NAMESPACES,
  NVME_GET_LOG_PAGE,
  NVME_IDENTIFY,
  NVME_IDENTIFY_CONTROLLER,
  NVME_IDENTIFY_NAMESPACE,
  NVME_ID_SHIFT,
  NVME_LOG_SIZE_SHIFT,
  NVME_NAMESPACE,
  NVME_PRP1,
  NVME_PRP2,
  NVME_READ,
  NVME_STATUS_MASK,
  NVME_STATUS_SHIFT,
  NVME_SUCCESS,
  NVME_WORD10,
  NVME_WORD11,
  NVME_WORD12,
  NVME_WRITE,
} from '../../../machine/datasheets/nvme.ts'
import type { NvmeRegisters } from '../../../machine/datasheets/nvme.ts'
import type { Machine } from '../../../machine/machine.ts'
import { SECTOR_SIZE } from '../../../machine/page.ts'
import { BUS_SPACE_MAXADDR_32BIT } from '../../busdma/constants.ts'
import type { BusDmamap } from '../../busdma/map.ts'
import { Site } from '../../call-sites.ts'
import type { Errno } from '../../errno.ts'
import { EIO, ENXIO } from '../../errno.ts'
import type { Ccb } from '../ccb.ts'
import { DmaSim, statusOf } from './dma-sim.ts'
import type { CommandStarter, DmaSimParts, DriverLimits } from './dma-sim.ts'
import { NvmePrpLists } from './nvme-prp-lists.ts'
import { NO_COMPLETION, NvmeRings } from './nvme-rings.ts'

const NAMESPACE = 1
const ADMIN = 0
const ALL_QUEUES = -1
const NONE = -1

/**
 * The NVMe driver, after FreeBSD's (nvme_qpair.c): an admin queue and some pairs of I/O queues; a processor submits on its
 * own. A command's identifier is its slot.
 */
export class NvmeSim implements CommandStarter {
  readonly protocol = 'nvme'
  readonly sim: DmaSim
  private readonly machine: Machine
  private readonly registers: NvmeRegisters
  private readonly rings: readonly NvmeRings[]
  private readonly prps: NvmePrpLists
  /** The queue of the command that a slot has at the controller; NONE without one. */
  private readonly queueOf: Int32Array
  private readonly refuseEvent: number

  private constructor(parts: DmaSimParts, limits: DriverLimits, registers: NvmeRegisters, queues: number) {
    const { machine, busdma } = parts
    const { memory } = machine
    const { slots } = limits
    this.sim = new DmaSim(parts, this, limits)
    this.machine = machine
    this.registers = registers
    const reach = limits.tags.reduce((low, { lowaddr }) => Math.min(low, lowaddr), BUS_SPACE_MAXADDR_32BIT)
    // Twice the commands: the controller has room for completions while the driver still takes earlier ones.
    const entries = 2 * slots
    this.rings = Array.from({ length: 1 + queues }, () => new NvmeRings(memory, busdma, entries, reach))
    this.prps = new NvmePrpLists(memory, busdma, limits.tags.at(-1)!, slots, reach)
    this.queueOf = new Int32Array(slots).fill(NONE)
    this.refuseEvent = machine.simulator.on((slot) => {
      machine.switchTo(0, machine.simulator.now)
      machine.accounting.enter(Site.nvme_start)
      this.sim.complete(slot, EIO)
      machine.accounting.leave()
    })
  }

  /**
   * nvme_attach.
   * @param queues pairs of I/O queues, 1 or more
   * @returns the driver, or ENXIO when the controller cannot be enabled
   */
  static attach(
    parts: DmaSimParts,
    limits: DriverLimits,
    registers: NvmeRegisters,
    queues: number,
  ): NvmeSim | Errno {
    const driver = new NvmeSim(parts, limits, registers, queues)
    return registers.enable(driver.rings.map(({ place }) => place)) ? driver : ENXIO
  }

  /** Writes the PRPs and the submission entry, and rings the doorbell. What PRPs cannot describe ends with EIO. */
  start(slot: number, ccb: Ccb, map: BusDmamap, segments: number, from: number, bytes: number): void {
    const { machine } = this
    const { cost } = machine
    machine.accounting.enter(Site.nvme_start)
    const expressed = this.prps.write(slot, map, segments, bytes)
    machine.charge(Site.prd, segments * cost.driverPerSegment)
    machine.charge(Site.nvme_start, cost.driverCommand)
    machine.accounting.leave()
    if (expressed) this.submit(slot, ccb, from, bytes)
    else machine.simulator.schedule(machine.cpu.clock, this.refuseEvent, slot)
  }

  /** The interrupt handler of a pair of I/O queues, the first of which looks after the admin queue too; of all unless given. */
  readonly interrupt = (queue = ALL_QUEUES): void => {
    if (queue === ALL_QUEUES) this.rings.forEach((rings, i) => this.takeCompletions(i, rings))
    else {
      const admin = this.rings[ADMIN]!
      if (queue === 0 && admin.outstanding > 0) this.takeCompletions(ADMIN, admin)
      this.takeCompletions(queue + 1, this.rings[queue + 1]!)
    }
  }

  private readonly submit = (slot: number, ccb: Ccb, from: number, bytes: number): void => {
    const { operation } = ccb
    if (operation === 'pass') this.submitAdmin(slot, ccb.cdb[0]!, passWord10(ccb))
    else if (operation === 'capacity') this.submitAdmin(slot, NVME_IDENTIFY, NVME_IDENTIFY_NAMESPACE)
    else {
      const opcode = operation === 'read' ? NVME_READ : NVME_WRITE
      const queue = 1 + (this.machine.cpu.id % (this.rings.length - 1))
      const sector = ccb.sector + from / SECTOR_SIZE
      this.put(queue, slot, opcode, NAMESPACE, sector, bytes / SECTOR_SIZE - 1)
    }
  }

  private submitAdmin(slot: number, opcode: number, word10: number): void {
    this.put(ADMIN, slot, opcode, namespaceOf(opcode, word10), word10, 0)
  }

  /** Fills the next submission entry of a queue and rings the doorbell. @param sector stands in words 10 and 11 */
  private readonly put = (
    queue: number,
    slot: number,
    opcode: number,
    namespace: number,
    sector: number,
    word12: number,
  ): void => {
    const { prp1, prp2 } = this.prps
    const rings = this.rings[queue]!
    const entry = rings.submissions
    entry.write(0, opcode | (slot << NVME_ID_SHIFT))
    entry.write(NVME_NAMESPACE / 4, namespace)
    entry.write(NVME_PRP1 / 4, prp1)
    entry.write(NVME_PRP1 / 4 + 1, Math.floor(prp1 / 0x100000000))
    entry.write(NVME_PRP2 / 4, prp2)
    entry.write(NVME_PRP2 / 4 + 1, Math.floor(prp2 / 0x100000000))
    entry.write(NVME_WORD10 / 4, sector)
    entry.write(NVME_WORD11 / 4, Math.floor(sector / 0x100000000))
    entry.write(NVME_WORD12 / 4, word12)
    entry.next()
    this.queueOf[slot] = queue
    rings.outstanding++
    this.registers.ringSubmission(queue, entry.place, this.machine.cpu.clock)
  }

  private readonly takeCompletions = (queue: number, rings: NvmeRings): void => {
    const { completions } = rings
    const head = completions.place
    while (rings.outstanding > 0) {
      const word = rings.takeCompletion()
      if (word === NO_COMPLETION) break
      this.complete(word)
    }
    if (completions.place !== head)
      this.registers.ringCompletion(queue, completions.place, this.machine.cpu.clock)
  }

  /** A completion that names no command at the controller is passed over. */
  private complete(word: number): void {
    const slot = word & 0xffff
    const queue = this.queueOf[slot] ?? NONE
    if (queue === NONE) return
    this.queueOf[slot] = NONE
    this.rings[queue]!.outstanding--
    this.sim.complete(slot, statusOf(((word >>> NVME_STATUS_SHIFT) & NVME_STATUS_MASK) !== NVME_SUCCESS))
  }
}

/** Word 10 of an admin command that was passed through: its argument and, for a log page, how much of it. */
function passWord10(ccb: Ccb): number {
  const words = ccb.cdb[0] === NVME_GET_LOG_PAGE ? (ccb.dxferLen / 4 - 1) << NVME_LOG_SIZE_SHIFT : 0
  return ccb.cdb[1]! | words
}

/** The namespace that an admin command is about: the controller as a whole has none, and its logs are about all of them. */
function namespaceOf(opcode: number, word10: number): number {
  if (opcode === NVME_GET_LOG_PAGE) return NVME_ALL_NAMESPACES
  return word10 === NVME_IDENTIFY_CONTROLLER ? 0 : NAMESPACE
}
