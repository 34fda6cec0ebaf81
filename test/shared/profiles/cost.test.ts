import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FailureError } from '../../../src/shared/ipc/failure.ts'
import type { Failure } from '../../../src/shared/ipc/contract.ts'
import { BUILTIN_COSTS } from '../../../src/shared/profiles/builtin-costs.ts'
import { costProfileOf } from '../../../src/shared/profiles/cost.ts'
import { BUILTIN_COST_NAMES } from '../../../src/shared/profiles/cost-files.ts'
import { checkCosts, parseCosts } from '../../../src/shared/profiles/parse-cost.ts'
import { COST_NAMES, costLabel } from '../../../src/sim/machine/costs.ts'

const FOLDER = join(import.meta.dirname, '../../../resources/costs')
const FILE = JSON.parse(readFileSync(join(FOLDER, 'x86new.json'), 'utf8')) as {
  readonly costs: Readonly<Record<string, object>>
}

/** What results that people have kept were made with. */
const GOLDEN: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x86new: {
    syscall: 100,
    wakeup: 1200,
    interrupt: 700,
    copyPerByte: 0.1,
    bounceCopyPerByte: 0.1,
    pteWrite: 10,
    invlpg: 87,
    tlbMiss: 10,
    shootdownBase: 710,
    shootdownPerTarget: 70,
    shootdownPerRemoteTarget: 600,
    ipiHandler: 1461,
    pageAlloc: 25,
    bufLookup: 60,
    bufRecycle: 120,
    bufRelease: 50,
    kextract: 15,
    xioPerPage: 5,
    msfCall: 15,
    camStep: 80,
    busdmaLoad: 30,
    busdmaPerPage: 5,
    busdmaPerSegment: 4,
    iovaAlloc: 92 / 3.1,
    iovaSearchStep: 10,
    iovaFree: 62 / 3.1,
    iommuMap: 73.4,
    iommuMapPerPage: 57,
    iommuUnmap: 64.1,
    iommuUnmapPerPage: 10,
    iommuQueue: 191 / 3.1,
    iotlbInvalidate: 2135 / 3.1,
    driverCommand: 250,
    driverPerSegment: 5,
  },
  p3smp: {
    syscall: 460,
    wakeup: 1700,
    interrupt: 2000,
    copyPerByte: 2.124,
    bounceCopyPerByte: 4.248,
    pteWrite: 20,
    invlpg: 100,
    tlbMiss: 60,
    shootdownBase: 3700,
    shootdownPerTarget: 500,
    shootdownPerRemoteTarget: 500,
    ipiHandler: 2100,
    pageAlloc: 150,
    bufLookup: 300,
    bufRecycle: 600,
    bufRelease: 250,
    kextract: 60,
    xioPerPage: 20,
    msfCall: 70,
    camStep: 400,
    busdmaLoad: 150,
    busdmaPerPage: 25,
    busdmaPerSegment: 20,
    iovaAlloc: 92,
    iovaSearchStep: 30,
    iovaFree: 62,
    iommuMap: 220,
    iommuMapPerPage: 171,
    iommuUnmap: 192,
    iommuUnmapPerPage: 30,
    iommuQueue: 191,
    iotlbInvalidate: 2135,
    driverCommand: 1500,
    driverPerSegment: 20,
  },
}

function failureOf(action: () => unknown): Failure {
  try {
    action()
  } catch (error) {
    if (error instanceof FailureError) return error.failure
    throw error
  }
  throw new Error('a failure was expected')
}

/** The file of x86new with one cost changed; undefined leaves a field out. */
function withCost(name: string, changes: object | undefined): unknown {
  const figure = changes === undefined ? undefined : { ...FILE.costs[name], ...changes }
  return JSON.parse(JSON.stringify({ ...FILE, costs: { ...FILE.costs, [name]: figure } }))
}

describe('the cost profiles of the lab', () => {
  it('are the files of the folder, each named as its file', () => {
    expect([...BUILTIN_COST_NAMES]).toEqual(
      readdirSync(FOLDER)
        .map((file) => basename(file, '.json'))
        .sort(),
    )
    for (const [name, file] of BUILTIN_COSTS) expect(file.name).toBe(name)
    expect([...BUILTIN_COSTS.keys()].sort()).toEqual(['opteron8', 'p3smp', 'p4up', 'x86new'])
  })

  it.each(Object.keys(GOLDEN))('give the engine the values of %s that they always had', (name) => {
    expect(costProfileOf(BUILTIN_COSTS.get(name)!)).toMatchObject(GOLDEN[name]!)
  })

  it('name the experiments that set a value, one for each value', () => {
    const set = [...BUILTIN_COSTS].flatMap(([profile, { costs }]) =>
      COST_NAMES.flatMap((cost) => {
        const { calibratedBy } = costs[cost]
        return calibratedBy === undefined ? [] : [`${calibratedBy} ${profile} ${cost}`]
      }),
    )
    expect(set.sort()).toEqual([
      'V1 p4up copyPerByte',
      'V1 p4up kvaAlloc',
      'V2 p3smp shootdownBase',
      'V3 opteron8 ipiIdleWake',
      'V3 opteron8 kvaAlloc',
      'V4 p3smp bounceCopyPerByte',
      'V4 p3smp copyPerByte',
      'V6 x86new iommuMap',
      'V6 x86new iommuUnmap',
    ])
  })

  it('add up to what was measured', () => {
    const opteron = costProfileOf(BUILTIN_COSTS.get('opteron8')!)
    const targets = 3 * opteron.shootdownPerTarget + 4 * opteron.shootdownPerRemoteTarget
    const broadcast = opteron.shootdownBase + targets + opteron.ipiIdleWake
    expect(2982 + broadcast).toBe(14_700)
    const p4up = costProfileOf(BUILTIN_COSTS.get('p4up')!)
    const sectors = 8 * (2 * p4up.xioPerPage + p4up.copyCall) + p4up.memoryMiss / 2
    const pages = 16 * (p4up.tlbMiss + sectors) + 65_536 * p4up.copyPerByte
    const request = p4up.syscall + p4up.memoryMiss + pages
    expect(request / 253_126_000).toBeCloseTo(1 / 2048, 7)
  })

  it('have a label of its own for every cost', () =>
    expect(new Set(COST_NAMES.map(costLabel)).size).toBe(COST_NAMES.length))
})

