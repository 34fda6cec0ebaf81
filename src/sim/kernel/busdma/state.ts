import type { BounceZone } from './bounce-zone.ts'
import { CallbackList } from './callback-list.ts'
import type { BusDmamap } from './map.ts'
import type { BusDmaPlatform } from './platform.ts'

/** What one kernel's tags and maps share. */
export class BusDmaState {
  readonly platform: BusDmaPlatform
  /** Most pages of a zone that map creation grows it to (hw.busdma.max_bpages). */
  readonly maxBouncePages: number
  /** Zones open to every tag they suit, oldest first. */
  readonly zones: BounceZone[] = []
  readonly callbacks: CallbackList<BusDmamap>
  /** Bounce pages attached to maps now, over all zones, and at most so far. */
  bouncePagesActive = 0
  bouncePagesActiveMax = 0

  constructor(platform: BusDmaPlatform, maxBouncePages: number) {
    this.platform = platform
    this.maxBouncePages = maxBouncePages
    this.callbacks = new CallbackList(platform)
  }
}
