import { AhciController } from '../../devices/ahci-controller.ts'
import { AhciSim } from '../../kernel/cam/sims/ahci-sim.ts'
import type { StorageBuilder } from './builder.ts'

export const buildAhci: StorageBuilder = ({ device, driver, limits }) =>
  new AhciSim(driver, limits, new AhciController(device))
