import type { CallReason } from '../../../kernel/sleep-channel.ts'
import { AFTER_SIGNAL, AFTER_WAKEUP, FIRST_CALL, WOULD_BLOCK } from '../../../kernel/sleep-channel.ts'
import { numbersOf, type VectorObject } from '../vector-fields.ts'

/**
 * Makes a call that may sleep, and makes it again as often as the kernel's own loop would. At each sleep, the next slot of
 * `onSleepFree` is freed by somebody else; when there is none left, a signal ends the sleep.
 * @returns what the call came to: WOULD_BLOCK when it takes no signal
 */
export function callAsleep(
  op: VectorObject,
  call: (reason: CallReason) => number,
  free: (slot: number) => void,
): number {
  const slots = numbersOf(op.onSleepFree, 'onSleepFree')
  let sleeps = 0
  let result = call(FIRST_CALL)
  while (result === WOULD_BLOCK) {
    const slot = slots[sleeps++]
    if (slot !== undefined) free(slot)
    result = call(slot === undefined ? AFTER_SIGNAL : AFTER_WAKEUP)
    if (slot === undefined) break
  }
  return result
}
