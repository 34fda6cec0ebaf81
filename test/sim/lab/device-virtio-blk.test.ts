import { describe, expect, it } from 'vitest'
import { BUILTIN_DEVICES } from '../../../src/shared/profiles/builtin-devices.ts'
import { parseDevice } from '../../../src/shared/profiles/parse-device.ts'
import type { VirtioBlkFigures } from '../../../src/sim/devices/virtio-blk.ts'
import type { Metrics } from '../../../src/sim/lab/metrics.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { IoPath, MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { ScenarioError } from '../../../src/sim/lab/scenario-error.ts'
import { spec, startRun } from './scenarios.ts'

const PROFILE = BUILTIN_DEVICES.get('virtio-blk')!

function run(
  path: IoPath,
  machine: Partial<MachineConfig> = {},
  virtio: Partial<VirtioBlkFigures> = {},
): Metrics {
  const device = { ...PROFILE, virtio: { ...PROFILE.virtio!, ...virtio } }
  const lab = startRun(spec(path, machine, { requests: 400 }), null, device)
  while (!lab.advance(10_000)) continue
  return lab.finish({ wallMs: 0, peakRssBytes: 0 }).result.metrics
}

const SOUND = { verify_errors: 0, sanitizer_violations: 0, io_errors: 0, dma_faults: 0, command_timeouts: 0 }

describe('a run on virtio-blk', () => {
  it.each(IO_PATHS)('by the %s path reads what was written, and never bounces', (path) => {
    const metrics = run(path)
    expect(metrics).toMatchObject({ ...SOUND, requests: 400, bytes_bounced: 0 })
    expect(metrics.cache_misses).toBeGreaterThan(100)
    expect(metrics.kva_translations > metrics.cache_misses).toBe(
      ['mapped', 'embedded', 'adjacent', 'kvabio', 'copy'].includes(path),
    )
  })

  it('gets by with a queue for one request at a time', () => {
    expect(run('direct', {}, { queueSize: 64 })).toMatchObject(SOUND)
  })

  it('fails requests with more segments than the device takes, without trying them again', () => {
    expect(run('direct', {}, { segMax: 3 })).toMatchObject({
      io_errors: 400,
      command_retries: 0,
      dma_faults: 0,
    })
    expect(run('direct', { fragmentation: 0 }, { segMax: 4 })).toMatchObject(SOUND)
  })

  it('comes through media errors, short transfers and lost interrupts', () => {
    const metrics = run('mapped', { mediaErrors: 50_000, shortTransfers: 50_000, lostInterrupts: 20_000 })
    expect(metrics).toMatchObject({ requests: 400, verify_errors: 0, sanitizer_violations: 0 })
    expect(metrics.command_retries).toBeGreaterThan(5)
    expect(metrics.command_timeouts).toBeGreaterThan(0)
  })

  it.each([
    [{ sizeMax: 131_071 }, 'EOPNOTSUPP'],
    [{ segMax: 0 }, 'EINVAL'],
    [{ queueSize: 32 }, 'EINVAL'],
  ])('does not attach to a device with %o', (virtio, errno) => {
    const attach = (): unknown => run('direct', {}, virtio)
    expect(attach).toThrow(ScenarioError)
    expect(attach).toThrow(errno)
  })

  it('is described by a field of its own in device files', () => {
    const text = (changes: object): string =>
      JSON.stringify({ format: 'dmalab.device', version: 1, ...PROFILE, ...changes })
    expect(parseDevice(text({}), 'a.json').virtio).toEqual(PROFILE.virtio)
    expect(() => parseDevice(text({ virtio: undefined }), 'a.json')).toThrow('needs it')
    expect(() => parseDevice(text({ virtio: { ...PROFILE.virtio, queueSize: 100 } }), 'a.json')).toThrow(
      'power of two',
    )
  })
})
