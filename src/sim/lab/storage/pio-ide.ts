import { PioIdeController } from '../../devices/pio-ide-controller.ts'
import { PioIdeSim } from '../../kernel/cam/sims/pio-ide-sim.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { StorageBuilder } from './builder.ts'

export const buildPioIde: StorageBuilder = ({ profile, device, driver, limits }) => {
  const { pio } = profile
  if (pio === undefined) throw new SimulationFault('a pio-ide device needs its transfer rate')
  const sim = new PioIdeSim(driver, { ...pio, timeoutNs: limits.timeoutNs }, new PioIdeController(device))
  return { sim, interrupt: () => sim.interrupt() }
}
