import { describe, expect, it } from 'vitest'
import { csvBytes, fileNameOf, metricsTable } from '../../../src/renderer/results/csv.ts'
import { direct, mapped } from '../samples.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('csvBytes', () => {
  it('quotes what needs it, uses a decimal point and ends with a newline', () => {
    expect(
      text(
        csvBytes([
          ['name', 'value'],
          ['a, "b"', 0.5],
          ['µs', 1234567.25],
        ]),
      ),
    ).toBe('name,value\n"a, ""b""",0.5\nµs,1234567.25\n')
  })
})

describe('metricsTable', () => {
  it('has base units, a column for each path and the change in per cent', () => {
    const [header, ...rows] = metricsTable([mapped(), direct()])
    expect(header).toEqual(['metric', 'label', 'unit', 'mapped', 'direct', 'direct_vs_mapped_percent'])
    expect(rows.find((row) => row[0] === 'latency_ns.p99')).toEqual([
      'latency_ns.p99',
      'Latency, p99',
      'ns',
      10_000,
      8000,
      -20,
    ])
  })

  it('leaves the change empty where it has no percentage', () => {
    const rows = metricsTable([mapped(), direct({ page_lists_built: 5 })])
    expect(rows.find((row) => row[0] === 'page_lists_built')?.at(-1)).toBe('')
  })
})

it.each([
  [['Shootdown storm', '8 CPUs / fast', 'cpu'], 'Shootdown-storm-8-CPUs-fast-cpu'],
  [['../..', 'a:b'], 'a-b'],
  [['Größe'], 'Größe'],
])('makes a file name of %o', (parts, name) => expect(fileNameOf(...parts)).toBe(name))
