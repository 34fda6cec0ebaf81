/** A set of up to 64 processors, by number (cpumask_t). */
export class CpuMask {
  private low = 0
  private high = 0

  has(cpu: number): boolean {
    return cpu < 32 ? (this.low & (1 << cpu)) !== 0 : (this.high & (1 << (cpu - 32))) !== 0
  }

  add(cpu: number): void {
    if (cpu < 32) this.low |= 1 << cpu
    else this.high |= 1 << (cpu - 32)
  }

  clear(): void {
    this.low = 0
    this.high = 0
  }

  /** Every processor there could be, installed or not: (cpumask_t)-1. */
  fill(): void {
    this.low = -1
    this.high = -1
  }

  /** Whether all of the 32 processors that a mask of an i386 kernel can name are in it. */
  get isFull(): boolean {
    return this.low === -1
  }

  /** Processors 0 to 31 as an unsigned number, bit n for processor n. */
  get word(): number {
    return this.low >>> 0
  }
}
