import { EventQueue } from './event-queue.ts'

export type EventHandler = (arg: number) => void

/** The clock and the dispatch of events. Times are simulated nanoseconds. */
export class Simulator {
  private readonly queue = new EventQueue()
  private readonly handlers: EventHandler[] = []

  /** Time of the event being handled. */
  now = 0

  /** Registers a handler once, at set-up. @returns the kind under which its events are scheduled */
  on(handler: EventHandler): number {
    return this.handlers.push(handler) - 1
  }

  /** @param at not before `now` */
  schedule(at: number, kind: number, arg: number): void {
    this.queue.push(at < this.now ? this.now : at, kind, arg)
  }

  /** Handles at most `maxEvents` events. @returns how many; fewer than asked means that none is left */
  run(maxEvents: number): number {
    let done = 0
    while (done < maxEvents && this.step()) done++
    return done
  }

  /** Handles the next event. An arrow function, as handlers are: V8 compiles it for this simulator alone. @returns false without one */
  private readonly step = (): boolean => {
    if (!this.queue.pop()) return false
    this.now = this.queue.time
    this.handlers[this.queue.kind]!(this.queue.arg)
    return true
  }
}
