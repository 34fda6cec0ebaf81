import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Failure } from '../../../src/shared/ipc/contract.ts'
import { FailureError } from '../../../src/shared/ipc/failure.ts'
import {
  checkProject,
  parseProject,
  projectJsonSchema,
  serializeProject,
} from '../../../src/shared/project/parse.ts'

const FOLDER = join(import.meta.dirname, '../../../resources/projects')
const EXAMPLES = readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const)

/** A small valid project as plain data, to break at will. */
function plain(changes: object = {}): Record<string, unknown> {
  return {
    format: 'dmalab.project',
    version: 1,
    title: 'Test',
    machines: [{ name: 'pc' }, { name: 'server', cpus: 8 }],
    workloads: [{ kind: 'job', name: 'random' }],
    scenarios: [{ name: 'base', machine: 'pc', workload: 'random' }],
    ...changes,
  }
}

function failureOf(call: () => unknown): Failure {
  try {
    call()
  } catch (error) {
    if (error instanceof FailureError) return error.failure
    throw error
  }
  throw new Error('a failure was expected')
}

const parseFailure = (text: string): Failure => failureOf(() => parseProject(text, 'my.dmalab'))
const checkFailure = (changes: object): Failure => parseFailure(JSON.stringify(plain(changes)))

describe('parseProject', () => {
  it('fills in defaults', () => {
    const project = parseProject(JSON.stringify(plain()), 'my.dmalab')
    expect(project).toMatchObject({ question: '', notes: '', seed: 1 })
    expect(project.machines[0]).toEqual({
      name: 'pc',
      cpus: 2,
      sockets: 1,
      kernelBits: 64,
      tlbEntries: 64,
      tlbWays: 4,
      costs: 'x86new',
      pmap: 'dragonfly-2004',
      kvaLock: 'none',
      bufLock: 'none',
      ipiLock: 'none',
      interrupts: 'first',
      diskThreads: 'none',
      fileWork: 'none',
      memoryMiB: 8192,
      cacheMiB: 32,
      blockKiB: 16,
      blockMix: false,
      writes: 'through',
      pageCacheMiB: 0,
      readAhead: 0,
      bouncePages: 1024,
      busdma: 'dragonfly-2020',
      iommu: 'none',
      numaDomains: 1,
      fragmentation: 100,
      ageing: 0,
      device: 'ahci-ssd',
      diskGiB: 128,
      mediaErrors: 0,
      lostInterrupts: 0,
      shortTransfers: 0,
      strayTransfers: 0,
      nic: 'em-1g',
      fidelity: 'bytes',
      sanitizer: true,
    })
    expect(project.workloads[0]).toMatchObject({ pattern: 'random', requestKiB: 4, requests: 50_000 })
  })

  it.each<[string, object]>([
    ['memory-disk', { access: 'sf_buf', sfBufs: 65_536, pages: 32_768, warmPasses: 0 }],
    ['pipe-pages', { mappings: 'everywhere', sfBufs: 64, bufferPages: 256, lists: 256 }],
    ['compute-pages', { mappings: 'everywhere', sfBufs: 64, computeNs: 1_000_000, maps: 200 }],
    ['vmap', { design: 'per-cpu', pages: 4, threads: 1, loops: 40_000 }],
    ['read-pipeline', { copies: true, bounces: false, disks: 8, diskMBps: 89.9, readBytes: 8192, ahead: 16 }],
    ['iommu-map', { premapped: false, requestNs: 200, queueDepth: 32, requests: 50_000 }],
  ])('fills in the defaults of the loop %s, and keeps what it does not know', (loop, defaults) => {
    const workload = { kind: 'loop', name: 'random', loop, later: 'field' }
    const project = parseProject(JSON.stringify(plain({ workloads: [workload] })), 'my.dmalab')
    expect(project.workloads[0]).toMatchObject({ ...workload, ...defaults })
  })

  it.each<[string, object, string, RegExp, RegExp]>([
    ['a number as text', { machines: [{ name: 'pc', cpus: '8' }] }, 'machines[0].cpus', /number/, /Mend/],
    [
      'a number out of range',
      { machines: [{ name: 'a' }, { name: 'b', cpus: 65 }] },
      'machines[1].cpus',
      /64/,
      /Mend/,
    ],
    ['a part of a processor', { machines: [{ name: 'pc', cpus: 1.5 }] }, 'machines[0].cpus', /int/, /Mend/],
    [
      'an unknown choice',
      { machines: [{ name: 'pc', busdma: 'openbsd' }] },
      'machines[0].busdma',
      /dragonfly-2020/,
      /Mend/,
    ],
    [
      'ways that do not divide',
      { machines: [{ name: 'pc', tlbWays: 5 }] },
      'machines[0].tlbWays',
      /divide/,
      /Mend/,
    ],
    ['an empty name', { machines: [{ name: '  ' }] }, 'machines[0].name', /./, /Mend/],
    ['no title', { title: undefined }, 'title', /string/, /Mend/],
    ['no machine', { machines: [] }, 'machines', /1/, /Mend/],
    ['an unknown kind', { workloads: [{ kind: 'tape', name: 'x' }] }, 'workloads[0].kind', /./, /Mend/],
    [
      'a trace without file',
      { workloads: [{ kind: 'trace', name: 'x' }] },
      'workloads[0].file',
      /string/,
      /Mend/,
    ],
    [
      'an unknown loop',
      { workloads: [{ kind: 'loop', name: 'x', loop: 'swap' }] },
      'workloads[0].loop',
      /must be one of memory-disk, pipe-pages/,
      /Mend/,
    ],
    [
      'a loop without its name',
      { workloads: [{ kind: 'loop', name: 'x' }] },
      'workloads[0].loop',
      /must be one of/,
      /Mend/,
    ],
    [
      'a number of a loop out of range',
      {
        workloads: [
          { kind: 'job', name: 'random' },
          { kind: 'loop', name: 'x', loop: 'vmap', threads: 65 },
        ],
      },
      'workloads[1].threads',
      /64/,
      /Mend/,
    ],
    [
      'an unknown choice of a loop',
      { workloads: [{ kind: 'loop', name: 'x', loop: 'memory-disk', access: 'kmap' }] },
      'workloads[0].access',
      /malloc.*qenter.*sf_buf/,
      /Mend/,
    ],
    [
      'a part of a page',
      { workloads: [{ kind: 'loop', name: 'x', loop: 'memory-disk', pages: 0.5 }] },
      'workloads[0].pages',
      /int/,
      /Mend/,
    ],
    [
      'a time that is no number',
      { workloads: [{ kind: 'loop', name: 'x', loop: 'iommu-map', requestNs: '5' }] },
      'workloads[0].requestNs',
      /number/,
      /Mend/,
    ],
    ['two faults', { seed: -1, title: 7 }, 'title', /and 1 more/, /Mend/],
    [
      'a name twice',
      { machines: [{ name: 'pc' }, { name: ' pc ' }] },
      'machines[1].name',
      /used twice/,
      /its own/,
    ],
    [
      'a machine that is not there',
      { scenarios: [{ name: 's', machine: 'PC', workload: 'random' }] },
      'scenarios[0].machine',
      /"PC", which does not exist/,
      /pc, server/,
    ],
    [
      'a workload that is not there',
      { scenarios: [{ name: 's', machine: 'pc', workload: 'x' }] },
      'scenarios[0].workload',
      /"x"/,
      /Use one of: random\./,
    ],
    [
      'a list as an override',
      { scenarios: [{ name: 's', machine: 'pc', workload: 'random', set: { 'machine.cpus': [1] } }] },
      'scenarios[0].set.machine.cpus',
      /./,
      /Mend/,
    ],
    ['a newer version', { version: 2 }, 'version', /is 2, newer than version 1/, /Update DMA Lab/],
    ['a version as text', { version: '1' }, 'version', /1/, /Mend/],
    ['an old version', { version: 0 }, 'version', /1/, /Mend/],
    ['another format', { format: 'dmalab.result' }, 'format', /"dmalab.result"/, /Open a .dmalab file/],
    ['no format', { format: undefined }, 'format', /missing/, /Open a .dmalab file/],
  ])('names file, place and remedy: %s', (_, changes, place, message, remedy) => {
    const failure = checkFailure(changes)
    expect(failure.code).toBe('bad-project')
    expect(failure.place).toBe(`my.dmalab, ${place}`)
    expect(failure.message).toMatch(message)
    expect(failure.remedy).toMatch(remedy)
  })

  it.each(['[]', '"text"', '7', 'null', 'true'])('refuses JSON that is no object: %s', (text) => {
    expect(parseFailure(text)).toMatchObject({ code: 'bad-project', place: 'my.dmalab, line 1' })
  })

  it.each([
    ['', 'line 1, column 1'],
    ['hello', 'line 1, column 1'],
    ['{"a": nul}', 'line 1, column 10'],
    [
      '{\n  "format": "x",\n  "b": yes,\n  "title": "and much, much more text after the mistake"\n}\n',
      'line 3, column 8',
    ],
    ['{\n "a": 1,\n}\n', 'line 3, column 1'],
    ['{\n "a": 1\n "b": 2\n}\n', 'line 3, column 2'],
    ['{\n "a": "cut', 'line 2, column 11'],
    ['{"a": 1}\n}', 'line 2, column 1'],
    ['{"a":\n 01}', 'line 2, column 3'],
    ['\ufeff{}', 'line 1, column 1'],
  ])('says where text stops being JSON: %j', (text, place) => {
    expect(parseFailure(text)).toMatchObject({
      code: 'bad-project',
      place: `my.dmalab, ${place}`,
      message: 'is not complete, valid JSON',
    })
  })

  it('says where a wrong character stands, anywhere in a real file', () => {
    const [, text] = EXAMPLES[0]!
    for (let at = 0; at < text.length; at += 37) {
      // Outside of strings a semicolon is never right; a raw control character is never right inside.
      for (const wrong of [';', '\u0001']) {
        const broken = text.slice(0, at) + wrong + text.slice(at)
        let valid = true
        try {
          JSON.parse(broken)
        } catch {
          valid = false
        }
        if (valid) continue
        const before = broken.slice(0, at)
        const place = `line ${before.split('\n').length}, column ${at - before.lastIndexOf('\n')}`
        expect(parseFailure(broken).place).toBe(`my.dmalab, ${place}`)
      }
    }
  })

  it('refuses a file that is cut short, wherever', () => {
    for (const [, text] of EXAMPLES) {
      const end = text.trimEnd().length
      for (let length = 0; length < end; length += 50) {
        const failure = parseFailure(text.slice(0, length))
        const lines = text.slice(0, length).split('\n')
        expect(failure).toMatchObject({
          code: 'bad-project',
          place: `my.dmalab, line ${lines.length}, column ${lines.at(-1)!.length + 1}`,
          message: 'is not complete, valid JSON',
        })
        expect(failure.remedy).toContain('cut short')
      }
    }
  })

  it('refuses a file that cannot be a project for its size', () => {
    expect(parseFailure(' '.repeat(16 * 1024 * 1024 + 1))).toMatchObject({
      place: 'my.dmalab',
      message: 'is larger than 16 MiB',
    })
  })
})

