import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FailureError } from '../../../src/shared/ipc/failure.ts'
import type { Failure } from '../../../src/shared/ipc/contract.ts'
import { BUILTIN_DEVICES } from '../../../src/shared/profiles/builtin-devices.ts'
import { BUILTIN_DEVICE_NAMES } from '../../../src/shared/profiles/device-files.ts'
import { checkDevice, parseDevice } from '../../../src/shared/profiles/parse-device.ts'

const FOLDER = join(import.meta.dirname, '../../../resources/devices')
const SSD = JSON.parse(readFileSync(join(FOLDER, 'ahci-ssd.json'), 'utf8')) as Record<string, unknown>

function failureOf(action: () => unknown): Failure {
  try {
    action()
  } catch (error) {
    if (error instanceof FailureError) return error.failure
    throw error
  }
  throw new Error('a failure was expected')
}

describe('the devices of the lab', () => {
  it('are the files of the folder, each named as its file and with sources for its tags and times', () => {
    const files = readdirSync(FOLDER).map((file) => basename(file, '.json'))
    expect([...BUILTIN_DEVICE_NAMES]).toEqual(files.sort())
    for (const [name, device] of BUILTIN_DEVICES) {
      expect(device.name).toBe(name)
      const named = Object.keys(device.sources)
      expect(named.some((field) => field.startsWith('service'))).toBe(true)
      if (device.tags.length > 0) expect(named).toContain('tags')
    }
  })
})

describe('parseDevice', () => {
  it('fills in what a file leaves out', () => {
    const { interrupts, timeoutNs, queues, tags } = checkDevice({ ...SSD, tags: [{ ...tag() }] }, 'a.json')
    expect([interrupts, timeoutNs, queues]).toEqual([{ commands: 1, ns: 0 }, 5e9, 1])
    expect(tags[0]).toMatchObject({ boundary: 0, lowaddr: null, highaddr: null, flags: [] })
  })

  it.each<[string, object, string, RegExp]>([
    ['another format', { format: 'dmalab.project' }, 'format', /dmalab\.device/],
    ['a newer version', { version: 2 }, 'version', /1/],
    ['an unknown interface', { interface: 'mfm' }, 'interface', /ahci/],
    ['no tag', { tags: [] }, 'tags', /must hold the tag/],
    ['an alignment of 3', { tags: [tag({ alignment: 3 })] }, 'tags[0].alignment', /power of two/],
    ['a misspelt limit', { tags: [tag({ maxSegSize: 1 })] }, 'tags[0]', /maxSegSize/],
    ['no times', { service: { kind: 'flash' } }, 'service.servers', /number/],
    ['a channel that the interface has no use for', { channel: 1 }, 'channel', /isa-dma/],
    ['coalescing without a time', { interrupts: { commands: 4 } }, 'interrupts.ns', /how long/],
    ['a name with blanks', { name: 'My disk' }, 'name', /lower-case/],
  ])('names file, field and remedy: %s', (_, changes, place, message) => {
    const failure = failureOf(() => checkDevice({ ...SSD, ...changes }, 'my.json'))
    expect(failure).toMatchObject({ code: 'bad-project', place: `my.json, ${place}` })
    expect(failure.message).toMatch(message)
    expect(failure.remedy).toMatch(/copy one of the lab's/)
  })

  it('says where text is no JSON', () =>
    expect(failureOf(() => parseDevice('{"format": ,', 'my.json')).place).toBe('my.json, line 1, column 12'))
})

function tag(changes: object = {}): object {
  return { alignment: 4, maxsize: 65536, nsegments: 16, maxsegsz: 65536, ...changes }
}
