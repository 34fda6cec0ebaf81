import { describe, expect, it } from 'vitest'
import { jobWorkloadSchema, machineSchema, traceWorkloadSchema } from '../../../src/shared/project/schema.ts'
import { loopWorkloadSchemas } from '../../../src/shared/project/loop-schema.ts'
import { describeRange, formOf, problemsOf, valueOf } from '../../../src/renderer/form/form-model.ts'
import type { FormField } from '../../../src/renderer/form/form-model.ts'

const machine = machineSchema.parse({ name: 'm' })

function field(schema: Parameters<typeof formOf>[0], key: string): FormField {
  const found = formOf(schema)
    .flatMap((group) => group.fields)
    .find((each) => each.key === key)
  if (found === undefined) throw new Error(`no field ${key}`)
  return found
}

describe('formOf', () => {
  it('groups the fields that have metadata, in the schema’s order', () => {
    const groups = formOf(machineSchema)
    expect(groups.map((group) => group.name)).toEqual([
      'Processors',
      'Locks',
      'Memory',
      'Buffer cache',
      'Device',
      'Faults',
      'Checks',
    ])
    expect(groups[0]?.fields.map((each) => each.key)).toEqual([
      'cpus',
      'sockets',
      'kernelBits',
      'tlbEntries',
      'tlbWays',
      'costs',
      'pmap',
      'interrupts',
      'diskThreads',
    ])
  })

  it.each([machineSchema, jobWorkloadSchema, traceWorkloadSchema, ...Object.values(loopWorkloadSchemas)])(
    'shows every field but name, kind and loop',
    (schema) => {
      const keys = formOf(schema)
        .flatMap((group) => group.fields)
        .map((each) => each.key)
      expect(keys.sort()).toEqual(
        Object.keys(schema.shape)
          .filter((key) => !['name', 'kind', 'loop'].includes(key))
          .sort(),
      )
    },
  )

  it('reads ranges, choices, texts, units and defaults', () => {
    expect(field(machineSchema, 'cpus')).toMatchObject({
      kind: 'whole',
      min: 1,
      max: 64,
      fallback: 2,
      label: 'Processors',
    })
    expect(field(machineSchema, 'blockKiB')).toMatchObject({
      kind: 'choice',
      options: [4, 8, 16, 32, 64],
      unit: 'KiB',
    })
    expect(field(machineSchema, 'busdma')).toMatchObject({ kind: 'choice', fallback: 'dragonfly-2020' })
    expect(field(machineSchema, 'device')).toMatchObject({ kind: 'text', fallback: 'ahci-ssd' })
    expect(field(machineSchema, 'device').suggestions).toContain('ide-disk')
    expect(field(machineSchema, 'sanitizer')).toMatchObject({ kind: 'flag', fallback: true, group: 'Checks' })
    expect(field(traceWorkloadSchema, 'file')).toMatchObject({
      kind: 'text',
      maxLength: 1024,
      fallback: undefined,
    })
  })

  it('tells decimals from whole numbers', () => {
    const reads = loopWorkloadSchemas['read-pipeline']
    expect(field(reads, 'diskMBps')).toMatchObject({ kind: 'decimal', min: 0.001, fallback: 89.9 })
    expect(field(reads, 'disks')).toMatchObject({ kind: 'whole', min: 1 })
    expect(describeRange(field(reads, 'diskMBps'))).toBe('0.001 to 1,000,000')
  })

  it('writes ranges for people', () =>
    expect(describeRange(field(machineSchema, 'memoryMiB'))).toBe('64 to 1,048,576'))
})

describe('problemsOf', () => {
  it('finds nothing wrong with defaults', () => expect(problemsOf(machineSchema, machine)).toEqual(new Map()))

  it.each([
    ['cpus', 900, 'must be a whole number from 1 to 64'],
    ['cpus', 'many', 'must be a whole number from 1 to 64'],
    ['cpus', 1.5, 'must be a whole number from 1 to 64'],
    ['blockKiB', 5, 'must be one of 4, 8, 16, 32, 64'],
    [
      'busdma',
      'openbsd',
      'must be one of dragonfly-2004, dragonfly-2020, freebsd-10.4, freebsd-main, dmalab, linux',
    ],
    ['sanitizer', 'yes', 'must be on or off'],
    ['tlbWays', 5, 'must divide tlbEntries'],
  ])('says what %s may be instead of %s', (key, value, message) => {
    expect(problemsOf(machineSchema, { ...machine, [key]: value })).toEqual(new Map([[key, message]]))
  })
})

describe('valueOf', () => {
  it('reads whole numbers, with spaces or underscores between digits', () => {
    expect(valueOf(field(machineSchema, 'cpus'), ' 8 ')).toBe(8)
    expect(valueOf(field(jobWorkloadSchema, 'requests'), '50_000')).toBe(50_000)
  })

  it('reads decimals where they may be', () => {
    const ns = field(loopWorkloadSchemas['iommu-map'], 'requestNs')
    expect(['199.6', '1_000.25', '7', '-0.5'].map((text) => valueOf(ns, text))).toEqual([
      199.6, 1000.25, 7, -0.5,
    ])
    expect(['1.', '.5', '1e3', '1,5', ''].map((text) => valueOf(ns, text))).toEqual([
      '1.',
      '.5',
      '1e3',
      '1,5',
      '',
    ])
  })

  it('keeps what is no whole number as it was typed', () => {
    expect(valueOf(field(machineSchema, 'cpus'), '4k')).toBe('4k')
    expect(valueOf(field(machineSchema, 'cpus'), '')).toBe('')
  })

  it('gives choices back with their own type', () => {
    expect(valueOf(field(machineSchema, 'blockKiB'), '64')).toBe(64)
    expect(valueOf(field(machineSchema, 'device'), 'ide-disk')).toBe('ide-disk')
  })
})
