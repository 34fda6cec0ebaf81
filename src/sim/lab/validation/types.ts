import type { RunResult } from '../metrics.ts'
import type { RunPath } from '../scenario.ts'

/**
 * How far a row may be trusted.
 * `CAL`: the published figure sets a free parameter, and the run must give it back.
 * `PRED`: no parameter was touched to meet it.
 * `TREND`: sign, order or rough size only.
 * `CHECK`: a rule or plain arithmetic, which is met or not.
 */
export type RowClass = 'CAL' | 'PRED' | 'TREND' | 'CHECK'

/** One quantity, before it is judged. */
export interface RowFigures {
  readonly quantity: string
  /** Empty for a count. */
  readonly unit: string
  /** Null: nobody published one; the band is then what the model must keep to. */
  readonly published: number | null
  /** Least that passes; null: no limit. */
  readonly low: number | null
  /** Most that passes; null: no limit. */
  readonly high: number | null
  readonly simulated: number
  readonly class: RowClass
  /** Where the published figure or the rule comes from. */
  readonly source: string
  /** What a reader must know to compare the two figures. */
  readonly note?: string
}

/** `predicted`: nobody published a figure, and the model keeps to none; the row is there to be compared one day. */
export type Verdict = 'ok' | 'off' | 'predicted'

export interface ValidationRow extends RowFigures {
  readonly verdict: Verdict
}

/** One scenario of the experiment's project, on one path; kernel loops have the path `loop`. */
export interface PlannedRun {
  readonly scenario: string
  readonly path: RunPath
}

/** A published measurement, or a group of them, that the lab must reproduce. */
export interface Experiment {
  /** Also the name of its project, resources/validation/<id>.dmalab. */
  readonly id: string
  readonly title: string
  /** Free parameters that its CAL rows set, `<profile>: <field>`. No parameter may be set by two experiments. */
  readonly calibrates: readonly string[]
  /** What to run of that project. */
  readonly runs: readonly PlannedRun[]
  /** The rows. @param results one for each of `runs`; the order does not matter */
  readonly evaluate: (results: readonly RunResult[]) => readonly ValidationRow[]
}

export interface ExperimentReport {
  readonly id: string
  readonly title: string
  /** Of its project; null: all its runs are kernel loops, in which nothing is random. */
  readonly seed: number | null
  readonly calibrates: readonly string[]
  /** No row is out of its band. */
  readonly ok: boolean
  readonly rows: readonly ValidationRow[]
}

/** The file that `dmalab validate --json` writes. */
export interface ValidationFile {
  readonly format: 'dmalab.validation'
  readonly version: 1
  /** Every experiment is ok. */
  readonly ok: boolean
  readonly experiments: readonly ExperimentReport[]
}
