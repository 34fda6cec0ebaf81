import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TraceError } from '../../../../src/sim/workload/trace/trace-error.ts'
import { TraceParser } from '../../../../src/sim/workload/trace/trace-parser.ts'
import { TraceSource } from '../../../../src/sim/workload/trace/trace-source.ts'
import { drain, emptyRequest, GIB, MIB, OPTIONS, parseText, refusal } from './parse.ts'

const V2 = 'fio version 2 iolog\n'
const V3 = 'fio version 3 iolog\n'
const CSV = '1,h,0,Read,0,512,0\n'

describe('format detection', () => {
  it.each([
    ['auto', V2 + 'd read 0 512\n'],
    ['auto', CSV],
    ['fio-iolog', V3 + '0 d read 0 512\n'],
    ['msr-csv', CSV],
  ] as const)('%s takes %j', (format, text) => {
    expect(parseText(text, { format }).requests).toHaveLength(1)
  })

  it.each([
    ['auto', 'hello world\n', /starts no trace format that is known: "hello world"/, /fio version 2 iolog/],
    ['auto', '\0\x01ELF\n', /starts no trace format that is known: "\?\?ELF"/, /MSR/],
    ['auto', 'fio version 4 iolog\n', /version 4 of the fio iolog is not known/, /version 2 or 3/],
    ['auto', 'fio version 3 io\n', /header of the fio iolog is damaged or cut off/, /first line must be/],
    ['fio-iolog', CSV, /is not the start of format fio-iolog/, /format to auto/],
    ['msr-csv', V2, /is not the start of format msr-csv/, /format to auto/],
    ['msr-csv', 'hello\n', /is not the start of format msr-csv/, /another file/],
  ] as const)('%s refuses %j', (format, text, message, remedy) => {
    const error = refusal(text, { format })
    expect(error.line).toBe(1)
    expect(error.message).toMatch(message)
    expect(error.remedy).toMatch(remedy)
  })

  it('names the line of the header when blank lines stand before it', () => {
    expect(refusal('\n\n\nnonsense\n').line).toBe(4)
  })
})

describe('the end of a trace', () => {
  it.each([
    ['', /the trace is empty/],
    ['\n\n', /the trace is empty/],
    [V2, /ends without a read or write/],
    ['fio version 2 iolog', /ends without a read or write/],
    [V2 + 'd add\nd open\nd close\n', /ends without a read or write/],
  ])('%j is an error', (text, message) => {
    expect(refusal(text).message).toMatch(message)
  })

  it.each([
    ['fio vers', 1],
    [V2 + 'd read 0 512\nd read 0', 3],
    [V3 + '0 d read 0 512\n5', 3],
    [CSV + '2,h,0,Rea', 2],
  ])('%j says that its last line is cut off', (text, line) => {
    const error = refusal(text)
    expect(error.line).toBe(line)
    expect(error.message).toMatch(/^the last line is cut off: /)
  })

  it('does not call a whole last line cut off when only the settings do not fit', () => {
    expect(refusal(V2 + `d read ${2 * GIB} 512`, { deviceBytes: GIB })).toMatchObject({
      fault: 'settings',
      line: 2,
    })
  })
})

