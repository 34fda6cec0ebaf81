import type { BounceZone } from './bounce-zone.ts'
import { CallbackList } from './callback-list.ts'
import type { BusDmamap } from './map.ts'
import type { BusDmaPlatform } from './platform.ts'
import { WaitingList } from './waiting-list.ts'

/** What one kernel's tags and maps share. */
export class BusDmaState {
  readonly platform: BusDmaPlatform
  /** Most pages of a zone that map creation grows it to. */
  readonly maxBouncePages: number
  /** Zones open to every tag they suit, oldest first. */
  readonly zones: BounceZone[] = []
  /** The one waiting list of kernels that keep none for each zone. */
  readonly waiters = new WaitingList()
  readonly callbacks: CallbackList<BusDmamap>
  /** Bounce pages attached to maps now, over all zones, and at most so far. */
  bouncePagesActive = 0
  bouncePagesActiveMax = 0

  /** `deferredBy`: who runs deferred loads. */
  constructor(platform: BusDmaPlatform, maxBouncePages: number, deferredBy: 'soft-interrupt' | 'thread') {
    this.platform = platform
    this.maxBouncePages = maxBouncePages
    this.callbacks = new CallbackList(() => {
      if (deferredBy === 'thread') platform.wakeBusdmaThread()
      else platform.raiseSoftInterrupt()
    })
  }
}
