import { Aha1542Controller } from '../../devices/aha-1542-controller.ts'
import { AhaSim } from '../../kernel/cam/sims/aha-sim.ts'
import type { StorageBuilder } from './builder.ts'

export const buildAha1542: StorageBuilder = ({ device, driver, limits }) =>
  new AhaSim(driver, limits, new Aha1542Controller(device))