describe('places on the device', () => {
  it('gives the i-th name that is read or written its share, in whole MiB', () => {
    const text = `${V2}x add\nb read 0 512\na read 512 512\nb read 1024 512\nc write 0 512\n`
    const share = Math.floor(1000 / 3) * MIB
    const { requests } = parseText(text, { deviceBytes: 1000 * MIB, units: 3 })
    expect(requests.map((each) => each.offset)).toEqual([0, share + 512, 1024, 2 * share])
  })

  it('refuses one name more than units, and says which setting to raise', () => {
    const error = refusal(`${V2}a read 0 512\nb read 0 512\nc read 0 512\n`, { units: 2 })
    expect(error).toMatchObject({ line: 4, fault: 'settings' })
    expect(error.message).toMatch(/"c" is one more file or disk than workload.units, 2/)
    expect(error.remedy).toMatch(/Raise workload.units/)
  })

  it('refuses a request beyond the share, and names a capacity that suffices', () => {
    const text = `${V2}a read 0 512\na read ${3 * GIB} 4096\n`
    const error = refusal(text, { deviceBytes: 2 * GIB, units: 2 })
    expect(error).toMatchObject({ line: 3, fault: 'settings' })
    const need = Number(/Raise machine.diskGiB to (\d+) or more/.exec(error.remedy)?.[1])
    expect(need).toBe(7)
    expect(parseText(text, { deviceBytes: need * GIB, units: 2 }).requests).toHaveLength(2)
  })

  it('fills the share to its last byte', () => {
    expect(parseText(`${V2}a read ${GIB - 512} 512\n`, { deviceBytes: GIB }).requests).toHaveLength(1)
    expect(refusal(`${V2}a read ${GIB - 512} 513\n`, { deviceBytes: GIB }).line).toBe(2)
  })

  it('widens to whole sectors, stays in the share, and never overlaps another name', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.array(
          fc.record({
            unit: fc.nat(63),
            offset: fc.nat(8 * MIB),
            bytes: fc.integer({ min: 1, max: 4 * MIB }),
          }),
          { minLength: 1, maxLength: 50 },
        ),
        (units, items) => {
          const used = items.map((item) => ({ ...item, unit: item.unit % units }))
          const deviceBytes = units * 16 * MIB + 12345
          const text = V2 + used.map((item) => `u${item.unit} write ${item.offset} ${item.bytes}\n`).join('')
          const { requests } = parseText(text, { deviceBytes, units })
          const order = [...new Set(used.map((item) => item.unit))]
          requests.forEach((request, i) => {
            const item = used[i]
            if (item === undefined) throw new Error('more requests than lines')
            const base = order.indexOf(item.unit) * 16 * MIB
            expect(request.offset % 512).toBe(0)
            expect(request.bytes % 512).toBe(0)
            expect(request.offset - base).toBeLessThanOrEqual(item.offset)
            expect(request.offset - base).toBeGreaterThan(item.offset - 512)
            expect(request.offset + request.bytes - base).toBeGreaterThanOrEqual(item.offset + item.bytes)
            expect(request.offset + request.bytes - base).toBeLessThan(item.offset + item.bytes + 512)
          })
          expect(requests).toHaveLength(used.length)
        },
      ),
    )
  })
})

describe('round trips', () => {
  const request = fc.record({
    write: fc.boolean(),
    offset: fc.nat(1_000_000).map((sector) => sector * 512),
    bytes: fc.integer({ min: 1, max: 256 }).map((sectors) => sectors * 512),
    gapUs: fc.nat(10_000_000),
  })
  const requests = fc.array(request, { minLength: 1, maxLength: 100 }).map((items) => {
    let atUs = -(items[0]?.gapUs ?? 0)
    return items.map(({ write, offset, bytes, gapUs }) => ({
      kind: 0,
      write,
      offset,
      bytes,
      atNs: (atUs += gapUs) * 1000,
    }))
  })

  it('version 2 with waits, version 3 and MSR CSV give back what was written', () => {
    fc.assert(
      fc.property(
        requests,
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        fc.constantFrom('\n', '\r\n'),
        (all, epoch, end) => {
          const v2 = all.flatMap((r, i) => [
            `d wait ${(r.atNs - (all[i - 1]?.atNs ?? 0)) / 1000}`,
            `d ${r.write ? 'write' : 'read'} ${r.offset} ${r.bytes}`,
          ])
          const v3 = all.map(
            (r) => `${r.atNs / 1000 + 77} d ${r.write ? 'write' : 'read'} ${r.offset} ${r.bytes}`,
          )
          const msr = all.map(
            (r) =>
              `${epoch + BigInt(r.atNs) / 100n},h,0,${r.write ? 'Write' : 'Read'},${r.offset},${r.bytes},1`,
          )
          const texts = [['fio version 2 iolog', ...v2], ['fio version 3 iolog', ...v3], msr]
          for (const lines of texts) expect(parseText(lines.join(end) + end).requests).toEqual(all)
        },
      ),
    )
  })
})

