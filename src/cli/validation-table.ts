import type { ExperimentReport, ValidationRow } from '../sim/lab/validation/types.ts'

const HEAD = ['', 'class', 'published', 'simulated', 'passes', 'verdict', 'see'] as const
/** Columns of text; the others hold figures and end at the same place. */
const TEXT_COLUMNS: readonly number[] = [0, 1, 5, 6]

function formatFigure(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US')
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 2 : 3
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

function formatBand({ low, high }: ValidationRow): string {
  if (low === null && high === null) return '-'
  if (low === null) return `at most ${formatFigure(high!)}`
  if (high === null) return `at least ${formatFigure(low)}`
  return low === high ? formatFigure(low) : `${formatFigure(low)} to ${formatFigure(high)}`
}

function cellsOf(row: ValidationRow, see: string): readonly string[] {
  const unit = row.unit === '' ? '' : ` ${row.unit}`
  return [
    row.quantity,
    row.class,
    row.published === null ? '-' : `${formatFigure(row.published)}${unit}`,
    `${formatFigure(row.simulated)}${unit}`,
    formatBand(row),
    row.verdict === 'off' ? 'OFF' : row.verdict,
    see,
  ]
}

/** a, b, ... z, aa, ... */
function letter(index: number): string {
  const last = String.fromCharCode(97 + (index % 26))
  return index < 26 ? last : `${letter(Math.floor(index / 26) - 1)}${last}`
}

function references(row: ValidationRow, sources: readonly string[], notes: readonly string[]): string {
  const source = `[${sources.indexOf(row.source) + 1}]`
  return row.note === undefined ? source : `${source} [${letter(notes.indexOf(row.note))}]`
}

function summary(id: string, rows: readonly ValidationRow[]): string {
  const count = (verdict: ValidationRow['verdict']): number =>
    rows.filter((row) => row.verdict === verdict).length
  const judged = rows.length - count('predicted')
  const more = judged === rows.length ? '' : `, ${count('predicted')} predicted`
  const verdict = count('off') === 0 ? `all ${judged} rows ok` : `${count('off')} of ${judged} rows OFF`
  return `${id}: ${verdict}${more}`
}

function formatReport({ id, title, seed, calibrates, rows }: ExperimentReport): string[] {
  const sources = [...new Set(rows.map((row) => row.source))]
  const notes = [...new Set(rows.flatMap((row) => row.note ?? []))]
  const table = [HEAD, ...rows.map((row) => cellsOf(row, references(row, sources, notes)))]
  const widths = HEAD.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)))
  const lines = table.map((cells) =>
    cells
      .map((cell, column) =>
        TEXT_COLUMNS.includes(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  )
  return [
    seed === null ? `${id}: ${title}` : `${id}: ${title}, seed ${seed}`,
    ...lines,
    '',
    ...sources.map((source, index) => `  [${index + 1}] ${source}`),
    ...notes.map((note, index) => `  [${letter(index)}] ${note}`),
    ...(calibrates.length === 0 ? [] : [`  Parameters that CAL rows set: ${calibrates.join('; ')}`]),
    summary(id, rows),
    '',
  ]
}

/** Reports as text: for each experiment a table, its sources, and what to know about single rows. */
export function formatValidation(reports: readonly ExperimentReport[]): string {
  return `${reports.flatMap(formatReport).join('\n')}`
}
