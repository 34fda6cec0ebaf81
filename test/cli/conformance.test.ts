import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runConformance } from '../../src/cli/conformance.ts'

const VECTORS = join(import.meta.dirname, '../conformance/vectors')
const DRAGONFLY_2020 = join(VECTORS, 'busdma-dragonfly-2020.jsonl.gz')

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'conformance-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true })
})

async function run(...targets: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = []
  const err: string[] = []
  const code = await runConformance(targets, { out: (line) => out.push(line), err: (line) => err.push(line) })
  return { code, out, err }
}

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, content)
  return path
}

function firstLines(count: number): string[] {
  return gunzipSync(readFileSync(DRAGONFLY_2020)).toString('utf8').split('\n').slice(0, count)
}

describe('dmalab conformance', () => {
  it('passes every vector of algorithm C, loads and sequences', async () => {
    expect(await run(DRAGONFLY_2020)).toEqual({
      code: 0,
      out: ['busdma-dragonfly-2020: 1800 passed, 0 failed'],
      err: [],
    })
  })

  it.each([
    ['xio', 1700],
    ['sf_buf', 1800],
    ['msf_buf', 1700],
  ])('passes every vector of %s', async (kind, count) => {
    expect(await run(join(VECTORS, `${kind}.jsonl.gz`))).toEqual({
      code: 0,
      out: [`${kind}: ${count} passed, 0 failed`],
      err: [],
    })
  })

  it('runs a directory in the order of names, and counts skipped vectors apart', async () => {
    await file('vmem.jsonl', '{"id":"a"}\n{"id":"b"}')
    await file('busdma-dragonfly-2020.jsonl.gz', gzipSync(firstLines(2).join('\n') + '\n'))
    await file('notes.txt', 'not a vector')
    expect(await run(dir)).toEqual({
      code: 0,
      out: ['busdma-dragonfly-2020: 2 passed, 0 failed', 'vmem: 0 passed, 0 failed, 2 skipped'],
      err: [],
    })
  })

  it('shows what was expected and what came for a failed vector, and exits with 1', async () => {
    const [line = ''] = firstLines(1)
    const path = await file('mine.jsonl', line.replace('"callbackSegments":4', '"callbackSegments":5'))
    expect(await run(path)).toEqual({
      code: 1,
      out: [
        'df20-v1 failed',
        '  expected {"callbackSegments":5}',
        '  got {"callbackSegments":4}',
        'mine: 0 passed, 1 failed',
      ],
      err: [],
    })
  })

  it.each([
    ['missing.jsonl', null, 'missing.jsonl: no such file or directory'],
    ['text.txt', 'x', 'text.txt: not a .jsonl or .jsonl.gz file'],
    ['cut.jsonl', '{"id":"a"}\n{"id":', 'cut.jsonl:2: not JSON'],
    ['list.jsonl', '\n[]', 'list.jsonl:2: not a vector: a vector must be an object'],
    ['broken.jsonl.gz', 'no gzip', 'broken.jsonl.gz: incorrect header check'],
  ])('exits with 2 and names the place: %s', async (name, content, message) => {
    if (content !== null) await file(name, content)
    const { code, err } = await run(join(dir, name))
    expect(code).toBe(2)
    expect(err.join('\n')).toContain(message)
  })

  it('exits with 2 for a truncated archive', async () => {
    const whole = readFileSync(DRAGONFLY_2020)
    const { code, err } = await run(await file('short.jsonl.gz', whole.subarray(0, 50_000)))
    expect(code).toBe(2)
    expect(err.join('\n')).toContain('short.jsonl.gz: unexpected end of file')
  })

  it('exits with 2 for an empty directory and for no target', async () => {
    expect(await run(dir)).toMatchObject({ code: 2, out: [] })
    expect(await run()).toMatchObject({ code: 2, out: [] })
  })
})
