import { IsaDiskController } from '../../devices/isa-disk-controller.ts'
import { IsaDmaController } from '../../devices/isa-dma-controller.ts'
import { IsaDmaSim } from '../../kernel/cam/sims/isa-dma-sim.ts'
import { IsaDma } from '../../kernel/isa-dma.ts'
import { isaWindow } from '../../machine/datasheets/isa-dma.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { StorageBuilder } from './builder.ts'

export const buildIsaDma: StorageBuilder = ({ profile, device, driver, limits }) => {
  const { channel } = profile
  if (channel === undefined) throw new SimulationFault('an isa-dma device needs its channel')
  const controllers = new IsaDmaController(device.bus)
  const dma = new IsaDma(driver, controllers)
  const disk = new IsaDiskController(device, controllers, channel)
  const sim = new IsaDmaSim(driver, dma, disk, {
    channel,
    bounceBytes: isaWindow(channel),
    timeoutNs: limits.timeoutNs,
  })
  return { sim, interrupt: () => sim.interrupt() }
}
