import { describe, expect, it } from 'vitest'
import { GIB, parseText, refusal } from './parse.ts'

const HEADER = 'Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime\n'

describe('MSR Cambridge CSV', () => {
  it('reads filetimes to the last digit, relative to the first request', () => {
    const { requests, skipped } = parseText(
      '128166385295514663,hm,0,Write,9056014336,2048,2833\n' +
        '128166385295514878,hm,0,Read,11855351808,512,2617\n' +
        '128166386301451520,hm,0,WRITE,3163095040,4096,3438\n',
    )
    expect(requests).toEqual([
      { kind: 0, write: true, offset: 9056014336, bytes: 2048, atNs: 0 },
      { kind: 0, write: false, offset: 11855351808, bytes: 512, atNs: 21_500 },
      { kind: 0, write: true, offset: 3163095040, bytes: 4096, atNs: 100_593_685_700 },
    ])
    expect(skipped).toBe(0)
  })

  it.each([HEADER, HEADER.toLowerCase(), HEADER.replace('\n', '\r\n'), `\n${HEADER}`])(
    'takes the header line %j',
    (header) => {
      expect(parseText(`${header}5,h,0,read,0,512,0\n`).requests).toEqual([
        { kind: 0, write: false, offset: 0, bytes: 512, atNs: 0 },
      ])
    },
  )

  it('moves a time that runs backwards up to the one before', () => {
    const { requests } = parseText(
      '1000000005,h,0,Read,0,512,0\n999999995,h,0,Read,0,512,0\n1000000006,h,0,Read,0,512,0\n',
    )
    expect(requests.map((each) => each.atNs)).toEqual([0, 0, 100])
  })

  it('tells disks apart by host and number', () => {
    const rows = ['1,a,0', '1,a,1', '1,b,0', '1,a,1'].map((start) => `${start},Read,0,512,0\n`).join('')
    const offsets = parseText(rows, { units: 3, deviceBytes: 3 * GIB }).requests.map(
      (each) => each.offset / GIB,
    )
    expect(offsets).toEqual([0, 1, 2, 1])
  })

  it.each([
    ['a column too few', `${HEADER}1,h,0,Read,0,512\n`, 2, /has 6 fields where MSR CSV has 7/],
    ['a column too many', '1,h,0,Read,0,512,0,9\n', 1, /has 8 fields where MSR CSV has 7/],
    ['a header cut short', 'Timestamp,Hostname,Disk\n', 1, /has 3 fields/],
    ['a second header', `${HEADER}${HEADER}`, 2, /Timestamp "Timestamp" is not a whole number/],
    ['an unknown type', '1,h,0,Trim,0,512,0\n', 1, /Type "Trim" is neither Read nor Write/],
    ['an empty timestamp', `${HEADER},h,0,Read,0,512,0\n`, 2, /Timestamp "" is not a whole number/],
    [
      'a negative timestamp',
      `${HEADER}-128166385295514663,h,0,Read,0,512,0\n`,
      2,
      /Timestamp "-128166385295514663" is negative/,
    ],
    [
      'a letter deep in a timestamp',
      `${HEADER}1281x6385295514663,h,0,Read,0,512,0\n`,
      2,
      /is not a whole number/,
    ],
    [
      'a timestamp too far away',
      '1,h,0,Read,0,512,0\n128166385295514663,h,0,Read,0,512,0\n',
      2,
      /too far from the first/,
    ],
    ['a disk that is no number', '1,h,C,Read,0,512,0\n', 1, /DiskNumber "C" is not/],
    ['a negative offset', '1,h,0,Read,-1,512,0\n', 1, /Offset "-1" is negative/],
    ['an empty size', '1,h,0,Read,0,,0\n', 1, /Size "" is not/],
    ['a zero size', '1,h,0,Read,0,0,0\n', 1, /length is zero/],
    ['a response time that is no number', '1,h,0,Read,0,512,fast\n', 1, /ResponseTime "fast" is not/],
  ])('refuses %s', (_name, text, line, message) => {
    const error = refusal(text)
    expect(error.line).toBe(line)
    expect(error.message).toMatch(message)
    expect(error.fault).toBe('content')
  })
})
