export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly compared: number
}
export function readFigures(file: string): Figure[]
export function readRecord(file: string): Figure[]
export function writeRecord(file: string, figures: readonly Figure[]): void
export function compareFigures(figures: readonly Figure[], recorded: readonly Figure[]): string
