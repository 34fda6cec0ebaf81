import type { IndexQueue } from '../../../kernel/index-queue.ts'
import { numberOf, stringsOf, VectorError } from '../vector-fields.ts'

/** The numbers in a queue, head first. */
export function queueOf(queue: IndexQueue): number[] {
  const numbers: number[] = []
  for (let index = queue.first; index >= 0; index = queue.after(index)) numbers.push(index)
  return numbers
}

/** The number of a slot that the pool has. */
export function slotOf(value: unknown, slots: number): number {
  const slot = numberOf(value, 'slot')
  if (slot < 0 || slot >= slots) throw new VectorError(`no slot ${slot}`)
  return slot
}

/** Named flags, as the call takes them. */
export function flagsOf(value: unknown, names: Readonly<Record<string, number>>): number {
  let flags = 0
  for (const name of stringsOf(value, 'flags')) {
    const bit = names[name]
    if (bit === undefined) throw new VectorError(`unknown flag ${name}`)
    flags |= bit
  }
  return flags
}
