import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ResultFile, RunResult } from '../../src/shared/lab.ts'
import { IO_PATHS, METRICS } from '../../src/shared/lab.ts'
import { serializeProject } from '../../src/shared/project/parse.ts'
import { scalarMetrics } from '../../src/shared/scalar-metrics.ts'
import { BusDma } from '../../src/sim/kernel/busdma/busdma.ts'
import { PageHolds } from '../../src/sim/kernel/vm/page-holds.ts'
import { smallProject } from '../main/small-project.ts'
import { tempFolder } from '../main/temp-folder.ts'
import { dmalab } from './run-program.ts'

const folder = tempFolder()
const PROJECT = file('small.dmalab', projectText())
const FAST = ['--set', 'workload.requests=200'] as const

afterEach(() => vi.restoreAllMocks())

/** A project with the scenarios `base` and `second, "odd"`, and the workload `trace`. */
function projectText(): string {
  const project = smallProject()
  return serializeProject({
    ...project,
    seed: 7,
    workloads: [
      ...project.workloads,
      {
        kind: 'trace',
        name: 'trace',
        file: 'builtin:rand-read-4k.iolog.gz',
        format: 'auto',
        units: 1,
        limit: 100,
        pace: 'asap',
        queueDepth: 4,
      },
    ],
    scenarios: [
      ...project.scenarios,
      { name: 'second, "odd"', machine: 'pc', workload: 'random', set: { 'machine.cpus': 3 } },
    ],
  })
}

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A method as it is, to be called by what replaces it. */
function methodOf<T extends object, K extends keyof T>(prototype: T, name: K): T[K] {
  return prototype[name]
}

function results(text: string): readonly RunResult[] {
  const value = JSON.parse(text) as ResultFile
  expect(value).toMatchObject({ format: 'dmalab.result', version: 1 })
  return value.runs
}

/** Rows of a CSV text with quoted cells, as RFC 4180 has them. */
function csvRows(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
      ),
    )
}

