/** A map as the callback list sees it. */
export interface CallbackEntry<M> {
  onCallbackList: boolean
  callbackNext: M | null
}

/** Deferred loads whose bounce pages are complete, first in first out, until somebody runs them. */
export class CallbackList<M extends CallbackEntry<M>> {
  private readonly wake: () => void
  private head: M | null = null
  private tail: M | null = null

  /** `wake` calls whoever runs the loads. */
  constructor(wake: () => void) {
    this.wake = wake
  }

  get isEmpty(): boolean {
    return this.head === null
  }

  /** Appends a map and calls for it to be run. A map that is on the list already stays where it is. */
  add(map: M): void {
    if (map.onCallbackList) return
    map.onCallbackList = true
    map.callbackNext = null
    if (this.tail === null) this.head = map
    else this.tail.callbackNext = map
    this.tail = map
    this.wake()
  }

  /** Removes and returns the first map, null when there is none. */
  shift(): M | null {
    const map = this.head
    if (map === null) return null
    this.head = map.callbackNext
    if (this.head === null) this.tail = null
    map.callbackNext = null
    map.onCallbackList = false
    return map
  }
}