describe('bad input', () => {
  const word = fc.constantFrom(
    'd',
    'read',
    'write',
    'wait',
    'trim',
    'sync',
    'add',
    '0',
    '512',
    '-1',
    '1e9',
    '9007199254740993',
    '',
    '\0',
    'Read',
    '1,h,0,Read,0,512,0',
  )
  const line = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.array(word, { maxLength: 9 }).map((words) => words.join(' ')),
    fc.array(word, { maxLength: 9 }).map((words) => words.join(',')),
    fc.constantFrom('d read 0 512', '5 d write 512 512', '1,h,0,Read,0,512,0'),
  )
  const first = fc.oneof(
    fc.constantFrom('fio version 2 iolog', 'fio version 3 iolog', '1,h,0,Read,0,512,0'),
    line,
  )

  it('gives requests or a TraceError with line and remedy, and nothing else', () => {
    let refused = 0
    fc.assert(
      fc.property(
        first,
        fc.array(line, { maxLength: 20 }),
        fc.constantFrom('auto', 'fio-iolog', 'msr-csv' as const),
        (head, lines, format) => {
          const text = [head, ...lines].join('\n')
          try {
            for (const request of parseText(text, { format }).requests) {
              expect(request.bytes).toBeGreaterThan(0)
              expect(request.offset + request.bytes).toBeLessThanOrEqual(OPTIONS.deviceBytes)
              expect(Number.isSafeInteger(request.atNs) && request.atNs >= 0).toBe(true)
            }
          } catch (error) {
            if (!(error instanceof TraceError)) throw error
            refused++
            expect(error.line).toBeGreaterThanOrEqual(1)
            expect(error.line).toBeLessThanOrEqual(text.split('\n').length)
            expect(error.remedy).not.toBe('')
          }
        },
      ),
      { numRuns: 2000 },
    )
    expect(refused).toBeGreaterThan(500)
  })

  it('keeps one request for each line: a damaged line among good ones is found, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.nat(30),
        fc.constantFrom('d read 0', 'd read 0 512 0', 'dread 0 512', 'd read 0 512d read 0 512'),
        (before, bad) => {
          const error = refusal(V2 + 'd read 0 512\n'.repeat(before) + `${bad}\n` + 'd read 0 512\n')
          expect(error.line).toBe(before + 2)
        },
      ),
    )
  })
})

describe('TraceSource', () => {
  function parserOf(count: number, capacity = 4096): TraceParser {
    const parser = new TraceParser({ ...OPTIONS, capacity })
    parser.push('fio version 2 iolog')
    for (let i = 0; i < count; i++) parser.push(`d read ${i * 512} 512`)
    return parser
  }

  it('gives as many as the limit allows, and all when it is 0', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(50), (count, limit) => {
        const parser = parserOf(count)
        parser.end('')
        const wanted = limit === 0 ? count : Math.min(limit, count)
        const source = new TraceSource(parser, limit)
        expect(source.buffered).toBe(wanted)
        expect(drain(source).map((each) => each.offset)).toEqual(
          Array.from({ length: wanted }, (_, i) => i * 512),
        )
        expect(source.buffered).toBe(0)
      }),
    )
  })

  it('is complete once the ring holds all that the limit allows', () => {
    const parser = parserOf(2)
    const source = new TraceSource(parser, 3)
    expect(source.complete).toBe(false)
    parser.push('d read 0 512')
    expect(source.complete).toBe(true)
    expect(drain(source)).toHaveLength(3)
  })

  it('does not take a dry ring for the end of the trace', () => {
    const parser = parserOf(1)
    const source = new TraceSource(parser, 0)
    expect(source.next(emptyRequest())).toBe(true)
    expect(() => source.next(emptyRequest())).toThrow(/faster than it was read/)
    parser.end('')
    expect(source.next(emptyRequest())).toBe(false)
  })

  it('leaves the record alone at the end', () => {
    const parser = parserOf(1)
    parser.end('')
    const source = new TraceSource(parser, 0)
    drain(source)
    const out = { kind: 0, write: true, offset: 7, bytes: 7, atNs: 7 }
    expect(source.next(out)).toBe(false)
    expect(out).toEqual({ kind: 0, write: true, offset: 7, bytes: 7, atNs: 7 })
  })

  it('keeps order around a ring much smaller than the trace, which refuses to overflow', () => {
    const parser = parserOf(3, 3)
    const source = new TraceSource(parser, 0)
    const seen: number[] = []
    const out = emptyRequest()
    expect(() => parser.push('d read 0 512')).toThrow('the ring of requests is full')
    for (let i = 3; i < 100; i++) {
      source.next(out)
      seen.push(out.offset / 512)
      parser.push(`d read ${i * 512} 512`)
    }
    parser.end('')
    seen.push(...drain(source).map((each) => each.offset / 512))
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })
})
