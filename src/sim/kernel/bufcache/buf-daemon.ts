import type { Simulator } from '../../engine/simulator.ts'
import type { Machine } from '../../machine/machine.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import { OK } from '../errno.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import type { BufferCache } from './buffer-cache.ts'
import type { FlushDaemon } from './dirty-bufs.ts'

/** How long it sleeps with its work done, and with work left that it could not do, ns. */
const PSLEEP_NS = 1e9
const QSLEEP_NS = 0.5e9

/** Where it is. */
const PSLEEP = 0
const QSLEEP = 1
const WDRAIN = 2
const RUNNING = 3

export interface BufDaemonParts {
  readonly simulator: Simulator
  readonly machine: Machine
  readonly threads: KernelThreads
  readonly cache: BufferCache
}

/**
 * The buf daemon: writes dirty buffers, oldest first, until no more than lodirtybuffers are left. It looks once a second, when
 * somebody wakes it, and every half second while it is stuck. Looks that would find nothing to do are no events.
 */
export class BufDaemon implements FlushDaemon {
  private readonly simulator: Simulator
  private readonly machine: Machine
  private readonly threads: KernelThreads
  private readonly cache: BufferCache
  private readonly thread: number
  private readonly cpu: number
  private readonly runEvent: number
  private readonly timeoutEvent: number
  private state: typeof PSLEEP | typeof QSLEEP | typeof WDRAIN | typeof RUNNING = PSLEEP
  private sleptAt = 0
  /** Somebody asked for it since it last had nothing to do. */
  private bd_request = false
  /** Number of the sleep; a timeout of another one means nothing. */
  private sleeps = 0
  private armed = false
  /** It has started a write and not yet seen whether too much is being written. */
  private draining = false
  /** Hears of the end of the sync; null while there is none. */
  private synced: (() => void) | null = null

  /**
   * @param thread its number among `threads`; their `wake` must come to this object's for it
   * @param cpu processor that it runs on
   */
  constructor(parts: BufDaemonParts, thread: number, cpu: number) {
    this.simulator = parts.simulator
    this.machine = parts.machine
    this.threads = parts.threads
    this.cache = parts.cache
    this.thread = thread
    this.cpu = cpu
    this.runEvent = parts.simulator.on(() => this.run())
    this.timeoutEvent = parts.simulator.on((sleep) => this.timeout(sleep))
    parts.cache.dirty.daemon = this
  }

  bd_wakeup(): void {
    if (this.bd_request) return
    this.bd_request = true
    if (this.state === PSLEEP || this.state === QSLEEP) this.wake()
  }

  /** Now the next look will find something to do. */
  aboveLow(): void {
    if (this.state !== PSLEEP || this.armed) return
    const turns = Math.floor((this.machine.cpu.clock - this.sleptAt) / PSLEEP_NS) + 1
    this.arm(this.sleptAt + turns * PSLEEP_NS)
  }

  /** A sync has begun and not ended. */
  get isSyncing(): boolean {
    return this.synced !== null
  }

  /**
   * Writes all that is dirty, also what fails and has to be written again, and waits for the writes under way. Nobody else may
   * have a buffer.
   * @param done called by the daemon's thread when everything is on the disk or given up
   */
  sync(done: () => void): void {
    this.synced = done
    if (this.state === PSLEEP || this.state === QSLEEP) this.wake()
  }

  /** Goes on at once, whatever it slept for. */
  wake(): void {
    this.sleeps++
    this.state = RUNNING
    this.simulator.schedule(this.machine.cpu.clock, this.runEvent, 0)
  }

  private timeout(sleep: number): void {
    if (sleep !== this.sleeps) return
    this.sleeps++
    this.state = RUNNING
    this.run()
  }

  private run(): void {
    const { machine, threads } = this
    machine.switchTo(this.cpu, this.simulator.now)
    threads.current = this.thread
    machine.accounting.enter(Site.buf_daemon)
    machine.charge(Site.wakeup, machine.cost.wakeup)
    this.flush()
    machine.accounting.leave()
  }

  private flush(): void {
    const { dirty, limits } = this.cache
    for (;;) {
      if (this.draining) {
        if (this.cache.waitrunningbufspace() !== OK) {
          this.state = WDRAIN
          return
        }
        this.draining = false
        dirty.numdirtywakeup(dirty.middle)
      }
      const goal = this.synced === null ? limits.lodirtybuffers : 0
      if (dirty.numdirtybuffers > goal && this.cache.flushbufqueues()) {
        this.draining = true
        continue
      }
      if (this.synced === null) break
      if (this.cache.running.waitForAll() !== OK) {
        this.state = WDRAIN
        return
      }
      this.endSync(this.synced)
    }
    this.sleptAt = this.machine.cpu.clock
    this.armed = false
    if (dirty.numdirtybuffers <= limits.lodirtybuffers) {
      this.bd_request = false
      this.state = PSLEEP
    } else {
      this.state = QSLEEP
      this.arm(this.sleptAt + QSLEEP_NS)
    }
  }

  private endSync(done: () => void): void {
    const { numdirtybuffers } = this.cache.dirty
    if (numdirtybuffers > 0)
      throw new SimulationFault(`${numdirtybuffers} dirty buffers that the sync cannot write`)
    this.synced = null
    done()
  }

  private arm(at: number): void {
    this.armed = true
    this.simulator.schedule(at, this.timeoutEvent, this.sleeps)
  }
}
