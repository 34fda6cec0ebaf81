import { getHeapStatistics } from 'node:v8'
import type { Operation } from './operation.ts'

const SAMPLES = 100

/** What an operation does to the heap of the host. */
export interface HeapUse {
  readonly name: string
  readonly operations: number
  /** Bytes allocated by each operation, garbage included. */
  readonly allocated: number
  /** Bytes by which each operation made the heap grow for good: before and after a full collection. */
  readonly kept: number
}

/**
 * Measures what an operation allocates, not only what it leaks: between two collections the used heap grows by exactly what
 * is allocated. It is looked at 100 times, so that a collection hides at most one hundredth. Run with a young generation
 * that is large enough, and with `gc` exposed.
 * @param operations how often the operation runs
 */
export function measureHeap(operation: Operation, operations: number, gc: () => void): HeapUse {
  const each = Math.ceil(operations / SAMPLES)
  operation.run(each)
  gc()
  const before = usedBytes()
  let allocated = 0
  let last = before
  for (let sample = 0; sample < SAMPLES; sample++) {
    operation.run(each)
    const used = usedBytes()
    if (used > last) allocated += used - last
    last = used
  }
  gc()
  const total = each * SAMPLES
  return {
    name: operation.name,
    operations: total,
    allocated: allocated / total,
    kept: (usedBytes() - before) / total,
  }
}

function usedBytes(): number {
  return getHeapStatistics().used_heap_size
}
