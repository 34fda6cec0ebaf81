import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BUILTIN_COSTS } from '../../../src/shared/profiles/builtin-costs.ts'
import type { CostFile } from '../../../src/shared/profiles/cost.ts'
import { costRows } from '../../../src/shared/profiles/cost-table.ts'

const page = new URL('../../../docs/costs.md', import.meta.url)
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

function section(file: CostFile): string[] {
  const rows = costRows(file).map((row) =>
    [
      `\`${row.name}\``,
      row.label,
      row.value,
      row.charged,
      row.calibratedBy === '' ? row.mark : `${row.mark}, set by ${row.calibratedBy}`,
      row.source,
      row.hardware,
      String(row.year ?? 'not known'),
    ]
      .map(cell)
      .join(' | '),
  )
  return [
    `## ${file.name}`,
    '',
    `${file.title}. Assumed values stand for: ${file.hardware}.`,
    '',
    '| cost | what it is | value | charged | mark | source | hardware | year |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
    '',
  ]
}

function render(): string {
  const files = [...BUILTIN_COSTS.values()].sort((one, other) => one.year - other.year)
  return [
    '# What each step costs',
    '',
    'A cost profile says what each primitive of the simulated kernel costs one processor of a generation of machines. A machine names',
    "one of the lab's, or a file of your own: `dmalab costs x86new --json mine.json` writes a copy to change, `dmalab costs mine.json`",
    'checks it and prints it, and `"costs": "mine.json"` in a machine uses it.',
    '',
    'Marks: `published`, read in the source; `secondary`, read in an account of the source; `derived`, by the arithmetic shown;',
    '`assumed`, measured by nobody or recalled without reading the source again: no validation rests on it. "Set by V1" means that',
    'validation experiment V1 calibrates the value, and that no other experiment may touch it.',
    '',
    'Units: `ns`, `us` or `cycles` (with the clock that they were counted at) of one occurrence; `ns/byte`, `us/4KiB` or `MB/s`',
    '(1 MB is 1,000,000 bytes) of a copy.',
    '',
    'Generated from `resources/costs`: `UPDATE_DOCS=1 npx vitest run --project node test/shared/profiles/costs-page.test.ts` writes this',
    'page anew.',
    '',
    ...files.flatMap(section),
  ].join('\n')
}

test('docs/costs.md says what the cost files say', () => {
  if (process.env.UPDATE_DOCS === '1') writeFileSync(page, render())
  expect(readFileSync(page, 'utf8')).toBe(render())
})
