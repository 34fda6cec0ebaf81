import type { Figure } from '../test/bench/figures.ts'

export function readFigures(file: string): Figure[]
export function readRecord(file: string): Figure[]
export function writeRecord(file: string, figures: readonly Figure[]): void
export function compareFigures(figures: readonly Figure[], recorded: readonly Figure[]): string
