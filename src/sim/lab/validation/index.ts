import { devices } from './devices.ts'
import { register } from './registry.ts'
import type { Experiment } from './types.ts'
import { v1 } from './v1.ts'
import { v2 } from './v2.ts'
import { v3 } from './v3.ts'
import { v4 } from './v4.ts'
import { v5 } from './v5.ts'
import { v6 } from './v6.ts'

/** Every experiment of `dmalab validate`, in the order in which it runs them. */
export const EXPERIMENTS: readonly Experiment[] = register([devices, v1, v2, v3, v4, v5, v6])
