import type { CallSite } from '../cpu-accounting.ts'
import { CpuAccounting } from '../cpu-accounting.ts'
import type { HistoryRecorder } from './history-recorder.ts'

/** Accounting that also writes each call down. A machine without a history has the plain one, and pays nothing. */
export class TracedAccounting extends CpuAccounting {
  private readonly history: HistoryRecorder

  constructor(sites: readonly CallSite[], history: HistoryRecorder) {
    super(sites)
    this.history = history
  }

  override enter(site: number): void {
    super.enter(site)
    this.history.enter(site)
  }

  override leave(): void {
    super.leave()
    this.history.leave()
  }

  override charge(site: number, ns: number): void {
    super.charge(site, ns)
    this.history.charge(site, ns)
  }
}
