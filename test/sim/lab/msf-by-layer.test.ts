import { describe, expect, it } from 'vitest'
import type { MsfByLayer } from '../../../src/sim/lab/metrics.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import type { IoPath } from '../../../src/sim/lab/scenario.ts'
import { runToEnd, spec } from './scenarios.ts'

/** The counts of a run that are not 0, and how many commands the disk had. */
function countsOf(
  path: IoPath,
  device: string,
): { readonly msfs: Partial<MsfByLayer>; readonly commands: number } {
  const run = spec(path, { device, cacheMiB: 2, bouncePages: 64 }, { requests: 400, readPercent: 100 })
  const { metrics } = runToEnd(run)
  const msfs = Object.fromEntries(Object.entries(metrics.msf_by_layer).filter(([, count]) => count > 0))
  return { msfs, commands: metrics.cache_misses }
}

describe('msf_bufs by layer', () => {
  it('embedded: each layer makes its own at its border, and the driver walks the mapping back each time', () => {
    const { msfs, commands } = countsOf('embedded', 'ahci-ssd')
    expect(msfs).toMatchObject({
      peripheral_created: commands,
      peripheral_recreated: commands,
      driver_created: commands,
      driver_recreated: commands,
      driver_translated: commands,
      driver_passed: commands,
    })
    expect(msfs.bufcache_translated).toBeUndefined()
    expect(msfs.driver_mapped).toBeUndefined()
  })

  it('adjacent: the buffer cache makes the only one, and both layers below pass it on', () => {
    const { msfs, commands } = countsOf('adjacent', 'ahci-ssd')
    const { bufcache_created: created, ...rest } = msfs
    expect(created).toBeGreaterThan(0)
    expect(rest).toEqual({
      bufcache_translated: created,
      peripheral_passed: commands,
      driver_passed: commands,
    })
  })

  it('direct: made of the page list, passed on, neither translated nor mapped', () => {
    const { msfs, commands } = countsOf('direct', 'ahci-ssd')
    expect(Object.keys(msfs).sort()).toEqual(['bufcache_created', 'driver_passed', 'peripheral_passed'])
    expect([msfs.peripheral_passed, msfs.driver_passed]).toEqual([commands, commands])
  })

  it('direct on PIO: the driver makes one of its own for each command and maps it', () => {
    const { msfs, commands } = countsOf('direct', 'ide-pio-disk')
    expect(msfs).toMatchObject({
      driver_created: commands,
      driver_recreated: commands,
      driver_mapped: commands,
    })
    expect(msfs.bufcache_mapped).toBeUndefined()
  })

  it('tells whose data bounced, through BUSDMA and through the channel of the 8237', () => {
    const { msfs, commands } = countsOf('direct', 'ide-disk')
    expect(msfs.bufcache_bounced).toBeGreaterThan(0)
    expect(msfs.bufcache_bounced).toBeLessThanOrEqual(commands)
    expect(countsOf('embedded', 'ide-disk').msfs.driver_bounced).toBeGreaterThan(0)
    const isa = countsOf('direct', 'isa-dma-disk')
    expect(isa.msfs.bufcache_bounced).toBe(isa.commands)
  })

  it.each(IO_PATHS)('adds up to the totals on %s', (path) => {
    const { metrics } = runToEnd(spec(path, {}, { requests: 200 }))
    const sum = (event: string): number =>
      Object.entries(metrics.msf_by_layer).reduce(
        (all, [name, n]) => all + (name.endsWith(`_${event}`) ? n : 0),
        0,
      )
    expect([sum('created'), sum('recreated'), sum('passed')]).toEqual([
      metrics.msf_created,
      metrics.msf_recreated,
      metrics.msf_passed,
    ])
  })
})
