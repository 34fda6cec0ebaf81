import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { METRICS } from '../../../src/sim/lab/metrics.ts'

const page = new URL('../../../docs/metrics.md', import.meta.url)

function render(): string {
  const rows = Object.entries(METRICS).map(
    ([name, { label, unit, better, definition }]) =>
      `| \`${name}\` | ${label} | ${unit} | ${better ?? ''} | ${definition} |`,
  )
  return [
    '# Metrics',
    '',
    'The names in `--json`, in CSV files and in the app. A name keeps its meaning for ever. Generated from `src/sim/lab/metrics.ts`:',
    '`UPDATE_DOCS=1 npx vitest run --project node test/sim/lab/metrics-page.test.ts` writes this page anew.',
    '',
    '| name | label | unit | better | definition |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

test('docs/metrics.md says what the code says', () => {
  if (process.env.UPDATE_DOCS === '1') writeFileSync(page, render())
  expect(readFileSync(page, 'utf8')).toBe(render())
})
