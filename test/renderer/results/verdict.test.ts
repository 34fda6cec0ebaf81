import { describe, expect, it } from 'vitest'
import { failuresOf, verdict } from '../../../src/renderer/results/verdict.ts'
import { direct, mapped } from '../samples.ts'

describe('verdict', () => {
  it('compares the direct path with the mapped one', () => {
    expect(verdict([mapped(), direct()])).toBe(
      'direct sends 0 IPIs where mapped sends 812,000; CPU time per request falls 60% (10 µs to 4 µs); ' +
        'throughput rises 10% (400 MB/s to 440 MB/s); p99 latency falls 20% (10 µs to 8 µs).',
    )
  })

  it('does not make much of small changes', () => {
    expect(verdict([mapped(), direct({ throughput_Bps: 402e6 })])).toContain(
      'throughput stays about the same (402 MB/s)',
    )
  })

  it('says so when both paths send equally many IPIs', () => {
    expect(verdict([mapped({ ipis: 3 }), direct({ ipis: 3 })])).toContain(
      'direct and mapped both send 3 IPIs',
    )
  })

  it('asks for the other path when there is one result', () => {
    expect(verdict([mapped()])).toContain('Run another path to compare.')
  })

  it('asks for nothing more of a kernel loop, which has no path', () => {
    expect(verdict([{ ...mapped(), path: 'loop' }])).toMatch(/^The loop moves .* IPIs\.$/)
  })

  it('is empty without results', () => expect(verdict([])).toBe(''))
})

describe('failuresOf', () => {
  it('is empty for sound results', () => expect(failuresOf([mapped(), direct()])).toEqual([]))

  it('names the path with wrong bytes and stale translations', () => {
    expect(failuresOf([direct({ io_errors: 3 })])).toEqual(['direct: 3 requests ended with an I/O error.'])
    const failures = failuresOf([mapped({ verify_errors: 12 }), direct({ tlb_stale_accesses: 1 })])
    expect(failures[0]).toMatch(/^mapped: 12 sectors/)
    expect(failures[1]).toMatch(/^direct: 1 .*stale/)
  })

  it('names what the sanitizer found, the first ten of it', () => {
    const violation = {
      kind: 'hold-leak',
      object: 'page 7: 1 holds',
      at_ns: 1500,
      call_path: 'end of run',
    } as const
    const one = { ...mapped({ sanitizer_violations: 1 }), violations: [violation] }
    expect(failuresOf([one])).toEqual([
      'mapped: the sanitizer found 1 violations.',
      'mapped: hold-leak: page 7: 1 holds; at 1.5 µs in end of run',
    ])
    const many = { ...direct({ sanitizer_violations: 4000 }), violations: Array(100).fill(violation) }
    expect(failuresOf([many])).toHaveLength(11)
    expect(failuresOf([many])[0]).toBe('direct: the sanitizer found 4,000 violations; the first 10 follow.')
  })
})
