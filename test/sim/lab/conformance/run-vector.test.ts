import { describe, expect, it } from 'vitest'
import { runVector, VectorError } from '../../../../src/sim/lab/conformance/run-vector.ts'

const tag = {
  alignment: 1,
  boundary: 0,
  lowaddr: 16777215,
  highaddr: null,
  maxsize: 65536,
  nsegments: 8,
  maxsegsz: 65536,
}

const single = {
  id: 'one',
  algo: 'C',
  via: 'load',
  ramPages: 1048576,
  tag,
  pages: [4096, 9],
  offset: 16,
  length: 8000,
  bouncePfns: [128, 130],
  expect: {
    error: 'OK',
    returned: 'OK',
    callbackSegments: 2,
    segments: [
      [524288, 4080],
      [36864, 3920],
    ],
    bouncePagesUsed: 1,
    bounces: [[16, 4080, 524288]],
    pool: [2, 1, 0, 1],
    freeListAfterUnload: [128, 130],
  },
}

const sequence = {
  id: 'many',
  algo: 'C',
  ramPages: 1048576,
  ops: [
    { op: 'tag', tag: 0, parent: null, ...tag },
    { op: 'pool', tag: 0, pfns: [1] },
    { op: 'map', map: 0, tag: 0 },
    { op: 'load', map: 0, pages: [4096], offset: 0, length: 8 },
    { op: 'fillClient', map: 0, seed: 1 },
    { op: 'sync', map: 0, ops: ['PREWRITE'] },
    { op: 'deviceRead', map: 0 },
  ],
  expect: [
    {},
    { pool: [1, 1, 0, 0] },
    { pool: [1, 1, 0, 0] },
    {
      callbacks: [{ map: 0, callbackSegments: 1, segments: [[4096, 8]] }],
      pool: [1, 0, 0, 1],
      bouncePagesUsed: 1,
    },
    {},
    {},
    { crc32: 0xa7018cf0 },
  ],
}

describe('runVector', () => {
  it('passes a vector whose result agrees', () => {
    expect(runVector('busdma-dragonfly-2020', single)).toEqual({ id: 'one', outcome: 'passed' })
  })

  it('goes by the algorithm of a busdma vector, whatever its file is called', () => {
    expect(runVector('mine', single).outcome).toBe('passed')
  })

  it.each([
    ['segments', [[524288, 4080]]],
    ['pool', [2, 2, 0, 0]],
    ['pagesNeeded', 1],
    ['bounces', [[0, 4080, 524288]]],
    ['freeListAfterUnload', [130, 128]],
    ['effectiveTag', { ...tag, chain: 2 }],
    ['somethingNew', 1],
  ])('fails a vector with another %s, and shows both', (field, value) => {
    const result = runVector('mine', { ...single, expect: { ...single.expect, [field]: value } })
    expect(result.outcome).toBe('failed')
    expect(Object.keys(result.expected ?? {})).toEqual([field])
    expect(result.expected?.[field]).toEqual(value)
    expect(Object.keys(result.got ?? {})).toEqual([field])
  })

  it('fails a vector that expects less than happened', () => {
    const silent = { ...single.expect, pool: undefined }
    expect(runVector('mine', { ...single, expect: silent })).toMatchObject({
      outcome: 'failed',
      got: { pool: [2, 1, 0, 1] },
    })
  })

  it('names the operation of a sequence that differs', () => {
    const wrong = sequence.expect.with(2, { pool: [2, 2, 0, 0] })
    expect(runVector('mine', { ...sequence, expect: wrong })).toMatchObject({
      id: 'many',
      outcome: 'failed',
      expected: { index: 2, op: 'map' },
      got: { pool: [1, 1, 0, 0] },
    })
  })

  it('moves real bytes in a sequence', () => {
    expect(runVector('mine', sequence)).toEqual({ id: 'many', outcome: 'passed' })
  })

  it('skips kinds without a model, and says so', () => {
    expect(runVector('vmem', { id: 'x' })).toEqual({
      id: 'x',
      outcome: 'skipped',
      reason: 'not modelled yet',
    })
    expect(runVector('mine', { ...single, via: 'ccb' })).toMatchObject({ outcome: 'skipped' })
    expect(runVector('mine', { ...single, algo: 'D', kernel: 'FreeBSD 2' })).toMatchObject({
      outcome: 'skipped',
    })
    expect(runVector('xio', { id: 'x', kernel: 'dragonfly-1999' })).toMatchObject({ outcome: 'skipped' })
  })

  it('counts a panic of the simulated kernel as a failure', () => {
    const twice = { op: 'free', slot: 0 }
    const vector = { id: 'p', kernel: 'dragonfly-2004', slots: 1, cpus: 1, ops: [twice], expect: [{}] }
    expect(runVector('sf_buf', vector)).toEqual({
      id: 'p',
      outcome: 'failed',
      expected: {},
      got: { panic: 'sf_buf_free: sf_buf 0 is free' },
    })
  })

  it('refuses what is not a vector', () => {
    expect(() => runVector('mine', [])).toThrow(VectorError)
    expect(() => runVector('mine', { algo: 'C' })).toThrow('id must be a string')
    expect(() => runVector('mine', { ...single, pages: 'all' })).toThrow('pages must be a list')
    expect(() => runVector('mine', { ...single, flags: ['HURRY'] })).toThrow('unknown flag HURRY')
  })
})
