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

  release(command: number): void {
    this.free[this.freeCount++] = command
  }
}
