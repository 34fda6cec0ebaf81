import { NVME_COMPLETION_BYTES, NVME_SUBMISSION_BYTES } from '../machine/datasheets/nvme.ts'
import type { NvmeQueuePlace } from '../machine/datasheets/nvme.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { MemoryRing } from '../machine/memory-ring.ts'
import type { InterruptLine } from './interrupt-line.ts'

/** A queue pair, as its controller knows it. */
export class NvmeQueue {
  readonly entries: number
  readonly interrupt: InterruptLine
  /** At the next submission to fetch. */
  readonly submissions: MemoryRing
  /** At the next completion to write. */
  readonly completions: MemoryRing
  /** Where the driver's submissions end. */
  tail = 0
  /** Up to where the driver took completions. */
  completionHead = 0
  /** Phase of the completions of this round. */
  phase = 1
  /** Commands fetched whose completions the driver has not taken yet. */
  owed = 0

  constructor(bus: DmaBus, { submission, completion, entries }: NvmeQueuePlace, interrupt: InterruptLine) {
    this.entries = entries
    this.interrupt = interrupt
    this.submissions = new MemoryRing(bus, submission, entries, NVME_SUBMISSION_BYTES)
    this.completions = new MemoryRing(bus, completion, entries, NVME_COMPLETION_BYTES)
  }

  /** There is a command, and will be room for its completion. */
  get canFetch(): boolean {
    return this.submissions.place !== this.tail && this.owed < this.entries - 1
  }

  /** One completion was written. */
  advance(): void {
    this.completions.next()
    if (this.completions.place === 0) this.phase ^= 1
  }

  /** The driver took completions up to `head`. @returns false when they are not there */
  take(head: number): boolean {
    const taken = this.fromHead(head)
    if (taken > this.fromHead(this.completions.place)) return false
    this.completionHead = head
    this.owed -= taken
    return true
  }

  /** Completions from the driver's place up to another. */
  private fromHead(place: number): number {
    const count = place - this.completionHead
    return count < 0 ? count + this.entries : count
  }
}
