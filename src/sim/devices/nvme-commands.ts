/** The commands that an NVMe controller fetched and has not completed, by a number of its own. */
export class NvmeCommands {
  readonly queue: Int32Array
  /** The driver's command identifier. */
  readonly id: Int32Array
  readonly opcode: Int32Array
  readonly namespace: Float64Array
  readonly prp1: Float64Array
  readonly prp2: Float64Array
  readonly sector: Float64Array
  readonly sectors: Int32Array
  private readonly free: Int32Array
  private freeCount: number

  /** @param count most commands at one time */
  constructor(count: number) {
    this.queue = new Int32Array(count)
    this.id = new Int32Array(count)
    this.opcode = new Int32Array(count)
    this.namespace = new Float64Array(count)
    this.prp1 = new Float64Array(count)
    this.prp2 = new Float64Array(count)
    this.sector = new Float64Array(count)
    this.sectors = new Int32Array(count)
    this.free = Int32Array.from({ length: count }, (_, i) => i)
    this.freeCount = count
  }

  take(): number {
    return this.free[--this.freeCount]!
  }

  release(command: number): void {
    this.free[this.freeCount++] = command
  }
}