describe('the units of a cost file', () => {
  it.each([
    ['syscall', { value: 3, unit: 'ns' }, 3],
    ['syscall', { value: 0.46, unit: 'us' }, 460],
    ['syscall', { value: 1200, unit: 'cycles', clockGHz: 2.4 }, 500],
    ['copyPerByte', { value: 0.25, unit: 'ns/byte' }, 0.25],
    ['copyPerByte', { value: 8.192, unit: 'us/4KiB' }, 2],
    ['copyPerByte', { value: 400, unit: 'MB/s' }, 2.5],
  ] as const)('%s of %o costs %d ns', (name, changes, ns) =>
    expect(costProfileOf(checkCosts(withCost(name, changes), 'a.json'))[name]).toBe(ns),
  )
})

describe('parseCosts', () => {
  const measured = { mark: 'published', year: 2020, hardware: 'a machine' }

  it.each<[string, unknown, string, RegExp]>([
    ['another format', { ...FILE, format: 'dmalab.device' }, 'format', /dmalab\.costs/],
    ['a newer version', { ...FILE, version: 2 }, 'version', /1/],
    ['a missing cost', withCost('tlbMiss', undefined), 'costs.tlbMiss', /is missing/],
    [
      'a cost that the lab has not',
      withCost('tlbMis', { ...FILE.costs['tlbMiss'] }),
      'costs.tlbMis',
      /no cost of the lab.*tlbMiss/,
    ],
    ['no costs', { ...FILE, costs: undefined }, 'costs', /record/],
    ['no value', withCost('syscall', { value: undefined }), 'costs.syscall.value', /must be a number/],
    ['a value in quotes', withCost('syscall', { value: '100' }), 'costs.syscall.value', /must be a number/],
    ['a value below zero', withCost('syscall', { value: -1 }), 'costs.syscall.value', /0 or more/],
    [
      'a value that no run would end with',
      withCost('syscall', { value: 1e8 }),
      'costs.syscall.value',
      /10,000,000 ns/,
    ],
    [
      'a copy at no speed',
      withCost('copyPerByte', { value: 0, unit: 'MB/s' }),
      'costs.copyPerByte.value',
      /10,000,000/,
    ],
    [
      'no source',
      withCost('syscall', { source: undefined }),
      'costs.syscall.source',
      /where the value comes from/,
    ],
    [
      'a blank source',
      withCost('syscall', { source: ' ' }),
      'costs.syscall.source',
      /where the value comes from/,
    ],
    ['no mark', withCost('syscall', { mark: undefined }), 'costs.syscall.mark', /published/],
    ['an unknown unit', withCost('syscall', { unit: 'ms' }), 'costs.syscall.unit', /ns/],
    [
      'a rate for a call',
      withCost('syscall', { unit: 'MB/s' }),
      'costs.syscall.unit',
      /one of ns, us, cycles/,
    ],
    [
      'a time for a byte',
      withCost('copyPerByte', { unit: 'ns' }),
      'costs.copyPerByte.unit',
      /one of ns\/byte/,
    ],
    ['cycles without a clock', withCost('syscall', { unit: 'cycles' }), 'costs.syscall.clockGHz', /cycles/],
    ['a clock without cycles', withCost('syscall', { clockGHz: 3 }), 'costs.syscall.clockGHz', /cycles/],
    ['a misspelt field', withCost('syscall', { sauce: 'x' }), 'costs.syscall', /sauce/],
    [
      'no arithmetic',
      withCost('syscall', { ...measured, mark: 'derived' }),
      'costs.syscall.arithmetic',
      /derived/,
    ],
    [
      'no hardware',
      withCost('syscall', { ...measured, hardware: undefined }),
      'costs.syscall.hardware',
      /on what/,
    ],
    ['no year', withCost('syscall', { ...measured, year: undefined }), 'costs.syscall.year', /when/],
  ])('names file, place and remedy: %s', (_, value, place, message) => {
    const failure = failureOf(() => checkCosts(value, 'my.json'))
    expect(failure).toMatchObject({ code: 'bad-project', place: `my.json, ${place}` })
    expect(failure.message).toMatch(message)
    expect(failure.remedy).toMatch(/dmalab costs x86new --json mine\.json/)
  })

  it('takes a measured value whose year nobody knows', () =>
    expect(
      checkCosts(withCost('syscall', { ...measured, year: null }), 'a.json').costs.syscall.year,
    ).toBeNull())

  it('says where text is no JSON', () =>
    expect(failureOf(() => parseCosts('{"format": ,', 'my.json')).place).toBe('my.json, line 1, column 12'))
})
