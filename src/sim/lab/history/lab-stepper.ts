import { Breakpoints } from '../../engine/history/breakpoints.ts'
import { EVENT_BASE } from '../../engine/history/record-ring.ts'
import { CALL_SITES } from '../../kernel/call-sites.ts'
import { HISTORY_EVENTS, eventCode } from '../../kernel/history-events.ts'
import type { LabRun } from '../run.ts'
import type { History } from './history.ts'
import type { HistoryRecord } from './history-records.ts'
import type { RunObjects } from './inspect-objects.ts'

/** Where to stop: at a call or an event by name, at an error, or at the beginning of a request. */
export type Breakpoint =
  | { readonly kind: 'call'; readonly name: string }
  | { readonly kind: 'error' }
  | { readonly kind: 'request'; readonly request: number }

/** Where a run stands: between two simulated events. */
export interface StepPosition {
  /** Simulated events handled so far. */
  readonly event: number
  readonly simulatedNs: number
  /** Requests begun so far. */
  readonly requests: number
  /** Nothing is left to happen. */
  readonly over: boolean
  /** What stopped it: the record that a breakpoint was waiting for; otherwise the last record so far. Null before the first. */
  readonly record: HistoryRecord | null
  /** The records of the last event, which is an interrupt, or a thread's work until it sleeps or ends. */
  readonly records: readonly HistoryRecord[]
}

/** Most records of one event that a position repeats. */
const MAX_RECORDS = 1000

/**
 * Plays a run event by event, forward and backward. A step is one simulated event, the least that happens as a whole; a
 * breakpoint stops after the event in which its record was written. To go back it builds the run anew and repeats it up to an
 * earlier event, which gives the same, because runs are deterministic: going back costs what it took to come there.
 */
export class LabStepper {
  private readonly build: () => LabRun
  private readonly breakpoints = new Breakpoints()
  private run: LabRun
  private history: History
  private event = 0
  private over = false
  private firstOfEvent = 0
  private hit = -1

  /**
   * @param build makes the run with a history, the same each time. The requests of a trace must all be at hand.
   * @throws RangeError when it makes one without
   */
  constructor(build: () => LabRun) {
    this.build = build
    this.run = build()
    this.history = historyOf(this.run)
  }

  /** @throws RangeError for a name that no call and no event has, or for no request number */
  addBreakpoint(breakpoint: Breakpoint): void {
    if (breakpoint.kind === 'error') this.breakpoints.onCode(eventCode('error'))
    else if (breakpoint.kind === 'call') this.breakpoints.onCode(codeOf(breakpoint.name))
    else if (Number.isInteger(breakpoint.request) && breakpoint.request >= 0)
      this.breakpoints.onRequest(breakpoint.request)
    else throw new RangeError(`${breakpoint.request} is not the number of a request`)
  }

  clearBreakpoints(): void {
    this.breakpoints.clear()
    this.hit = -1
  }

  position(): StepPosition {
    const { next } = this.history.recorder.records
    const first = Math.max(this.firstOfEvent, next - MAX_RECORDS)
    const records: HistoryRecord[] = []
    for (let number = first; number < next; number++) {
      const record = this.history.record(number)
      if (record !== null) records.push(record)
    }
    return {
      event: this.event,
      simulatedNs: this.objects().simulatedNs,
      requests: this.history.recorder.requests.next,
      over: this.over,
      record: this.history.record(this.hit < 0 ? next - 1 : this.hit),
      records,
    }
  }

  /** The states of buffers, msf_bufs and processors at the position. */
  objects(): RunObjects {
    return this.run.objects()
  }

  /** What happened so far. It is another one after a step back. */
  get past(): History {
    return this.history
  }

  stepEvent(): StepPosition {
    this.advance()
    return this.position()
  }

  /** Goes on until one more request has ended. */
  stepRequest(): StepPosition {
    const done = this.run.progress().requestsDone
    while (this.advance() && this.run.progress().requestsDone === done) continue
    return this.position()
  }

  /** Goes on until a breakpoint is met, or to the end. @param maxEvents gives up after so many */
  runToBreakpoint(maxEvents = Infinity): StepPosition {
    this.breakpoints.rearm()
    this.listen(true)
    for (let done = 0; done < maxEvents && this.breakpoints.hit < 0; done++) if (!this.advance()) break
    this.listen(false)
    this.hit = this.breakpoints.hit
    return this.position()
  }

  /** Goes to where `event` events have been handled, forward or backward; to the end when there are fewer. */
  goTo(event: number): StepPosition {
    if (event < this.event) this.restart()
    while (this.event < event && this.advance()) continue
    return this.position()
  }

  /** One event back; at the beginning it stays. */
  stepBack(): StepPosition {
    return this.goTo(Math.max(0, this.event - 1))
  }

  /** Back to where the last request before that was complete ended, or to the beginning. */
  stepBackRequest(): StepPosition {
    const wanted = this.lastBefore(() => this.run.progress().requestsDone)
    return this.goTo(wanted)
  }

  /** Back to the last event before this one that a breakpoint meets, or to the beginning. */
  runBackToBreakpoint(): StepPosition {
    const wanted = this.lastBefore(() => this.hits())
    this.goTo(Math.max(0, wanted - 1))
    return wanted === 0 ? this.position() : this.runToBreakpoint(1)
  }

  /** Repeats the run up to the event before this one. @returns the last event at which the count changed; 0 when none did */
  private lastBefore(count: () => number): number {
    const end = this.event
    this.restart()
    this.breakpoints.rearm()
    this.listen(true)
    this.met = 0
    let wanted = 0
    let before = count()
    while (this.event < end - 1 && this.advance()) {
      const now = count()
      if (now !== before) wanted = this.event
      before = now
    }
    this.listen(false)
    return wanted
  }

  private met = 0

  /** Events so far that met a breakpoint. */
  private hits(): number {
    if (this.breakpoints.hit >= 0) {
      this.met++
      this.breakpoints.rearm()
    }
    return this.met
  }

  /** @returns false when nothing was left to happen */
  private advance(): boolean {
    if (this.over) return false
    this.hit = -1
    this.firstOfEvent = this.history.recorder.records.next
    this.over = this.run.advance(1)
    if (!this.over) this.event++
    return !this.over
  }

  private restart(): void {
    this.run = this.build()
    this.history = historyOf(this.run)
    this.event = 0
    this.over = false
    this.firstOfEvent = 0
    this.hit = -1
  }

  private listen(on: boolean): void {
    this.history.recorder.breakpoints = on ? this.breakpoints : null
  }
}

function historyOf(run: LabRun): History {
  if (run.history === null) throw new RangeError('a run without a history cannot be stepped through')
  return run.history
}

function codeOf(name: string): number {
  const site = CALL_SITES.findIndex((each) => each.name === name)
  if (site >= 0) return site
  const event = HISTORY_EVENTS.findIndex((each) => each.name === name)
  if (event >= 0) return EVENT_BASE + event
  const names = [...CALL_SITES, ...HISTORY_EVENTS].map((each) => each.name).join(', ')
  throw new RangeError(`"${name}" is neither a call nor an event; there are: ${names}`)
}
