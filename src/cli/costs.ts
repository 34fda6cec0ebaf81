import { loadCosts } from '../main/profiles/load-profiles.ts'
import type { CostFile } from '../shared/profiles/cost.ts'
import { costRows } from '../shared/profiles/cost-table.ts'
import { writeJsonText } from './write-json.ts'

export interface CostsOptions {
  /** File for the profile as JSON, to be changed; `-` is standard output. */
  readonly json?: string
}

const HEAD = ['cost', 'what it is', 'value', 'charged', 'mark', 'set by', 'year', 'see'] as const
/** Columns of figures, which end at the same place. */
const FIGURES: readonly number[] = [2, 3]

/** A profile as text: a table of its costs, and below it where each value comes from. */
export function formatCosts(file: CostFile): string {
  const rows = costRows(file)
  const sources = [...new Set(rows.map(({ source, hardware }) => `${source} (${hardware})`))]
  const table: readonly (readonly string[])[] = [
    HEAD,
    ...rows.map((row) => [
      row.name,
      row.label,
      row.value,
      row.charged,
      row.mark,
      row.calibratedBy,
      String(row.year ?? '?'),
      `[${sources.indexOf(`${row.source} (${row.hardware})`) + 1}]`,
    ]),
  ]
  const widths = HEAD.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)))
  const lines = table.map((cells) =>
    cells
      .map((cell, column) =>
        FIGURES.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  )
  const notes = sources.map((source, index) => `  [${index + 1}] ${source}`)
  return [`${file.name}: ${file.title}`, ...lines, '', ...notes, ''].join('\n')
}

/**
 * `dmalab costs`: checks a cost profile and prints it, or writes it as a file to change.
 * @param costs one of the lab's by name, or the path of a cost file
 * @throws FailureError naming the file, the place and the remedy
 */
export async function showCosts(costs: string, options: CostsOptions): Promise<void> {
  const file = await loadCosts(costs, process.cwd())
  if (options.json === undefined) process.stdout.write(formatCosts(file))
  else await writeJsonText(options.json, file)
}
