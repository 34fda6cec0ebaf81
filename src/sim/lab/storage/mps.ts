import { MpsController } from '../../devices/mps-controller.ts'
import { MpsSim } from '../../kernel/cam/sims/mps-sim.ts'
import type { StorageBuilder } from './builder.ts'

export const buildMps: StorageBuilder = ({ device, driver, limits }) =>
  new MpsSim(driver, limits, new MpsController(device))