describe('a round trip', () => {
  it.each(EXAMPLES)('leaves %s as it is', (_, text) => {
    const project = parseProject(text, 'my.dmalab')
    expect(parseProject(serializeProject(project), 'my.dmalab')).toEqual(project)
    expect(serializeProject(project)).toBe(serializeProject(parseProject(serializeProject(project), 'x')))
    expect(serializeProject(project).endsWith('}\n')).toBe(true)
  })

  it('keeps fields that this version does not know, at every level', () => {
    const unknown = { future: { deep: [1, { two: null }] } }
    const value = plain({
      ...unknown,
      machines: [{ name: 'pc', ...unknown }],
      workloads: [
        { kind: 'job', name: 'random', ...unknown },
        { kind: 'trace', name: 't', file: 'builtin:x', ...unknown },
      ],
      scenarios: [{ name: 'base', machine: 'pc', workload: 'random', ...unknown }],
    })
    const project = parseProject(serializeProject(checkProject(value, 'x')), 'x')
    expect(project).toMatchObject(value)
  })

  it('holds for any project', () => {
    const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text.trim() !== '')
    const named = <T>(fields: fc.Arbitrary<T>): fc.Arbitrary<(T & { name: string })[]> =>
      fc
        .uniqueArray(fc.tuple(name, fields), { minLength: 1, maxLength: 4, selector: ([key]) => key.trim() })
        .map((list) => list.map(([key, value]) => ({ ...value, name: key })))
    const machine = fc.record(
      {
        cpus: fc.integer({ min: 1, max: 64 }),
        memoryMiB: fc.integer({ min: 64, max: 1024 * 1024 }),
        blockKiB: fc.constantFrom(4, 8, 16, 32, 64),
        device: fc.constantFrom('ahci-ssd', 'ide-disk'),
      },
      { requiredKeys: [] },
    )
    const job = fc.record(
      {
        kind: fc.constant('job'),
        readPercent: fc.integer({ min: 0, max: 100 }),
        requests: fc.integer({ min: 1, max: 1e8 }),
      },
      { requiredKeys: ['kind'] },
    )
    const trace = fc.record({ kind: fc.constant('trace'), file: fc.string({ minLength: 1, maxLength: 30 }) })
    const set = fc.dictionary(
      fc.constantFrom('machine.cpus', 'x', 'a.b.c'),
      fc.oneof(fc.integer(), fc.string(), fc.boolean()),
    )
    fc.assert(
      fc.property(
        named(machine),
        named(fc.oneof<fc.Arbitrary<object>[]>(job, trace)),
        fc.record({ title: name, seed: fc.integer({ min: 0, max: 0xffffffff }), notes: fc.string() }),
        fc.option(set, { nil: undefined }),
        (machines, workloads, head, overrides) => {
          const scenarios = [
            { name: 's', machine: machines[0]!.name, workload: workloads.at(-1)!.name, set: overrides },
          ]
          const project = checkProject({ ...plain(head), machines, workloads, scenarios }, 'x')
          expect(parseProject(serializeProject(project), 'x')).toEqual(JSON.parse(JSON.stringify(project)))
        },
      ),
    )
  })
})

describe('projectJsonSchema', () => {
  it('describes the fields with their ranges', () => {
    const schema = projectJsonSchema() as {
      properties: { machines: { items: { properties: Record<string, object>; required: string[] } } }
      required: string[]
    }
    expect(schema.required).toEqual(['format', 'version', 'title', 'machines', 'workloads', 'scenarios'])
    const { properties, required } = schema.properties.machines.items
    expect(properties['cpus']).toMatchObject({ type: 'integer', minimum: 1, maximum: 64, default: 2 })
    expect(required).toEqual(['name'])
  })
})
