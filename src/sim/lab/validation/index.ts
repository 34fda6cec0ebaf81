import { devices } from './devices.ts'
import type { Experiment } from './types.ts'

/** Every experiment of `dmalab validate`, in the order in which it runs them. */
export const EXPERIMENTS: readonly Experiment[] = [devices]
