import type { BusDmaDialect } from './dialect.ts'
import { dmalab } from './dmalab.ts'
import { dragonfly2004 } from './dragonfly-2004.ts'
import { dragonfly2020 } from './dragonfly-2020.ts'
import { freebsd10_4 } from './freebsd-10.4.ts'
import { freebsdMain } from './freebsd-main.ts'
import { linux } from './linux.ts'
import type { BusDmaDialectName } from './names.ts'

/** The BUSDMA dialects by name. */
export const BUSDMA_DIALECTS: Readonly<Record<BusDmaDialectName, BusDmaDialect>> = {
  'dragonfly-2004': dragonfly2004,
  'dragonfly-2020': dragonfly2020,
  'freebsd-10.4': freebsd10_4,
  'freebsd-main': freebsdMain,
  dmalab,
  linux,
}
