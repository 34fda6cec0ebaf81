import type { SimLock } from '../../machine/lock.ts'
import type { Machine } from '../../machine/machine.ts'

/**
 * The time that work on the hash and the queues of buffers takes, under the lock around them if there is one. Nothing else is
 * done under it: buffers are stripped, mapped and copied by whoever has them.
 */
export class BufLists {
  private readonly machine: Machine
  private readonly lock: SimLock | null

  constructor(machine: Machine, lock: SimLock | null) {
    this.machine = machine
    this.lock = lock
  }

  /** Spends `ns` at a call site, alone. */
  work(site: number, ns: number): void {
    if (this.lock === null) {
      this.machine.charge(site, ns)
      return
    }
    this.lock.acquire()
    this.machine.charge(site, ns)
    this.lock.release()
  }
}
