import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTrace, TRACE_BUFFER_REQUESTS, TraceStream } from '../../../src/main/traces/open-trace.ts'
import type { TraceBytes } from '../../../src/main/traces/trace-bytes.ts'
import { FailureError } from '../../../src/shared/ipc/failure.ts'
import type { Failure } from '../../../src/shared/ipc/contract.ts'
import type { TraceWorkload } from '../../../src/sim/lab/scenario.ts'
import type { IoRequest } from '../../../src/sim/workload/request-source.ts'

const GIB = 1024 * 1024 * 1024
const WORKLOAD: TraceWorkload = {
  kind: 'trace',
  name: 't',
  file: '',
  format: 'auto',
  pace: 'asap',
  queueDepth: 8,
  limit: 0,
  units: 1,
}
const HEADER = 'fio version 2 iolog\n'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmalab-traces-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, data: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, data)
  return path
}

function lines(count: number): string {
  return (
    HEADER +
    Array.from(
      { length: count },
      (_, i) => `d ${i % 3 === 0 ? 'write' : 'read'} ${(i % 100_000) * 4096} 4096\n`,
    ).join('')
  )
}

/** Reads a stream to its end as a run would: fill, then draw what is there. */
async function readAll(stream: TraceStream, step = 1000): Promise<IoRequest[]> {
  const all: IoRequest[] = []
  for (;;) {
    await stream.fill(step)
    if (stream.source.buffered === 0) return all
    while (stream.source.buffered > 0) {
      const out = { kind: 0, write: false, offset: 0, bytes: 0, atNs: 0 }
      stream.source.next(out)
      all.push(out)
    }
  }
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise
  } catch (error) {
    if (error instanceof FailureError) return error.failure
    throw error
  }
  throw new Error('was accepted')
}

async function readFailure(
  path: string,
  workload: Partial<TraceWorkload> = {},
  deviceBytes = GIB,
): Promise<Failure> {
  return failureOf(
    openTrace({ ...WORKLOAD, ...workload }, path, deviceBytes).then((stream) => readAll(stream)),
  )
}

function bytesOf(chunks: readonly Uint8Array[]): TraceBytes {
  async function* each(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield await Promise.resolve(chunk)
  }
  return { chunks: each(), fraction: () => 0, close: () => undefined }
}

describe('openTrace', () => {
  it('reads plain and gzip files alike, whatever they are called', async () => {
    const text = lines(20_000)
    const plain = await readAll(await openTrace(WORKLOAD, file('plain.gz', text), GIB))
    const packed = await readAll(await openTrace(WORKLOAD, file('packed.iolog', gzipSync(text)), GIB))
    expect(plain).toHaveLength(20_000)
    expect(plain[19_999]).toEqual({ kind: 0, write: false, offset: 19_999 * 4096, bytes: 4096, atNs: 0 })
    expect(packed).toEqual(plain)
  })

  it('reads gzip members one after the other', async () => {
    const data = Buffer.concat([gzipSync(HEADER + 'd read 0 5'), gzipSync('12\nd write 512 512\n')])
    const all = await readAll(await openTrace(WORKLOAD, file('members.gz', data), GIB))
    expect(all.map((each) => [each.write, each.bytes])).toEqual([
      [false, 512],
      [true, 512],
    ])
  })

  it('gives the same requests wherever the chunks end', async () => {
    const text =
      HEADER +
      'dsk-\u00e9 add\r\n' +
      Array.from({ length: 30 }, (_, i) => `dsk-\u00e9 read ${i * 512} 512\r\n`).join('') +
      'dsk-\u00e9 write 0 512'
    const whole = Buffer.from(text)
    const expected = await readAll(new TraceStream('whole', bytesOf([whole]), WORKLOAD, GIB))
    expect(expected).toHaveLength(31)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        async (cuts, step) => {
          const ends = [0, ...cuts.sort((a, b) => a - b), whole.length]
          const chunks = ends.slice(1).map((end, i) => whole.subarray(ends[i], end))
          expect(await readAll(new TraceStream('cut', bytesOf(chunks), WORKLOAD, GIB), step)).toEqual(
            expected,
          )
        },
      ),
    )
  })

  it('stops at the limit and does not look at what follows', async () => {
    const path = file('limit', lines(10) + 'nonsense\n')
    expect(await readAll(await openTrace({ ...WORKLOAD, limit: 10 }, path, GIB))).toHaveLength(10)
    expect((await readFailure(path, { limit: 11 })).place).toBe(`${path}, line 12`)
  })

  it('tells how much of the file was read', async () => {
    const stream = await openTrace(WORKLOAD, file('fraction', lines(100_000)), GIB)
    expect(stream.fraction()).toBe(0)
    await stream.fill(1)
    const early = stream.fraction()
    expect(early).toBeGreaterThan(0)
    expect(early).toBeLessThan(0.5)
    await readAll(stream)
    expect(stream.fraction()).toBe(1)
  })

  it('reads no further than it must, and never beyond its buffer', async () => {
    const stream = await openTrace(WORKLOAD, file('bounded', lines(100_000)), GIB)
    await stream.fill(TRACE_BUFFER_REQUESTS)
    expect(stream.source.buffered).toBe(TRACE_BUFFER_REQUESTS)
    const read = stream.fraction()
    await stream.fill(TRACE_BUFFER_REQUESTS)
    expect(stream.fraction()).toBe(read)
    await expect(stream.fill(TRACE_BUFFER_REQUESTS + 1)).rejects.toThrow(RangeError)
    stream.close()
  })

  it('counts skipped lines', async () => {
    const stream = await openTrace(
      WORKLOAD,
      file('skipped', `${HEADER}d add\nd open\nd read 0 512\nd sync 0 0\n`),
      GIB,
    )
    await readAll(stream)
    expect(stream.source.skipped).toBe(3)
  })

  it('lets go of the file and keeps what is buffered', async () => {
    const stream = await openTrace(WORKLOAD, file('closed', lines(100_000)), GIB)
    await stream.fill(10)
    const buffered = stream.source.buffered
    stream.close()
    stream.close()
    const out = { kind: 0, write: false, offset: 0, bytes: 0, atNs: 0 }
    for (let i = 0; i < buffered; i++) expect(stream.source.next(out)).toBe(true)
    expect(await failureOf(stream.fill(10))).toMatchObject({ code: 'io-error' })
  })
})

