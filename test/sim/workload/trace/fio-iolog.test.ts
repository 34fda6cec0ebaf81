import { describe, expect, it } from 'vitest'
import { parseText, refusal } from './parse.ts'

const V2 = 'fio version 2 iolog\n'
const V3 = 'fio version 3 iolog\n'

describe('fio iolog version 2', () => {
  it('gives reads and writes in order and counts the other lines', () => {
    const { requests, skipped } = parseText(
      `${V2}disk add\ndisk open\ndisk read 4096 8192\ndisk sync 0 0\ndisk datasync\ndisk trim 0 4096\ndisk write 0 512\ndisk close\n`,
    )
    expect(requests).toEqual([
      { kind: 0, write: false, offset: 4096, bytes: 8192, atNs: 0 },
      { kind: 0, write: true, offset: 0, bytes: 512, atNs: 0 },
    ])
    expect(skipped).toBe(6)
  })

  it('adds up waits, in microseconds, from the first request', () => {
    const { requests } = parseText(
      `${V2}d wait 7\nd read 0 512\nd wait 150\nd wait 50 0\nd read 0 512\nd read 0 512\n`,
    )
    expect(requests.map((each) => each.atNs)).toEqual([0, 200_000, 200_000])
  })

  it('takes requests of a file that was never added', () => {
    expect(parseText(`${V2}d read 0 512\n`).requests).toHaveLength(1)
  })

  it('takes CRLF, tabs, blank lines, a byte order mark and a last line without line feed', () => {
    const { requests, skipped } = parseText(
      '\u00ef\u00bb\u00bffio version 2 iolog\r\n\r\n  d\tread  512 512 \r\n\n   \nd write 1024 512',
    )
    expect(requests.map((each) => [each.write, each.offset])).toEqual([
      [false, 512],
      [true, 1024],
    ])
    expect(skipped).toBe(0)
  })
})

describe('fio iolog version 3', () => {
  it('reads timestamps as microseconds, relative to the first request', () => {
    const { requests, skipped } = parseText(
      `${V3}29 disk add\n9498 disk open\n9510 disk read 200024064 4096\n9535 disk write 2034221056 8192\n9600 disk close\n`,
    )
    expect(requests).toEqual([
      { kind: 0, write: false, offset: 200024064, bytes: 4096, atNs: 0 },
      { kind: 0, write: true, offset: 2034221056, bytes: 8192, atNs: 25_000 },
    ])
    expect(skipped).toBe(3)
  })

  it('moves a time that runs backwards up to the one before', () => {
    const { requests } = parseText(
      `${V3}100 d read 0 512\n90 d read 0 512\n120 d read 0 512\n110 d read 0 512\n`,
    )
    expect(requests.map((each) => each.atNs)).toEqual([0, 0, 20_000, 20_000])
  })
})

describe('refusals of an iolog', () => {
  it.each([
    ['a missing field', `${V2}d read 0\n`, 2, /has 3 fields where version 2 of the iolog has 4: "d read 0"/],
    [
      'a field too many',
      `${V3}0 d add\n5 d read 0 512 9\n`,
      3,
      /has 6 fields where version 3 of the iolog has 5/,
    ],
    [
      'a version 2 line under a version 3 header',
      `${V3}d read 0 512\n`,
      2,
      /the timestamp "d" is not a whole number/,
    ],
    ['a version 3 line under a version 2 header', `${V2}5 d read 0 512\n`, 2, /"d" is not an action/],
    ['a lone name', `${V2}d\n`, 2, /has 1 fields/],
    ['a negative offset', `${V2}d read -512 512\n`, 2, /the offset "-512" is negative/],
    [
      'an offset that is not a number',
      `${V2}d read 0x200 512\n`,
      2,
      /the offset "0x200" is not a whole number/,
    ],
    ['a fraction', `${V2}d read 0 512.5\n`, 2, /the length "512.5" is not a whole number/],
    ['a zero length', `${V2}d write 0 0\n`, 2, /the length is zero/],
    [
      'a number of 2^53',
      `${V2}d read 9007199254740992 512\n`,
      2,
      /the offset "9007199254740992" is too large/,
    ],
    ['a sum beyond 2^53', `${V2}d read 9007199254740991 512\n`, 2, /together are too large/],
    ['a length over 16 MiB', `${V2}d read 0 16777217\n`, 2, /16777217 bytes is over the most, 16 MiB/],
    ['an unknown action', `${V2}d read 0 512\nd erase 0 512\n`, 3, /"erase" is not an action/],
    ['a malformed line that would be passed over', `${V2}d trim 0 x\n`, 2, /the length "x" is not/],
    ['a malformed sync', `${V2}d sync nowhere\n`, 2, /the offset "nowhere" is not/],
    ['a malformed wait', `${V2}d wait\n`, 2, /has 2 fields where version 2 of the iolog has 3 to 4/],
    ['a wait in version 3', `${V3}5 d wait 100\n`, 2, /version 3 of the iolog has no wait/],
    ['a time beyond 104 days', `${V3}9007199254741 d read 0 512\n`, 2, /microseconds, is too large/],
    [
      'waits that add up beyond it',
      `${V2}d wait 9007199254740\nd wait 1000\n`,
      3,
      /microseconds, is too large/,
    ],
  ])('%s', (_name, text, line, message) => {
    const error = refusal(text)
    expect(error.line).toBe(line)
    expect(error.message).toMatch(message)
    expect(error.remedy).not.toBe('')
    expect(error.fault).toBe('content')
  })

  it('takes a length of exactly 16 MiB and the largest time', () => {
    const { requests } = parseText(`${V3}9007199254740 d read 0 16777216\n`)
    expect(requests).toEqual([{ kind: 0, write: false, offset: 0, bytes: 16777216, atNs: 0 }])
  })
})
