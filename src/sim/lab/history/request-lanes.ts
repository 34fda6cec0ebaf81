import type { Interval } from './request-intervals.ts'

/** The beginning or the end of an interval in a lane. */
export interface LaneStep {
  readonly begins: boolean
  readonly at: number
  readonly interval: Interval
}

interface Lane {
  readonly steps: LaneStep[]
  /** Intervals that have begun and not ended, outermost first. */
  readonly open: Interval[]
}

/**
 * Lays intervals in lanes, so that in each lane one lies in the other or after it: each goes into the first lane where that is
 * so. The steps of a lane are in the order of time, and an interval ends before the next one begins.
 */
export function layInLanes(intervals: readonly Interval[]): {
  readonly lanes: readonly (readonly LaneStep[])[]
} {
  const lanes: Lane[] = []
  const inOrder = [...intervals].sort((a, b) => a.startNs - b.startNs || b.endNs - a.endNs)
  for (const interval of inOrder) {
    let lane = lanes.find((each) => hasRoom(each, interval))
    if (lane === undefined) {
      lane = { steps: [], open: [] }
      lanes.push(lane)
    }
    lane.steps.push({ begins: true, at: interval.startNs, interval })
    lane.open.push(interval)
  }
  for (const lane of lanes) endUntil(lane, Infinity)
  return { lanes: lanes.map(({ steps }) => steps) }
}

function hasRoom(lane: Lane, interval: Interval): boolean {
  endUntil(lane, interval.startNs)
  const around = lane.open.at(-1)
  return around === undefined || interval.endNs <= around.endNs
}

/** Ends what is over at `at`. Nothing begins in this lane before that any more: intervals come in the order of time. */
function endUntil(lane: Lane, at: number): void {
  for (let innermost = lane.open.at(-1); innermost !== undefined; innermost = lane.open.at(-1)) {
    if (innermost.endNs > at) return
    lane.open.pop()
    lane.steps.push({ begins: false, at: innermost.endNs, interval: innermost })
  }
}