describe('refusals', () => {
  it('names file and line of a malformed line, in readable text', async () => {
    const path = file('malformed', `${HEADER}d read 0 512\ngr\u00fc\u00dfe\n`)
    expect(await readFailure(path)).toMatchObject({
      code: 'io-error',
      place: `${path}, line 3`,
      message: expect.stringContaining('"gr\u00fc\u00dfe"') as string,
    })
  })

  it('says the same thing again after a failure, and never that the trace ended', async () => {
    const stream = await openTrace(WORKLOAD, file('again', `${HEADER}d read 0 512\nbad\n`), GIB)
    const first = await failureOf(stream.fill(10))
    expect(await failureOf(stream.fill(10))).toBe(first)
  })

  it('blames the project when a setting does not fit', async () => {
    const path = file('settings', `${HEADER}a read 0 512\nb read 0 512\n`)
    expect(await readFailure(path)).toMatchObject({
      code: 'bad-project',
      place: `${path}, line 3`,
      remedy: expect.stringContaining('workload.units') as string,
    })
    expect(await readFailure(path, { units: 2 }, 1024 * 1024)).toMatchObject({
      code: 'bad-project',
      place: `${path}, line 2`,
      remedy: expect.stringContaining('machine.diskGiB') as string,
    })
  })

  it('an empty file', async () => {
    expect(await readFailure(file('empty', ''))).toMatchObject({
      code: 'io-error',
      message: 'the trace is empty',
    })
  })

  it('a last line cut in half', async () => {
    expect((await readFailure(file('half', `${HEADER}d read 0 512\nd rea`))).message).toMatch(
      /the last line is cut off/,
    )
  })

  it('gzip data cut short, even where the text ends with a whole line', async () => {
    const data = gzipSync(lines(5000))
    const path = file('short.gz', data.subarray(0, data.length - 9))
    expect(await readFailure(path)).toMatchObject({
      code: 'io-error',
      place: path,
      message: 'the gzip data ends too early',
    })
  })

  it('gzip data that is damaged', async () => {
    const data = gzipSync(lines(5000))
    data.fill(0xff, 40, 60)
    expect((await readFailure(file('damaged.gz', data))).message).toMatch(/the gzip data is damaged/)
    const sum = gzipSync(lines(5))
    sum[sum.length - 8] = (sum[sum.length - 8] ?? 0) ^ 1
    expect((await readFailure(file('checksum.gz', sum))).message).toMatch(/the gzip data is damaged/)
  })

  it('a line longer than 64 KiB', async () => {
    const path = file('long', HEADER + 'd read 0 512\n' + 'x'.repeat(200_000))
    expect(await readFailure(path)).toMatchObject({
      code: 'io-error',
      place: `${path}, line 3`,
      message: expect.stringContaining('64 KiB') as string,
    })
    const zeros = file('zeros.gz', gzipSync(Buffer.alloc(50_000_000)))
    expect((await readFailure(zeros)).message).toMatch(/64 KiB/)
  })

  it('a missing file, a folder, and a file that may not be read', async () => {
    expect(await readFailure(join(folder, 'missing'))).toMatchObject({
      code: 'not-found',
      place: join(folder, 'missing'),
    })
    mkdirSync(join(folder, 'folder'))
    expect(await readFailure(join(folder, 'folder'))).toMatchObject({
      code: 'io-error',
      message: 'is not a regular file',
    })
    const locked = file('locked', lines(1))
    chmodSync(locked, 0)
    if (process.getuid?.() !== 0)
      expect(await readFailure(locked)).toMatchObject({ code: 'io-error', place: locked })
  })

  it('random bytes: always a Failure that names the file', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.constantFrom('', HEADER, 'fio version 3 iolog\n', '\x1f\x8b'),
        async (noise, start) => {
          const path = file('noise', Buffer.concat([Buffer.from(start, 'latin1'), noise]))
          const failure = await readFailure(path)
          expect(failure.place).toMatch(path)
          expect(failure.remedy).toBeTruthy()
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('a long trace', () => {
  it('of a million lines streams through a small buffer', async () => {
    const total = 1_000_000
    const block = Buffer.from(Array.from({ length: 1000 }, (_, i) => `d read ${i * 4096} 4096\n`).join(''))
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(HEADER)
      for (let i = 0; i < total / 1000; i++) yield await Promise.resolve(block)
    }
    const stream = new TraceStream(
      'long',
      { chunks: chunks(), fraction: () => 0, close: () => undefined },
      WORKLOAD,
      GIB,
    )
    const out = { kind: 0, write: false, offset: 0, bytes: 0, atNs: 0 }
    let drawn = 0
    let sum = 0
    let most = 0
    for (;;) {
      await stream.fill(512)
      most = Math.max(most, stream.source.buffered)
      if (stream.source.buffered === 0) break
      while (stream.source.buffered > 0 && stream.source.next(out)) {
        drawn++
        sum += out.offset
      }
    }
    expect(drawn).toBe(total)
    expect(sum).toBe((total / 1000) * 4096 * ((999 * 1000) / 2))
    expect(most).toBeLessThan(3000)
  })
})