describe('dmalab run', () => {
  it('runs every scenario on the direct path with the seed of the project', async () => {
    const { code, out, err } = await dmalab('run', PROJECT, ...FAST, '--json', '-')
    expect([code, err]).toEqual([0, ''])
    expect(
      results(out).map(({ scenario, path, seed, metrics }) => [scenario, path, seed, metrics.requests]),
    ).toEqual([
      ['base', 'direct', 7, 200],
      ['second, "odd"', 'direct', 7, 200],
    ])
    expect(Object.keys(results(out)[0]!.metrics)).toEqual(Object.keys(METRICS))
  })

  it('takes path, scenario, seed and fields from the command line', async () => {
    const run = (...args: string[]): ReturnType<typeof dmalab> =>
      dmalab('run', PROJECT, '--scenario', 'base', '--json', '-', ...FAST, ...args)
    const [plain] = results((await run()).out)
    const [mapped] = results((await run('--path', 'mapped')).out)
    expect(mapped).toMatchObject({ path: 'mapped', seed: 7 })
    expect(mapped!.metrics.kva_maps).toBeGreaterThan(0)
    const [seeded] = results((await run('--seed', '4294967295')).out)
    expect(seeded!.seed).toBe(4294967295)
    expect(seeded!.metrics.latency_ns).not.toEqual(plain!.metrics.latency_ns)
    const [again] = results((await run('--seed', '7')).out)
    expect(again!.metrics.cpu_tree).toEqual(plain!.metrics.cpu_tree)
    const [set] = results(
      (await run('--set', 'workload.requestKiB=64', '--set', 'machine.fidelity=metadata')).out,
    )
    expect(set!.metrics.bytes).toBe(200 * 65536)
  })

  it('prints a table and the verdict', async () => {
    const { code, out } = await dmalab('run', PROJECT, ...FAST, '--scenario', 'second, "odd"')
    expect(code).toBe(0)
    expect(out).toContain('second, "odd", seed 7\n')
    expect(out).not.toContain('base, seed 7')
    expect(out).toMatch(/^requests +200$/m)
    expect(out).toMatch(/^latency_ns\.p99 +[\d,.]+$/m)
    expect(out).not.toContain('wall_ms')
    expect(out.endsWith('Every byte read was what had been written.\n')).toBe(true)
  })

  it('prints what the sanitizer found, ten of each run and the count, and exits with 1', async () => {
    const hold = methodOf(PageHolds.prototype, 'hold')
    vi.spyOn(PageHolds.prototype, 'hold').mockImplementation(function (this: PageHolds, pfn) {
      hold.call(this, pfn)
      hold.call(this, pfn)
    })
    const args = ['run', PROJECT, '--scenario', 'base', '--set', 'workload.requests=20'] as const
    const broken = await dmalab(...args)
    expect(broken.code).toBe(1)
    const lines = broken.out.trimEnd().split('\n')
    const head = lines.findIndex((line) =>
      /^SANITIZER: \d+ violations in base on the direct path\.$/.test(line),
    )
    expect(lines.length).toBe(head + 12)
    expect(lines[head + 1]).toMatch(
      /^ {2}hold-leak: page \d+: 2 holds, of which buffers account for 1; at [\d,.]+ ns in end of run$/,
    )
    expect(lines.at(-1)).toMatch(/^ {2}and \d+ more$/)
    const off = await dmalab(...args, '--set', 'machine.sanitizer=false')
    expect(off.code).toBe(0)
    expect(off.out).not.toContain('SANITIZER')
    expect(off.out).toMatch(/^sanitizer_violations \(violations\) +0$|^sanitizer_violations +0$/m)
  })

  it('writes results as JSON and as CSV that hold the same', async () => {
    const json = join(folder, 'out.json')
    const csv = join(folder, 'new', 'csv')
    const { code } = await dmalab('compare', PROJECT, ...FAST, '--json', json, '--csv', csv)
    expect(code).toBe(0)
    const runs = results(readFileSync(json, 'utf8'))
    expect(runs.length).toBe(4)

    const [header, ...rows] = csvRows(readFileSync(join(csv, 'metrics.csv'), 'utf8'))
    expect(header!.slice(0, 4)).toEqual(['scenario', 'path', 'seed', 'requests'])
    expect(rows.length).toBe(4)
    runs.forEach((run, i) => {
      const values = scalarMetrics(run.metrics)
      expect(header!.slice(3)).toEqual(values.map(([name]) => name))
      expect(rows[i]).toEqual([run.scenario, run.path, '7', ...values.map(([, value]) => String(value))])
    })

    const [seriesHeader, ...series] = csvRows(readFileSync(join(csv, 'series.csv'), 'utf8'))
    expect(seriesHeader).toEqual([
      'scenario',
      'path',
      'seed',
      'start_ns',
      'width_ns',
      'requests',
      'bytes',
      'ipis',
      'latency_sum_ns',
    ])
    for (const run of runs) {
      const bins = series.filter(([scenario, path]) => scenario === run.scenario && path === run.path)
      const sum = (column: number): number => bins.reduce((total, row) => total + Number(row[column]), 0)
      expect([sum(5), sum(6), sum(7)]).toEqual([run.metrics.requests, run.metrics.bytes, run.metrics.ipis])
      bins.forEach((row, i) => expect(Number(row[3])).toBe(i * Number(row[4])))
    }

    const [treeHeader, ...tree] = csvRows(readFileSync(join(csv, 'cpu-tree.csv'), 'utf8'))
    expect(treeHeader).toEqual(['scenario', 'path', 'seed', 'call_path', 'layer', 'self_ns', 'total_ns'])
    for (const run of runs) {
      const nodes = tree.filter(([scenario, path]) => scenario === run.scenario && path === run.path)
      expect(nodes[0]!.slice(3)).toEqual(['all', 'syscall', '0', String(run.metrics.cpu_tree.total_ns)])
      expect(nodes.reduce((total, row) => total + Number(row[5]), 0)).toBe(run.metrics.cpu_tree.total_ns)
      expect(nodes.some((row) => row[3] === 'all;read;copyout')).toBe(true)
    }
  })

  it('ends with 1 when a sector was not what had been written', async () => {
    vi.spyOn(BusDma.prototype, 'bus_dmamap_sync').mockReturnValue()
    const { code, out } = await dmalab('run', PROJECT, ...FAST, '--set', 'machine.device=ide-disk')
    expect(code).toBe(1)
    expect(out).toMatch(/VERIFICATION FAILED: \d+ sectors were not what had been written\.\n$/)
  })

  it('says how many requests failed', async () => {
    const { code, out } = await dmalab('run', PROJECT, ...FAST, '--set', 'machine.mediaErrors=1000000')
    expect(code).toBe(0)
    expect(out).toMatch(/I\/O ERRORS: \d+ requests failed in .+ on the direct path\.\n/)
  })

  it('ends with 1 and says why when the simulation itself fails', async () => {
    vi.spyOn(BusDma.prototype, 'bus_dmamap_unload').mockImplementation(() => {
      throw new Error('the map is gone')
    })
    const { code, err } = await dmalab('run', PROJECT, ...FAST)
    expect(code).toBe(1)
    expect(err).toContain('the map is gone')
  })

  it('ends with 2 and names the device when it cannot work at all', async () => {
    vi.spyOn(BusDma.prototype, 'bus_dmamap_load').mockReturnValue(14)
    const { code, err } = await dmalab('run', PROJECT, ...FAST)
    expect(code).toBe(2)
    expect(err).toMatch(/machine\.device: the disk does not tell its capacity: EFAULT\n.*device file/)
  })

  it.each<[string, string[], RegExp]>([
    ['an unknown flag', ['run', PROJECT, '--fast'], /unknown option '--fast'/],
    ['an unknown command', ['walk'], /unknown command 'walk'/],
    ['no project', ['run'], /missing required argument 'project'/],
    ['an unknown path', ['run', PROJECT, '--path', 'fast'], /mapped, embedded, .*, copy/],
    ['an unknown path in a list', ['compare', PROJECT, '--paths', 'mapped,fast'], /"fast" is not a path/],
    ['a path twice', ['compare', PROJECT, '--paths', 'mapped,mapped'], /named twice/],
    [
      'an unknown scenario',
      ['run', PROJECT, '--scenario', 'none'],
      /"none" does not exist\n.*base, second, "odd"/,
    ],
    [
      'an unknown field',
      ['run', PROJECT, '--set', 'machine.cpu=1'],
      /machine\.cpu: is not a field.*\n.*machine\.cpus/,
    ],
    ['a field without value', ['run', PROJECT, '--set', 'machine.cpus'], /field=value is expected/],
    ['a value out of range', ['run', PROJECT, '--set', 'machine.cpus=100'], /machine\.cpus: /],
    [
      'fields that do not fit',
      ['run', PROJECT, '--set', 'machine.cacheMiB=8192'],
      /scenario "base", machine\.cacheMiB: .*more than half/,
    ],
    ['a seed that is none', ['run', PROJECT, '--seed', '-1'], /whole number from 0 to 4294967295/],
    ['a seed too large', ['run', PROJECT, '--seed', '4294967296'], /whole number/],
    [
      'a missing file',
      ['run', join(folder, 'gone.dmalab')],
      /gone\.dmalab: cannot be read: it does not exist/,
    ],
  ])('ends with 2 for %s, before anything runs', async (_, args, message) => {
    const { code, out, err } = await dmalab(...args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
    expect(err).not.toMatch(/^ +at /m)
  })

  it.each<[string, string, RegExp]>([
    [
      'cut.dmalab',
      projectText().slice(0, 300),
      /cut\.dmalab, line \d+, column \d+: is not complete, valid JSON/,
    ],
    [
      'wrong.dmalab',
      projectText().replace('"cpus": 2', '"cpus": "2"'),
      /wrong\.dmalab, machines\[0\]\.cpus: .*number/,
    ],
    [
      'newer.dmalab',
      projectText().replace('"version": 1', '"version": 9'),
      /newer\.dmalab, version: is 9, newer/,
    ],
    ['empty.dmalab', '', /empty\.dmalab, line 1/],
    ['list.dmalab', '[]', /list\.dmalab, line 1: is not a project/],
  ])('ends with 2 for a broken project: %s', async (name, content, message) => {
    const { code, out, err } = await dmalab('run', file(name, content))
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
  })

  it.each<[string, (blocked: string) => string[]]>([
    ['JSON', (blocked) => ['--json', join(blocked, 'x.json')]],
    ['CSV', (blocked) => ['--csv', join(blocked, 'x')]],
  ])('says so when %s cannot be written', async (_, args) => {
    const blocked = file('blocked', 'a file, not a folder')
    const { code, err } = await dmalab('run', PROJECT, ...FAST, ...args(blocked))
    expect(code).toBe(1)
    expect(err).toMatch(/^dmalab: .*blocked.*cannot be written/)
  })

  it('says so when the project is a folder', async () => {
    const path = join(folder, 'dir.dmalab')
    mkdirSync(path)
    const { code, err } = await dmalab('run', path)
    expect(code).toBe(2)
    expect(err).toMatch(/dir\.dmalab: is not an ordinary file/)
  })
})

describe('dmalab compare', () => {
  it('shows the paths side by side, with the change from the first', async () => {
    const { code, out } = await dmalab('compare', PROJECT, '--scenario', 'base', ...FAST)
    expect(code).toBe(0)
    expect(out).toMatch(/^ +mapped +direct +change$/m)
    expect(out).toMatch(/^requests +200 +200 +=$/m)
    expect(out).toMatch(/^kva_maps \(mappings\) +[\d,]+ +0 +-100\.0%$/m)
    expect(out).toMatch(/^msf_created \(msf_bufs\) +0 +[\d,]+ +from 0$/m)
  })

  it('takes every path that there is with --paths all', async () => {
    const args = ['--scenario', 'base', '--paths', 'all', '--json', '-']
    const { code, out } = await dmalab('compare', PROJECT, ...args, ...FAST)
    expect(code).toBe(0)
    expect(results(out).map((run) => run.path)).toEqual(IO_PATHS)
  })

  it('refuses a path that does not suit the machine, before anything runs', async () => {
    const set = ['--set', 'machine.kernelBits=32']
    const { code, out, err } = await dmalab('compare', PROJECT, '--paths', 'all', ...set, ...FAST)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/machine\.kernelBits: is 32, but the path direct-map.*\n.*Set it to 64/)
  })

  it('takes the paths in the order given', async () => {
    const { out } = await dmalab('compare', PROJECT, '--paths', 'direct,mapped', '--json', '-', ...FAST)
    expect(results(out).map((run) => run.path)).toEqual(['direct', 'mapped', 'direct', 'mapped'])
  })
})

describe('dmalab', () => {
  it('tells its version and its commands', async () => {
    expect(await dmalab('--version')).toMatchObject({ code: 0, out: '0.1.0\n' })
    const { code, out } = await dmalab('--help')
    expect(code).toBe(0)
    for (const command of ['run', 'compare', 'conformance', 'serve']) expect(out).toContain(`  ${command} `)
  })

  it('replays a trace that ships with the lab', async () => {
    const path = file('trace.dmalab', projectText().replace('"workload": "random"', '"workload": "trace"'))
    const { code, out, err } = await dmalab('run', path, '--scenario', 'base', '--json', '-')
    expect([err, code]).toEqual(['', 0])
    expect(results(out)[0]!.metrics).toMatchObject({ requests: 100, verify_errors: 0 })
  })

  it('passes on the exit code of the conformance check', async () => {
    const vectors = join(import.meta.dirname, '../conformance/vectors/xio.jsonl.gz')
    expect((await dmalab('conformance', vectors)).code).toBe(0)
    expect(await dmalab('conformance', join(folder, 'none.jsonl'))).toMatchObject({ code: 2, out: '' })
  })
})
