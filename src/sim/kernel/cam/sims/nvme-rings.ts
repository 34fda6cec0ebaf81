import {
  NVME_COMPLETION_BYTES,
  NVME_COMPLETION_STATUS,
  NVME_PHASE_SHIFT,
  NVME_SUBMISSION_BYTES,
} from '../../../machine/datasheets/nvme.ts'
import type { NvmeQueuePlace } from '../../../machine/datasheets/nvme.ts'
import type { PhysicalMemory } from '../../../machine/physical-memory.ts'
import type { BusDma } from '../../busdma/busdma.ts'
import { allocateControl } from './control-memory.ts'
import type { ControlMemory } from './control-memory.ts'

/** The driver's side of a queue pair: both rings, and how far each is used. */
export class NvmeRings {
  /** Where the controller finds the rings. */
  readonly place: NvmeQueuePlace
  /** Place of the next submission. */
  tail = 0
  /** Place of the next completion. */
  head = 0
  private readonly memory: PhysicalMemory
  private readonly submissions: ControlMemory
  private readonly completions: ControlMemory
  private readonly entries: number
  private phase = 1

  /** @param limit highest address of the rings */
  constructor(memory: PhysicalMemory, busdma: BusDma, entries: number, limit: number) {
    this.memory = memory
    this.entries = entries
    this.submissions = allocateControl(busdma, entries * NVME_SUBMISSION_BYTES, limit)
    this.completions = allocateControl(busdma, entries * NVME_COMPLETION_BYTES, limit)
    this.clear(this.submissions, entries * NVME_SUBMISSION_BYTES)
    this.clear(this.completions, entries * NVME_COMPLETION_BYTES)
    this.place = { submission: this.submissions.bus, completion: this.completions.bus, entries }
  }

  /** Physical address of the next submission entry, which the caller fills and the doorbell then announces as before `tail`. */
  nextSubmission(): number {
    const entry = this.submissions.physical + this.tail * NVME_SUBMISSION_BYTES
    this.tail = this.tail + 1 === this.entries ? 0 : this.tail + 1
    return entry
  }

  /** Takes the next completion. @returns its word 3, or -1 when the controller has not written it yet */
  takeCompletion(): number {
    const entry = this.completions.physical + this.head * NVME_COMPLETION_BYTES
    const word = this.memory.read32(entry + NVME_COMPLETION_STATUS)
    if (((word >>> NVME_PHASE_SHIFT) & 1) !== this.phase) return -1
    if (++this.head === this.entries) {
      this.head = 0
      this.phase ^= 1
    }
    return word
  }

  private clear(ring: ControlMemory, bytes: number): void {
    for (let at = 0; at < bytes; at += 4) this.memory.write32(ring.physical + at, 0)
  }
}
