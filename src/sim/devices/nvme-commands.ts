import {
  NVME_NAMESPACE,
  NVME_PRP1,
  NVME_PRP2,
  NVME_READ,
  NVME_WORD10,
  NVME_WORD12,
  NVME_WRITE,
} from '../machine/datasheets/nvme.ts'
import type { MemoryRing } from '../machine/memory-ring.ts'

/** Number of the one namespace, and of the queue for commands that are not about its data. */
export const NVME_THE_NAMESPACE = 1
export const NVME_ADMIN_QUEUE = 0

/** Places in a command's record of what the driver wrote, and of the queue that it came by. */
export const COMMAND_QUEUE = 0
/** Opcode and identifier. */
export const COMMAND_WORD0 = 1
export const COMMAND_NAMESPACE = 2
/** 1: it moves blocks of the namespace. */
export const COMMAND_MOVES = 3
export const COMMAND_PRP1 = 4
export const COMMAND_PRP2 = 5
export const COMMAND_SECTOR = 6
export const COMMAND_SECTORS = 7
const RECORD = 8

/**
 * The commands that an NVMe controller fetched and has not completed. A command goes by the place of its record in `fields`:
 * what belongs to it lies in one line of the host's cache.
 */
export class NvmeCommands {
  readonly fields: Float64Array
  private readonly free: Int32Array
  private freeCount: number

  /** @param count most commands at one time */
  constructor(count: number) {
    this.fields = new Float64Array(count * RECORD)
    this.free = Int32Array.from({ length: count }, (_, i) => i * RECORD)
    this.freeCount = count
  }

  /** @returns place of a record that is free */
  take(): number {
    return this.free[--this.freeCount]!
  }

  /** Takes a command from its submission entry. */
  read(command: number, queue: number, entry: MemoryRing): void {
    const { fields } = this
    const word = entry.read(0)
    const opcode = word & 0xff
    const namespace = entry.read(NVME_NAMESPACE / 4)
    const isKnown = opcode === NVME_READ || opcode === NVME_WRITE
    const moves = isKnown && queue !== NVME_ADMIN_QUEUE && namespace === NVME_THE_NAMESPACE
    fields[command + COMMAND_QUEUE] = queue
    fields[command + COMMAND_WORD0] = word
    fields[command + COMMAND_NAMESPACE] = namespace
    fields[command + COMMAND_MOVES] = moves ? 1 : 0
    fields[command + COMMAND_PRP1] = entry.readAddress(NVME_PRP1 / 4)
    fields[command + COMMAND_PRP2] = entry.readAddress(NVME_PRP2 / 4)
    fields[command + COMMAND_SECTOR] = entry.readAddress(NVME_WORD10 / 4)
    fields[command + COMMAND_SECTORS] = (entry.read(NVME_WORD12 / 4) & 0xffff) + 1
  }

  opcodeOf(command: number): number {
    return this.fields[command + COMMAND_WORD0]! & 0xff
  }

  release(command: number): void {
    this.free[this.freeCount++] = command
  }
}
