import { formatNumber, formatTime } from '../format/quantity.ts'
import type { RunRow } from '../stores/runs.ts'

const stateNames = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  cancelled: 'cancelled',
  failed: 'failed',
} as const

/** What a run has done so far: requests, simulated time and speed. */
export function describeProgress({ state, progress }: RunRow): string {
  if (state === 'waiting') return stateNames.waiting
  const total = progress.requestsTotal === null ? '' : ` of ${formatNumber(progress.requestsTotal)}`
  const speed =
    progress.wallMs > 0
      ? ` · ${formatNumber(Math.round((progress.requestsDone / progress.wallMs) * 1000))} requests/s`
      : ''
  const ended = state === 'running' || state === 'done' ? '' : ` · ${stateNames[state]}`
  return `${formatNumber(progress.requestsDone)}${total} requests · ${formatTime(progress.simulatedNs)} simulated${speed}${ended}`
}

/** Per cent of a fraction, rounded down so that 100 means done. */
export function percentOf(fraction: number): number {
  return Math.floor(Math.min(1, Math.max(0, fraction)) * 100)
}
