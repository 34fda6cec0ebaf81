import type { CpuMask } from '../../../machine/cpu-mask.ts'
import type { KernelObserver } from '../../../kernel/kernel-observer.ts'

/**
 * Writes down what happens to a pool's mappings in the notation of the vectors: `P` entry written, `I` local invalidation,
 * `S` one page on others, `T` whole TLB of others, `Z` and `Zc` sleeps, `W` wake-ups; pages as slot.page.
 */
export class EventLog implements KernelObserver {
  private readonly slotPages: number
  private readonly poolPages: number
  private events: string[] = []
  /** Sleeps since the last `take`. */
  sleeps = 0

  /** @param slotPages pages of each slot; @param slots slots, from the first page of the window on */
  constructor(slotPages: number, slots: number) {
    this.slotPages = slotPages
    this.poolPages = slotPages * slots
  }

  /** The events since the last call, separated by blanks. */
  take(): string | undefined {
    const text = this.events.join(' ')
    this.events = []
    this.sleeps = 0
    return text === '' ? undefined : text
  }

  pteWritten(page: number, frame: number): void {
    if (page < this.poolPages) this.events.push(`P${this.place(page)}=${frame}`)
  }

  invalidated(page: number): void {
    if (page < this.poolPages) this.events.push(`I${this.place(page)}`)
  }

  pagesShotDown(page: number, count: number, mask: CpuMask): void {
    for (let i = page; i < page + count; i++) {
      if (i < this.poolPages) this.events.push(`S${this.place(i)}@${mask.word}`)
    }
  }

  flushed(mask: CpuMask): void {
    this.events.push(`T@${mask.word}`)
  }

  slept(interruptible: boolean): void {
    this.sleeps++
    this.events.push(interruptible ? 'Zc' : 'Z')
  }

  woke(): void {
    this.events.push('W')
  }

  private place(page: number): string {
    const slot = Math.floor(page / this.slotPages)
    return `${slot}.${page - slot * this.slotPages}`
  }
}
