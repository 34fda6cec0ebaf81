import { describe, expect, it } from 'vitest'
import { addAxis, countPoints, parseAxis, pointsOf } from '../../src/cli/sweep-axes.ts'

describe('axes of a sweep', () => {
  it('take numbers, words and switches', () => {
    expect(parseAxis('machine.cpus=1,2,8')).toEqual({ field: 'machine.cpus', values: [1, 2, 8] })
    expect(parseAxis('machine.device=ahci-ssd,ide-disk').values).toEqual(['ahci-ssd', 'ide-disk'])
    expect(parseAxis('machine.sanitizer=true,false').values).toEqual([true, false])
    expect(parseAxis('machine.cpus=4').values).toEqual([4])
  })

  it.each(['machine.cpus', '=1,2', 'machine.cpus=', 'machine.cpus=1,,2', 'machine.cpus=1,2,1'])(
    'refuse "%s"',
    (text) => {
      expect(() => parseAxis(text)).toThrow(/expected|empty|twice/)
    },
  )

  it('refuse a field that has an axis already', () => {
    const cpus = parseAxis('machine.cpus=1,2')
    expect(() => addAxis(cpus, [cpus])).toThrow('machine.cpus is set twice')
  })

  it('make every combination, the last axis fastest', () => {
    const axes = [parseAxis('machine.cpus=1,2'), parseAxis('machine.writes=through,delayed')]
    expect(countPoints(axes)).toBe(4)
    expect(pointsOf(axes)).toEqual([
      [
        ['machine.cpus', 1],
        ['machine.writes', 'through'],
      ],
      [
        ['machine.cpus', 1],
        ['machine.writes', 'delayed'],
      ],
      [
        ['machine.cpus', 2],
        ['machine.writes', 'through'],
      ],
      [
        ['machine.cpus', 2],
        ['machine.writes', 'delayed'],
      ],
    ])
    expect(pointsOf([])).toEqual([[]])
  })
})
