import type { NvmeQueuePlace } from '../machine/datasheets/nvme.ts'
import type { InterruptLine } from './interrupt-line.ts'

/** A queue pair, as its controller knows it. */
export class NvmeQueue {
  readonly place: NvmeQueuePlace
  readonly interrupt: InterruptLine
  /** Next submission to fetch, and where the driver's submissions end. */
  head = 0
  tail = 0
  /** Next completion to write, and where the driver is. */
  completionTail = 0
  completionHead = 0
  /** Phase of the completions of this round. */
  phase = 1
  /** Commands fetched whose completions the driver has not taken yet. */
  owed = 0

  constructor(place: NvmeQueuePlace, interrupt: InterruptLine) {
    this.place = place
    this.interrupt = interrupt
  }

  /** There is a command, and will be room for its completion. */
  get canFetch(): boolean {
    return this.head !== this.tail && this.owed < this.place.entries - 1
  }

  /** One completion was written. */
  advance(): void {
    if (++this.completionTail < this.place.entries) return
    this.completionTail = 0
    this.phase ^= 1
  }

  /** The driver took completions up to `head`. @returns false when they are not there */
  take(head: number): boolean {
    const { entries } = this.place
    const taken = (head - this.completionHead + entries) % entries
    if (taken > (this.completionTail - this.completionHead + entries) % entries) return false
    this.completionHead = head
    this.owed -= taken
    return true
  }
}
