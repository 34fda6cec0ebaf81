/** Where a piece of work that may sleep stands after a call; asleep, it is called again once its thread is woken. */
export const STEP_ASLEEP = 0
export const STEP_DONE = 1
export const STEP_FAILED = 2
export type Step = typeof STEP_ASLEEP | typeof STEP_DONE | typeof STEP_FAILED
