/** Units in which sources give costs, and what they are in the engine's own. */

/** Of a cost of one occurrence. */
export const OCCURRENCE_UNITS = ['ns', 'us', 'cycles'] as const
/** Of a cost of each byte; 1 MB is 1,000,000 bytes. */
export const BYTE_UNITS = ['ns/byte', 'us/4KiB', 'MB/s'] as const
export const COST_UNITS = [...OCCURRENCE_UNITS, ...BYTE_UNITS] as const
export type CostUnit = (typeof COST_UNITS)[number]

export interface CostQuantity {
  readonly value: number
  readonly unit: CostUnit
  /** Of the processor whose cycles are counted. */
  readonly clockGHz?: number | undefined
}

/** A quantity in ns, or ns per byte; NaN for cycles without a clock. */
export function figureNs({ value, unit, clockGHz = NaN }: CostQuantity): number {
  switch (unit) {
    case 'ns':
    case 'ns/byte':
      return value
    case 'us':
      return value * 1000
    case 'us/4KiB':
      return (value * 1000) / 4096
    case 'MB/s':
      return 1000 / value
    case 'cycles':
      return value / clockGHz
  }
}
