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
}
