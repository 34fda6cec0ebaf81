import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { BusDmaTagArgs } from '../../../../src/sim/kernel/busdma/tag.ts'
import { BUS_DMA_KEEP_PG_OFFSET } from '../../../../src/sim/kernel/busdma/constants.ts'
import { answerOf, columns, rows, type Row } from './side-by-side.ts'

const page = new URL('../../../../docs/busdma.md', import.meta.url)
const START = '<!-- generated from here; see below the table -->\n'
const END = '<!-- generated to here -->\n'

/** Columns of the page: what stands in their cells, each with the name that it gets where they differ. */
const CELLS: readonly (readonly [title: string, variants: Readonly<Record<string, string>>])[] = [
  ['A: DragonFly 2004, buffer', { '2004': '' }],
  ['B: DragonFly 2004, mbuf or uio', { '2004 mbuf': '' }],
  ['C: DragonFly 2020', { '2020': '' }],
  [
    'D: FreeBSD 10.4 and main',
    { '10.4': '10.4', '10.4 pages': '10.4, page list', main: 'main', 'main pages': 'main, page list' },
  ],
  ['dmalab', { dmalab: '' }],
  ['linux', { linux: '' }],
]

const hex = (value: number): string => value.toString(16)

function inputOf({ tag, pages, offset, length, pool }: Row): string {
  const limits = (['alignment', 'boundary', 'maxsegsz', 'nsegments', 'lowaddr'] as const)
    .filter((name) => tag[name] !== undefined)
    .map((name) => `${name} ${hex(tag[name] as number)}`)
  if (keepsOffset(tag)) limits.push('KEEP_PG_OFFSET')
  if (pool !== undefined) limits.push(`bounce pages ${runsOf(pool)}`)
  return `pages ${runsOf(pages)}, offset ${hex(offset)}, length ${hex(length)}<br>${limits.join(', ')}`
}

function keepsOffset({ flags = 0 }: Partial<BusDmaTagArgs>): boolean {
  return (flags & BUS_DMA_KEEP_PG_OFFSET) !== 0
}

/** Page frames, neighbours as a range. */
function runsOf(pages: readonly number[]): string {
  const runs: [number, number][] = []
  for (const pfn of pages) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === pfn - 1) last[1] = pfn
    else runs.push([pfn, pfn])
  }
  return runs.map(([first, last]) => (first === last ? hex(first) : `${hex(first)}-${hex(last)}`)).join(' ')
}

/** The answer of a column, with three and more equal neighbours as one. */
function answerText(row: Row, column: string): string {
  const answer = answerOf(row, columns[column]!)
  const [error, nsegs] = answer.split(' ')
  if (/^E[A-Z]/.test(answer)) return `${error}, nseg ${nsegs}`
  return answer
    .split(' | ')
    .map((part) => shortened(part.split(' ')))
    .join('<br>then ')
}

function shortened(segments: readonly string[]): string {
  const short: string[] = []
  for (let i = 0; i < segments.length;) {
    const [addr = 0, bytes = 0] = segments[i]!.split('+').map((text) => parseInt(text, 16))
    let count = 1
    while (segments[i + count] === `${hex(addr + count * bytes)}+${hex(bytes)}`) count++
    if (count >= 3) short.push(`${hex(addr)}+${hex(bytes)}×${count}`)
    else short.push(...segments.slice(i, i + count))
    i += count
  }
  return short.join(' ')
}

function cellOf(row: Row, variants: Readonly<Record<string, string>>): string {
  const answers = new Map<string, string[]>()
  for (const [column, name] of Object.entries(variants)) {
    const text = answerText(row, column)
    answers.set(text, [...(answers.get(text) ?? []), name])
  }
  if (answers.size === 1) return [...answers.keys()].join()
  return [...answers].map(([text, names]) => `${names.join('; ')}: ${text}`).join('<br>')
}

function renderTable(): string {
  const titles = ['', 'request and tag', ...CELLS.map(([title]) => title)]
  const lines = rows
    .filter(({ vector }) => vector !== undefined)
    .map((row) => [
      row.vector,
      `${row.name}<br>${inputOf(row)}`,
      ...CELLS.map(([, names]) => cellOf(row, names)),
    ])
  return [titles, titles.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

test('the table of docs/busdma.md is what the dialects answer', () => {
  const text = readFileSync(page, 'utf8')
  const [before, rest = ''] = text.split(START)
  const [table, after] = rest.split(END)
  expect(after, 'the two marks of the table').toBeDefined()
  const rendered = `\n${renderTable()}\n`
  if (process.env.UPDATE_DOCS === '1') writeFileSync(page, before + START + rendered + END + after)
  else expect(table).toBe(rendered)
})
