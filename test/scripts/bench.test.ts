import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../main/temp-folder.ts'

const FEW = ['--rounds', '2', '--round-ms', '1', '--operations', '200']

function bench(...args: string[]) {
  return spawnSync(process.execPath, ['scripts/bench.mjs', ...args], { encoding: 'utf8' })
}

interface Report {
  times: {
    cpus: number
    timings: { name: string; median: number; min: number; max: number; ratio: number }[]
  }[]
  heap: { name: string; operations: number; allocated: number }[]
  control: { allocated: number }
}

describe('npm run bench', () => {
  it('prints a line for every operation on both machines, and writes the same as JSON', () => {
    const file = join(tempFolder(), 'bench.json')
    const { status, stdout } = bench('descriptors', ...FEW, '--json', file)
    expect(status).toBe(0)
    const { times, heap, control } = JSON.parse(readFileSync(file, 'utf8')) as Report
    expect(times.map(({ cpus }) => cpus)).toEqual([1, 2])
    for (const { timings } of times) {
      expect(timings.map(({ name }) => name.replace(/ \+.*,/, ',').replace(/:.*/, ''))).toEqual([
        'yardstick',
        'msf_create_from_xio, 4 pages',
        'msf_create_from_xio, 16 pages',
        'msf_create_from_xio, 32 pages',
        'xio_init_kbuf, 4 pages',
        'xio_init_kbuf, 16 pages',
        'xio_init_kbuf, 32 pages',
        'sf_buf_alloc, hit',
        'sf_buf_alloc, miss',
        'pmap_qenter2, 16 pages unchanged',
      ])
      for (const { median, min, max } of timings) expect(min <= median && median <= max && min > 0).toBe(true)
      for (const { name } of timings) expect(stdout.split(name)).toHaveLength(name.startsWith('yard') ? 3 : 7)
      expect(timings[0]!.ratio).toBe(1)
    }
    expect(heap).toHaveLength(18)
    expect(heap.every(({ operations }) => operations === 200)).toBe(true)
    expect(control.allocated).toBeGreaterThan(16)
  })

  it.each([
    [['nothing'], 'There is no benchmark "nothing". There are: again, batch, busdma, descriptors'],
    [['--rounds', '3'], '--rounds 3: options belong to one benchmark'],
    [['descriptors', '--rounds', 'x'], '--rounds wants a whole number from 1 on, not "x"'],
  ])('refuses %j', (args, message) => {
    const { status, stderr } = bench(...args)
    expect(status).not.toBe(0)
    expect(stderr).toContain(message)
  })
})
