import { COST_NAMES, costLabel, isCostPerByte } from '../../sim/machine/costs.ts'
import type { CostName } from '../../sim/machine/costs.ts'
import type { CostFile, CostMark } from './cost.ts'
import { figureNs } from './cost-units.ts'
import type { CostQuantity } from './cost-units.ts'

/** One cost of a profile, in words: the app, the command line and docs/costs.md show the same rows. */
export interface CostRow {
  readonly name: CostName
  readonly label: string
  /** As the file has it: `262 cycles at 3 GHz`. */
  readonly value: string
  /** What the engine charges: `87.3 ns`, `0.1 ns/byte`. */
  readonly charged: string
  readonly mark: CostMark
  /** Null: the source does not say. */
  readonly year: number | null
  readonly hardware: string
  /** With the arithmetic of a derived value. */
  readonly source: string
  /** Number of the validation experiment that sets the value; empty for most. */
  readonly calibratedBy: string
}

const number = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 4 })

function valueText({ value, unit, clockGHz }: CostQuantity): string {
  const exact = value.toLocaleString('en-US', { maximumFractionDigits: 6 })
  return clockGHz === undefined ? `${exact} ${unit}` : `${exact} ${unit} at ${clockGHz} GHz`
}

/** Every cost of a profile, in the lab's order. */
export function costRows(file: CostFile): readonly CostRow[] {
  return COST_NAMES.map((name) => {
    const figure = file.costs[name]
    return {
      name,
      label: costLabel(name),
      value: valueText(figure),
      charged: `${number(figureNs(figure))} ${isCostPerByte(name) ? 'ns/byte' : 'ns'}`,
      mark: figure.mark,
      year: figure.year === undefined ? file.year : figure.year,
      hardware: figure.hardware ?? file.hardware,
      source: figure.arithmetic === undefined ? figure.source : `${figure.source}: ${figure.arithmetic}`,
      calibratedBy: figure.calibratedBy ?? '',
    }
  })
}
