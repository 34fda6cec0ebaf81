import {
  NVME_COMPLETION_BYTES,
  NVME_COMPLETION_STATUS,
  NVME_PHASE_SHIFT,
  NVME_SUBMISSION_BYTES,
} from '../../../machine/datasheets/nvme.ts'
import type { NvmeQueuePlace } from '../../../machine/datasheets/nvme.ts'
import { MemoryRing } from '../../../machine/memory-ring.ts'
import type { PhysicalMemory } from '../../../machine/physical-memory.ts'
import type { BusDma } from '../../busdma/busdma.ts'
import { allocateControl } from './control-memory.ts'
import type { ControlMemory } from './control-memory.ts'

/** What is no word 3 of a completion: its status would be a reserved one. */
export const NO_COMPLETION = -1

/** The driver's side of a queue pair: both rings, and how far each is used. */
export class NvmeRings {
  /** Where the controller finds the rings. */
  readonly place: NvmeQueuePlace
  /** At the next submission, which the driver fills and the doorbell then announces. */
  readonly submissions: MemoryRing
  /** At the next completion. */
  readonly completions: MemoryRing
  /** Commands of these rings at the controller. */
  outstanding = 0
  private phase = 1

  /** @param limit highest address of the rings */
  constructor(memory: PhysicalMemory, busdma: BusDma, entries: number, limit: number) {
    const submissions = clearedRing(memory, busdma, entries * NVME_SUBMISSION_BYTES, limit)
    const completions = clearedRing(memory, busdma, entries * NVME_COMPLETION_BYTES, limit)
    this.submissions = new MemoryRing(memory, submissions.physical, entries, NVME_SUBMISSION_BYTES)
    this.completions = new MemoryRing(memory, completions.physical, entries, NVME_COMPLETION_BYTES)
    this.place = { submission: submissions.bus, completion: completions.bus, entries }
  }

  /** Takes the next completion. @returns its word 3, or NO_COMPLETION when the controller has not written it yet */
  takeCompletion(): number {
    const { completions } = this
    const word = completions.read(NVME_COMPLETION_STATUS / 4)
    if (((word >>> NVME_PHASE_SHIFT) & 1) !== this.phase) return NO_COMPLETION
    completions.next()
    if (completions.place === 0) this.phase ^= 1
    return word
  }
}

function clearedRing(memory: PhysicalMemory, busdma: BusDma, bytes: number, limit: number): ControlMemory {
  const ring = allocateControl(busdma, bytes, limit)
  for (let at = 0; at < bytes; at += 4) memory.write32(ring.physical + at, 0)
  return ring
}
